"""Feed health: an outage is called, a quiet night is not, and nothing is learnt from either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from made_ticks import FIRST, flat_world, panel

from riskwatch.core.scores import World
from riskwatch.extract.feeds import FeedHealth, Outage
from riskwatch.store.snapshots import pack, unpack

DAY = 96
Counts = Callable[[int, np.random.Generator], np.ndarray]


class Watch:
    """Feeds counts [sources, indicators] of each tick and keeps what was found."""

    def __init__(self, world: World, counts: Counts, sources: tuple[str, ...] = ("town",)) -> None:
        self.world, self.counts, self.sources = world, counts, sources
        self.health = FeedHealth(world)
        self.outages: dict[int, tuple[Outage, ...]] = {}
        self.blind: dict[int, list[int]] = {}
        self.at = 0

    def run(self, ticks: int, down: Callable[[np.ndarray], None] | None = None) -> Watch:
        for _ in range(ticks):
            tick = FIRST + self.at
            counts = self.counts(self.at, np.random.default_rng((7, self.at))).copy()
            if down:
                down(counts)
            made = panel(self.world, tick, np.zeros((len(self.world.tree), counts.shape[1]), np.int64))
            seen = self.health.look(replace(made, source_counts=counts), self.sources)
            self.outages[self.at] = self.health.outages()
            self.blind[self.at] = seen.blind_since.tolist()
            self.at += 1
        return self

    def first_called(self, since: int) -> int | None:
        """How many ticks after `since` anything was called."""
        return next((t - since + 1 for t in range(since, self.at) if self.outages[t]), None)

    def ever(self) -> set[str]:
        return {o.feed for found in self.outages.values() for o in found}


def steady(*per_day: float, night: float = 1.0) -> Counts:
    """One source; `night` is the share of the rate from 22 to 6 o'clock."""

    def draw(at: int, rng: np.random.Generator) -> np.ndarray:
        hour = at // 4 % 24
        return rng.poisson(np.array(per_day) / 96 * (night if hour >= 22 or hour < 6 else 1.0))[None]

    return draw


def silence(counts: np.ndarray) -> None:
    counts[:] = 0


BUSY, SLOW = 960.0, 8.0


def test_an_outage_of_a_busy_feed_is_called_within_two_hours():
    """And it is over with the first row that comes; since when it is silent is told."""
    watch = Watch(flat_world(), steady(BUSY)).run(8 * DAY)
    assert watch.ever() == set()
    watch.run(2 * DAY, silence)
    assert watch.first_called(8 * DAY) <= 8
    assert watch.health.outages() == (Outage("town", None, FIRST + 8 * DAY),)
    assert watch.blind[10 * DAY - 1] == [FIRST + 8 * DAY] * 2
    watch.run(1)
    assert watch.health.outages() == ()
    assert watch.blind[10 * DAY] == [-1, -1]


def test_a_quiet_night_of_a_slow_feed_is_no_outage():
    """Two months of eight rows a day, hardly any at night: nothing is called."""
    assert Watch(flat_world(), steady(SLOW, night=0.05)).run(60 * DAY).ever() == set()


def test_the_night_of_a_busy_feed_is_no_outage():
    """A rhythm that sleeps is learnt by its hour."""
    assert Watch(flat_world(), steady(200.0, night=0.01)).run(30 * DAY).ever() == set()


def test_a_slow_feed_that_stays_silent_is_called_in_the_end():
    """Eight rows a day: within four days."""
    watch = Watch(flat_world(), steady(SLOW)).run(21 * DAY).run(5 * DAY, silence)
    assert watch.outages[22 * DAY - 1] == ()
    assert watch.first_called(21 * DAY) <= 4 * DAY


def test_nothing_is_called_before_a_week_was_seen():
    """Six days are needed to know a rhythm."""
    watch = Watch(flat_world(), steady(BUSY)).run(2 * DAY).run(4 * DAY - 1, silence)
    assert watch.ever() == set()


