"""Sources that send sums: what is silent of them, and what their windows are held to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_ticks import FIRST, flat_world, panel

from features.call_volume import CallVolume
from riskwatch.core.clock import HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.clumps import Clumps
from riskwatch.extract.expectation import Expectation
from riskwatch.extract.feeds import FeedHealth, Outage
from riskwatch.extract.panels import PanelBuilder
from riskwatch.extract.spans import Spans
from riskwatch.store.snapshots import pack, unpack

DAY, EVERY = 96, 16
WORLD = replace(flat_world(indicators_each=2), reports_every_us={"clinic": 4 * HOUR_US})


class Reports:
    """Looks at ticks of two indicators, brought by the sources named."""

    def __init__(self, *sources: str) -> None:
        self.sources, self.at = sources or ("clinic",), 0
        self.health = FeedHealth(WORLD)
        self.told: list[tuple[Outage, ...]] = []
        self.seen: list[Panel] = []

    def tick(self, counts: list[list[int]], rows: list[list[int]] | None = None) -> None:
        made = panel(WORLD, FIRST + self.at, np.zeros((len(WORLD.tree), 2), np.int64))
        brought = np.array(counts)
        sent = (brought > 0).astype(np.int64) if rows is None else np.array(rows)
        self.seen.append(
            self.health.look(replace(made, source_counts=brought, source_rows=sent), self.sources)
        )
        self.told.append(self.health.outages())
        self.at += 1

    def run(self, ticks: int, sums: tuple[int, int] = (60, 60), until: int = 10**9) -> Reports:
        """A report every four hours, none from tick `until` on."""
        for _ in range(ticks):
            due = self.at % EVERY == 0 and self.at < until
            self.tick([list(sums) if due else [0, 0]])
        return self


def test_between_two_reports_nothing_is_silent():
    """Neither the source nor what it counts, however much a report brings."""
    watch = Reports().run(20 * DAY)
    assert not any(watch.told)
    assert all((p.blind_since < 0).all() for p in watch.seen)


def test_a_report_is_overdue_after_the_allowed_lateness():
    """From the first report on, without a week of learning; and over with the next."""
    watch = Reports().run(3 * EVERY, until=1)
    assert next(t for t, told in enumerate(watch.told) if told) == EVERY + 2  # a tick of lateness
    assert watch.told[-1] == (Outage("clinic", None, FIRST + 1),)
    assert (watch.seen[-1].blind_since == FIRST + 1).all()
    watch.tick([[5, 5]])
    assert watch.told[-1] == ()
    assert (watch.seen[-1].blind_since == watch.seen[-1].tick).all()  # nobody knows since when it tells
    watch.tick([[0, 0]])
    assert (watch.seen[-1].blind_since == -1).all()


def test_a_sum_of_nothing_is_heard():
    """Also the first one."""
    watch = Reports()
    for at in range(20 * EVERY):
        watch.tick([[0, 0]], [[int(at % EVERY == 0)] * 2])
    assert not any(watch.told)
    for _ in range(EVERY + 3):
        watch.tick([[0, 0]])
    assert watch.told[-1]


def test_an_indicator_that_a_report_leaves_out_is_not_silent_at_once():
    """It is, as ever, when its own rhythm does not explain it, but not before it is overdue."""
    watch = Reports().run(10 * DAY, (60, 4))
    first = watch.at
    watch.run(2 * EVERY, (60, 0))
    assert not any(watch.told)
    watch.run(20 * DAY, (60, 0))
    assert watch.told[-1] == (Outage(None, WORLD.registry.ids[1], FIRST + first - EVERY + 1),)


@pytest.mark.parametrize(("share", "summed"), [(9, True), (1, False)])
def test_nine_tenths_make_an_indicator_one_of_sums(share, summed):
    """What others mostly bring is held to their rhythm."""
    watch = Reports("clinic", "town")
    for at in range(DAY):
        due = int(at % EVERY == 0)
        watch.tick([[due * 16 * share, 0], [1, 1]])
    assert watch.seen[-1].summed.tolist() == [EVERY * summed, 0]


def test_others_are_held_to_their_own_rhythm():
    """Beside a source of sums a busy one is called within two hours."""
    watch = Reports("clinic", "town")
    for at in range(8 * DAY):
        watch.tick([[60 * (at % EVERY == 0), 0], [0, 10]])
    assert not any(watch.told)
    for at in range(8):
        watch.tick([[60 * (at % EVERY == 0), 0], [0, 0]])
    assert watch.told[-1] == (Outage("town", None, FIRST + 8 * DAY),)


def test_a_state_from_before_the_key_is_gone_on_from():
    """What the rhythm alone took for an outage is none; nothing of the key is kept in the state."""
    watch = Reports()
    watch.health = FeedHealth(replace(WORLD, reports_every_us={}))
    watch.run(8 * DAY + 8)
    assert watch.told[-1]
    state = pack(watch.health.state())
    watch.health = FeedHealth(WORLD)
    watch.health.load(unpack(state))
    assert watch.health.state().keys() == FeedHealth(flat_world()).state().keys()
    watch.run(1)
    assert watch.told[-1] == ()


def test_rows_are_counted_only_where_sums_are_sent():
    """A row that says nothing came is a row."""
    one = np.array([FIRST * WORLD.grid.tick_us])
    events = Accepted(np.array([1]), np.array([0]), np.array([0]), one, np.array([0]))
    for world, rows in ((WORLD, [[1, 0]]), (flat_world(indicators_each=2), [])):
        builder = PanelBuilder(world)
        builder.add(events)
        (made,) = builder.close(world.grid.decided_at(FIRST), 1)
        assert made.source_rows.tolist() == rows
        assert made.source_counts.tolist() == [[0, 0]]


WINDOWS_H = (1, 12, 24, 72)


@pytest.mark.parametrize(
    ("every", "least"), [(16, 2), (96, 2), (97, 3), (1000, 3)], ids=["4 h", "a day", "more", "ten days"]
)
def test_a_window_too_short_for_a_sum_is_held_to_a_longer_one(every, least):
    """The shortest that is at least a day and as long as sums are apart; else the longest there is."""
    expectation = Expectation(WORLD, Spans.of(WINDOWS_H, WORLD.grid.tick_us))
    for at in range(3 * DAY):  # up to the last tick of an hour
        made = panel(WORLD, FIRST + at, np.zeros((3, 2), np.int64))
        expectation.update(replace(made, summed=np.array([every, 0])))
    own = expectation.profile.exposure
    held = [max(w, least) for w in range(len(WINDOWS_H))]
    assert expectation.exposure[:, 0].tolist() == own[held, 0].tolist()
    assert (expectation.exposure[:, 1:] == own[:, 1:]).all()


@pytest.mark.parametrize("into", range(4), ids=["begins", "a quarter", "a half", "ends"])
def test_a_sum_is_expected_at_any_tick_of_its_hour(into):
    """A day is 24 whole hours of the profile at each tick of the hour in which it comes."""
    expectation = Expectation(WORLD, Spans.of(WINDOWS_H, WORLD.grid.tick_us))
    expectation.profile.shape[0] = np.arange(168) % 24 == 8
    begin = FIRST - FIRST % 4
    for at in range(3 * DAY + 8 * 4 + into + 1):
        made = panel(WORLD, begin + at, np.zeros((3, 2), np.int64))
        expectation.update(replace(made, summed=np.array([96, 0])))
    day = WINDOWS_H.index(24)
    assert expectation.exposure[day, 0] == pytest.approx(
        4 * expectation.profile.shape[0, :24].sum(), abs=1e-4
    )


def test_what_is_summed_is_kept_over_a_restart():
    """And a state without it loads: none is."""
    made = replace(panel(WORLD, FIRST, np.ones((3, 2), np.int64)), summed=np.array([16, 0]))
    volume, again = CallVolume(WORLD), CallVolume(WORLD)
    volume.update(made)
    again.load(unpack(pack(volume.state())))
    assert again.expectation.summed.tolist() == [16, 0]
    assert pack(again.state()) == pack(volume.state())
    again.load(unpack(pack(CallVolume(WORLD).state())))
    assert not again.expectation.summed.any()


def test_sums_do_not_clump():
    """Their size stays 1, whatever was learnt before; that of others is learnt as ever."""
    clumps = Clumps(WORLD.tree, 2, 3)
    series, counts = np.array([3, 4]), np.array([50, 50])
    rate, shape = np.full((3, 3), 0.1), np.ones(3)
    clumps.learn(series, counts, rate, shape)
    assert (clumps.size > 1).all()
    clumps.learn(series, counts, rate, shape, np.array([True, False]))
    assert clumps.size[0] == 1
    assert clumps.size[1] > 1
