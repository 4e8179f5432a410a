"""What is told of a gauge that fell silent or stands still, against its own habits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from riskwatch.core.gauges import Gauge
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import Panel
from riskwatch.core.scores import World
from riskwatch.extract.gauge_health import Ailing, GaugeHealth
from riskwatch.testing.made import made_world

COLUMNS = 4  # two indicators and two signatures
FIRST = 1_000


def world(lowest: float = -5.0) -> World:
    made = made_world(levels=2, children=2, indicators_each=1)
    river = Gauge(unit="m", lowest=lowest, highest=30)
    changed = [replace(made.registry["s0_0"], measure="gauge", gauge=river), made.registry["s1_0"]]
    return replace(made, registry=IndicatorRegistry(changed, made.registry.signatures))


def panel(tick: int, readings: dict[int, float]) -> Panel:
    """A tick in which the gauges of these areas were read."""
    nothing = np.empty(0, np.int64)
    return Panel(
        tick,
        0,
        0,
        0,
        nothing,
        nothing,
        nothing,
        np.zeros((1, 2), np.int64),
        np.full(COLUMNS, -1),
        np.array([area * COLUMNS for area in sorted(readings)], np.int64),
        np.array([readings[area] for area in sorted(readings)]),
    )


class Watch:
    """Gauge health, a tick after the other."""

    def __init__(self, lowest: float = -5.0) -> None:
        self.health, self.tick, self.passed = GaugeHealth(world(lowest)), FIRST, 0

    def pass_ticks(self, n: int, *areas: int, value: float | None = None, every: int = 1) -> Watch:
        """So many ticks; these areas are read, at one value or at changing ones."""
        for _ in range(n):
            due = areas if self.tick % every == 0 else ()
            shown = {a: self.tick * 0.01 + a if value is None else value for a in due}
            self.passed = len(self.health.look(panel(self.tick, shown)).gauges)
            self.tick += 1
        return self

    @property
    def told(self) -> list[Ailing]:
        return list(self.health.ailing())


def test_a_gauge_is_silent_after_two_hours_where_it_came_every_quarter():
    """Not before; and it is heard of again with the next reading."""
    watch = Watch().pass_ticks(60, 1, 2).pass_ticks(8, 2)
    assert watch.told == []
    watch.pass_ticks(1, 2)
    assert watch.told == [Ailing("A0", "s0_0", FIRST + 60, stuck=False)]
    assert watch.pass_ticks(1, 1, 2).told == []


def test_an_hourly_gauge_is_given_three_hours():
    """Its own rhythm says what is long."""
    watch = Watch()
    watch.pass_ticks(200, 1, every=4)
    watch.pass_ticks(9)
    assert watch.told == []
    assert [a.area for a in watch.pass_ticks(4).told] == ["A0"]


def test_a_gauge_that_now_comes_less_often_is_told_a_few_times_only():
    """What was told once is allowed half as long again the next time."""
    watch = Watch().pass_ticks(100, 1)
    told = 0
    for _ in range(12):
        watch.pass_ticks(24)
        told += bool(watch.told)
        watch.pass_ticks(1, 1)
    assert 2 <= told <= 8


def test_all_gauges_of_an_indicator_silent_are_told_as_one():
    """Its feed is out, not each of its gauges."""
    watch = Watch().pass_ticks(60, 1, 2).pass_ticks(10)
    assert watch.told == [Ailing("", "s0_0", FIRST + 60, stuck=False)]


def test_a_gauge_that_used_to_vary_is_stuck_after_a_day_and_a_half_of_readings_an_hour():
    """24 readings of one value; until it moves nothing of it is passed on."""
    watch = Watch().pass_ticks(100, 1).pass_ticks(23, 1, value=7.0)
    assert (watch.told, watch.passed) == ([], 1)
    watch.pass_ticks(1, 1, value=7.0)
    assert watch.told == [Ailing("A0", "s0_0", FIRST + 100, stuck=True)]
    assert watch.passed == 0
    watch.pass_ticks(1, 1, value=7.01)
    assert (watch.told, watch.passed) == ([], 1)


def test_a_gauge_that_often_stands_still_is_given_longer():
    """Ten hours of one value, again and again, are its habit."""
    watch = Watch()
    for n in range(60):
        watch.pass_ticks(40, 1, value=n % 5 + 1.0)
    assert watch.pass_ticks(100, 1, value=9.0).told == []
    assert watch.pass_ticks(40, 1, value=9.0).told != []


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_at_the_lowest_that_it_can_show_a_gauge_rests(value):
    """No rain for a week is no fault; seven millimetres each quarter of an hour are one."""
    watch = Watch(lowest=0.0).pass_ticks(100, 1).pass_ticks(700, 1, value=value)
    assert bool(watch.told) == (value > 0)


def test_a_gauge_that_never_varied_is_not_stuck():
    """Nobody knows yet that it can."""
    assert Watch().pass_ticks(500, 1, value=3.0).told == []


def test_an_area_is_dark_where_every_gauge_of_a_signature_is_ailing():
    """Its open alerts stay as they are; calls of another signature do not make it light."""
    watch = Watch().pass_ticks(60, 1, 2).pass_ticks(10, 2)
    assert watch.health.dark("A0", "s0")
    assert not watch.health.dark("A1", "s0")
    assert not watch.health.dark("A0", "s1")
    assert not watch.health.dark("A", "s0")


def test_it_goes_on_from_its_state():
    """In the middle of a silence and of a standstill."""
    watch = Watch().pass_ticks(100, 1, 2).pass_ticks(20, 1, value=5.0)
    other = Watch()
    other.health.load(watch.health.state())
    other.tick = watch.tick
    for one in (watch, other):
        one.pass_ticks(6, 1, value=5.0)
    assert watch.told == other.told
    assert len(watch.told) == 2


def test_without_gauges_nothing_is_looked_at():
    """The panel itself comes back."""
    health = GaugeHealth(made_world())
    one = panel(1, {})
    assert health.look(one) is one
    assert health.ailing() == ()
    assert not health.dark("A0", "s0")