def test_an_outage_teaches_nothing():
    """After five dark days the next outage is called as fast as the first."""
    watch = Watch(flat_world(), steady(BUSY)).run(10 * DAY).run(5 * DAY, silence).run(3 * DAY)
    watch.run(DAY, silence)
    assert watch.first_called(18 * DAY) == watch.first_called(10 * DAY)


def test_silence_of_an_indicator_under_its_source_is_not_its_own():
    """One outage is told, and every column is blind."""
    watch = Watch(flat_world(indicators_each=3), steady(BUSY, 300.0, 2.0)).run(8 * DAY)
    watch.run(3 * DAY, silence)
    assert watch.ever() == {"town"}
    assert watch.blind[watch.at - 1] == [FIRST + 8 * DAY] * 4


def test_one_code_that_falls_silent_is_found():
    """The source speaks on; the signature's total still sees."""
    watch = Watch(flat_world(indicators_each=2), steady(BUSY, BUSY)).run(8 * DAY)

    def partial(counts: np.ndarray) -> None:
        counts[:, 1] = 0

    watch.run(DAY, partial)
    assert watch.first_called(8 * DAY) <= 12
    assert watch.health.outages() == (Outage(None, "s0_1", FIRST + 8 * DAY),)
    assert watch.blind[watch.at - 1] == [-1, FIRST + 8 * DAY, -1]


def test_a_total_is_blind_when_all_its_indicators_are():
    """With the youngest of their silences."""
    watch = Watch(flat_world(indicators_each=3), steady(BUSY, BUSY, 500.0)).run(8 * DAY)

    def all_but_one(counts: np.ndarray) -> None:
        counts[:, :2] = 0

    watch.run(DAY, all_but_one)
    assert watch.blind[watch.at - 1][3] == -1


def two_sources(share: float) -> Counts:
    """Two sources of one indicator, the second with this share of the rows."""

    def draw(_: int, rng: np.random.Generator) -> np.ndarray:
        return rng.poisson(np.array([[10 * (1 - share)], [10 * share]]))

    return draw


@pytest.mark.parametrize(("share", "blind"), [(0.5, False), (0.05, True)])
def test_an_indicator_is_blind_when_nine_tenths_of_it_are(share, blind):
    """Half of the rows still tell how things are; one in twenty does not."""
    watch = Watch(flat_world(), two_sources(share), ("town", "fire")).run(8 * DAY)

    def first_down(counts: np.ndarray) -> None:
        counts[0] = 0

    watch.run(DAY // 2, first_down)
    assert {o.feed for o in watch.health.outages()} == {"town"}
    assert (watch.blind[watch.at - 1][0] >= 0) == blind


def test_a_source_that_joins_later_has_its_own_week():
    """Its silence before it was known is none."""
    watch = Watch(flat_world(), two_sources(0.5), ("town", "fire")).run(0)
    watch.counts = lambda at, rng: two_sources(0.5)(at, rng)[:1]
    watch.sources = ("town",)
    watch.run(8 * DAY)
    watch.counts, watch.sources = two_sources(0.5), ("town", "fire")

    def second_down(counts: np.ndarray) -> None:
        counts[1] = 0

    watch.run(3 * DAY).run(DAY, second_down)
    assert watch.ever() == set()
    watch.run(4 * DAY).run(DAY, second_down)
    assert watch.ever() == {"fire"}


@pytest.mark.parametrize("cut", [0, 1, 9 * DAY])
def test_health_goes_on_from_its_state(cut):
    """Before the first panel, after it, and in the middle of an outage."""
    watches = []
    for restored in (False, True):
        watch = Watch(flat_world(indicators_each=2), steady(BUSY, 100.0))
        watch.run(min(cut, 8 * DAY)).run(max(cut - 8 * DAY, 0), silence)
        if restored:
            data = pack(watch.health.state())
            watch.health = FeedHealth(watch.world)
            watch.health.load(unpack(data))
            assert pack(watch.health.state()) == data
        watches.append(watch.run(DAY, silence if cut else None).run(8 * DAY))
    assert watches[0].outages == watches[1].outages
    assert watches[0].blind == watches[1].blind
