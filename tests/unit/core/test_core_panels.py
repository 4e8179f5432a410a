"""The grid of ticks: an instant is in one tick, and a tick is decided once the lateness is over."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.clock import MINUTE_US
from riskwatch.core.panels import TickGrid

GRIDS = st.builds(
    lambda tick_min, late_min: TickGrid(tick_us=tick_min * MINUTE_US, lateness_us=late_min * MINUTE_US),
    st.integers(1, 120),
    st.integers(0, 1440),
)
INSTANTS_US = st.integers(-(10**16), 10**16)


@settings(deadline=None)
@given(GRIDS, INSTANTS_US)
def test_an_instant_lies_within_its_tick(grid, instant_us):
    """From its start, up to but without its end, before 1970 too."""
    tick = grid.tick_of(instant_us)
    assert grid.start(tick) <= instant_us < grid.start(tick + 1)


@settings(deadline=None)
@given(GRIDS, INSTANTS_US)
def test_the_last_decided_tick_is_the_newest_that_may_be(grid, clock_us):
    """Its decision instant has come, that of the next has not."""
    last = grid.last_decided(clock_us)
    assert grid.decided_at(last) <= clock_us < grid.decided_at(last + 1)


@settings(deadline=None)
@given(GRIDS, INSTANTS_US, st.integers(0, 10**12))
def test_an_event_in_time_is_never_of_a_decided_tick(grid, occurred_us, delay_us):
    """What is known within the lateness after its tick's end can still be counted."""
    tick = grid.tick_of(occurred_us)
    known_us = occurred_us + delay_us
    assert (grid.last_decided(known_us) < tick) == (known_us < grid.decided_at(tick))
