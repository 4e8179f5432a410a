"""Call volume: what read tells is what weigh makes of the same cells, and a burst is seen where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.call_volume import CallVolume
from riskwatch.core.clock import HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import World
from riskwatch.extract.expectation import Memory
from riskwatch.extract.panels import PanelBuilder
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, made_panels, made_world

WORLD = made_world(levels=3, children=3, signatures=2, indicators_each=2)

DAYS = Memory().speak_days
READY = DAYS * 96
"""How many panels it takes until anything is said."""


@pytest.fixture(scope="module")
def panels() -> list[Panel]:
    """Some days longer than it takes to know, with bursts, a blind spell and a newcomer."""
    return made_panels(WORLD, days=DAYS + 8, per_day=4.0, seed=3)


def run(panels: list[Panel], world: World = WORLD) -> CallVolume:
    volume = CallVolume(world)
    for panel in panels:
        volume.update(panel)
    return volume


def rows_of(volume: CallVolume) -> dict[tuple[int, int], np.ndarray]:
    """The features by (area, signature) where there is any surprise."""
    read = volume.read()
    width = len(volume.windows_h) + 1
    rows = read.values.reshape(len(read.areas), 2, width)
    at, signature = np.nonzero((rows[:, :, :-1] > 0).any(axis=2))
    return {(int(read.areas[a]), int(s)): rows[a, s] for a, s in zip(at, signature, strict=True)}


def opened(volume: CallVolume, area: int, signature: int) -> np.ndarray:
    """The row that the cells of one area and signature give."""
    return volume.weigh(signature, volume.cells(np.array([area]), signature)).rows[0]


def test_weighing_the_cells_gives_the_row_that_was_read(panels):
    """At every tick, the hours at which tails are learnt and the days at which levels are included."""
    volume, seen = CallVolume(WORLD), 0
    for panel in panels:
        volume.update(panel)
        for (area, signature), row in rows_of(volume).items():
            found = opened(volume, area, signature)
            assert found == pytest.approx(row, abs=1e-9), (panel.tick, area, signature)
            seen += 1
    assert seen > 300


def test_what_has_no_row_has_no_evidence_beyond_the_threshold(panels):
    """A sparse read leaves nothing out."""
    volume = run(panels[: READY + 500])
    found = rows_of(volume)
    for area in range(len(WORLD.tree)):
        for signature in range(2):
            row = opened(volume, area, signature)
            assert ((area, signature) in found) == bool((row[:-1] > 0).any())


def test_names_are_signature_by_column():
    """Surprise of each window, then the size."""
    names = CallVolume(WORLD, windows_h=(1, 24)).names
    assert names[:3] == ("s0.surprise_1h", "s0.surprise_24h", "s0.size")
    assert len(names) == 6


def test_reading_changes_nothing(panels):
    """Nor does looking into the cells, the history or the tail."""
    volume = run(panels[: READY + 200])
    before = pack(volume.state())
    first = volume.read()
    cells = volume.cells(np.array([4, 7]), 0)
    volume.weigh(0, cells)
    volume.tail(cells, 0)
    volume.history([4], [0, 1], 40)
    volume.first_instant([4], [0], 3)
    second = volume.read()
    assert pack(volume.state()) == before
    assert np.array_equal(first.values, second.values)
    assert (first.tick, first.areas.tolist()) == (second.tick, second.areas.tolist())


def test_nothing_is_said_before_enough_days_were_seen(panels):
    """No expectation, no features; and none before the first panel."""
    assert len(CallVolume(WORLD).read().areas) == 0
    volume = run(panels[:READY])
    assert volume.read().values.shape == (0, 16)


def test_it_goes_on_from_its_state(panels):
    """Restored at a full hour, where learning is due next, it says the same to the bit."""
    for cut in (5, READY, READY + 200, READY + 289):
        one = run(panels[:cut])
        other = CallVolume(WORLD)
        other.load(unpack(pack(one.state())))
        assert np.array_equal(one.read().values, other.read().values)
        for panel in panels[cut : cut + 10]:
            one.update(panel)
            other.update(panel)
            assert np.array_equal(one.read().values, other.read().values)
        assert pack(one.state()) == pack(other.state())


def with_burst(panels: list[Panel], at: int, area: int, indicator: int, n: int) -> list[Panel]:
    """The panels with `n` more calls in one tick of a leaf."""
    builder, columns = PanelBuilder(WORLD), 6
    panel = panels[at]
    from riskwatch.extract.arrivals import Accepted

    one = np.array([0])
    builder.add(
        Accepted(one + area, one + indicator, one, np.array([panel.start_us]), np.array([n], np.int64))
    )
    extra = next(iter(builder.close(panel.decided_at_us, 1)))
    dense = np.zeros(len(WORLD.tree) * columns, dtype=np.int64)
    dense[panel.series] += panel.counts
    dense[extra.series] += extra.counts
    series = np.flatnonzero(dense)
    changed = replace(
        panel, series=series, counts=dense[series], first_us=np.full(len(series), panel.start_us)
    )
    return [*panels[:at], changed, *panels[at + 1 :]]


def test_a_burst_is_seen_where_it_is(panels):
    """In its town, its district and its county, in its signature; first in the shortest window."""
    at = READY + 300
    town = WORLD.tree.index["A00"]
    volume = run(with_burst(panels[: at + 1], at, town, 2, 25))
    rows = rows_of(volume)
    assert {a for a, s in rows if s == 1} >= {town, WORLD.tree.index["A0"], 0}
    assert rows[town, 1][0] > 5
    cells = volume.cells(np.array([0, town]), 1)
    assert cells.observed[1, 0, 0] >= 12
    assert volume.tail(cells, 1)[0, 0] < 1e-6
    assert volume.first_instant([town], [2], 0) is not None
    observed, expected = volume.history([town], [2], 8)
    assert observed[-1] >= 12
    assert len(expected) == 8
    assert all(0 <= e < 1 for e in expected)
    assert volume.daily_rate([town], [2]) == pytest.approx(4, rel=0.5)


def test_a_newcomer_carries_no_evidence(panels):
    """The last indicator appears in the last tenth: a change of the form, not a risk."""
    volume = run(panels)
    last = len(WORLD.registry) - 1
    where = int(np.argmax(volume.windows.sums.reshape(7, -1, 6)[4, 4:, last])) + 4
    cells = volume.cells(np.array([where]), 1)
    assert cells.known.tolist() == [True, False]
    assert volume.weigh(1, cells).nats[0, 1].sum() == 0.0


def test_a_dead_feed_is_no_surprise_and_neither_is_its_return(panels):
    """Under a blind spell of every column, what is expected ages with what was observed."""
    quiet = [replace(p, blind_since=np.full(6, -1)) for p in panels[: READY + 200]]
    volume = run(quiet)
    tick = quiet[-1].tick
    none = np.empty(0, np.int64)
    for k in range(1, 97):
        at = WORLD.grid.start(tick + k)
        dark = replace(
            quiet[-1],
            tick=tick + k,
            start_us=at,
            end_us=at + HOUR_US // 4,
            series=none,
            counts=none,
            first_us=none,
            blind_since=np.full(6, tick + 1),
        )
        volume.update(dark)
        assert max((row[0] for row in rows_of(volume).values()), default=0.0) < 12
    assert volume.expectation.expected()[:4].max() < 1e-6
    assert rows_of(volume) == {} or all(row[:4].sum() == 0 for row in rows_of(volume).values())


def test_the_rows_of_a_small_second_source_are_no_surprise_while_the_large_one_is_down():
    """A column is masked when nine tenths of it are blind; what still comes was usual all along."""
    world = made_world(levels=2, children=2, signatures=1, indicators_each=1)
    volume, draw = CallVolume(world), np.random.default_rng(1)
    start = MONDAY_US // world.grid.tick_us
    worst = 0.0
    for k in range((DAYS + 5) * 96):
        down = k >= (DAYS + 4) * 96
        n = draw.poisson(0.05) + (0 if down else draw.poisson(2.0))
        counts = np.array([n, n, n, n]) if n else np.empty(0, np.int64)
        at = world.grid.start(start + k)
        volume.update(
            Panel(
                tick=start + k,
                start_us=at,
                end_us=at + world.grid.tick_us,
                decided_at_us=world.grid.decided_at(start + k),
                series=np.array([0, 1, 2, 3]) if n else np.empty(0, np.int64),
                counts=counts,
                first_us=np.full(len(counts), at),
                source_counts=np.array([[n]]),
                blind_since=np.full(2, start + (DAYS + 4) * 96 if down else -1),
            )
        )
        if down:
            worst = max([worst, *(row[:-1].max() for row in volume.read().values)])
    assert worst < 10
