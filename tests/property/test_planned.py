"""A calendar with all it can hold: no cut, order, restart or later announcement changes what was said."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bounds import examples
from engine import (
    BASE_END_US,
    END_US,
    NOTHING_PLANNED,
    WORLD,
    Engine,
    cut,
    decided,
    delayed,
    last_day,
    random_delays,
    received,
)
from hypothesis import given
from hypothesis import strategies as st

from features.call_volume import CallVolume
from riskwatch.core.calendar import Calendar, Holiday, Plan, Work
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.scores import World
from riskwatch.testing.leaks import check_no_leak, leaky_rows
from riskwatch.testing.made import Row

BEGIN_US = BASE_END_US + 8 * HOUR_US
FAIR_NAMES = (("en", "Fair"), ("zh", "集市"))
FAIR = Plan(FAIR_NAMES, WORLD.tree.index["A00"], (0,), BEGIN_US, BEGIN_US + 4 * HOUR_US, 8.0, 0)
RACE = Plan((("en", "Race"),), 0, (0, 1), BEGIN_US + HOUR_US, BEGIN_US + 6 * HOUR_US, None, 0)
EVENING_US = BASE_END_US + 20 * HOUR_US
WORK = Work((("en", "Move"),), "made", EVENING_US, EVENING_US + 2 * HOUR_US, 0)
FEAST = Holiday(name={"en": "Feast"}, date=datetime.fromtimestamp(BASE_END_US / 1e6, UTC).date())
CALENDAR = Calendar((FEAST,), (FAIR, RACE), (WORK,))

Planned = Callable[[Calendar], Engine]


@pytest.fixture
def planned(lived: Path, tmp_path: Path) -> Planned:
    """Makes engines with a calendar that stand at the end of the base load."""
    number = itertools.count()

    def make(calendar: Calendar) -> Engine:
        folder = tmp_path / f"planned{next(number)}"
        shutil.copytree(lived, folder)
        return Engine(folder, calendar)

    return make


def rows() -> list[Row]:
    """The last day without what falls into the maintenance, the fair's calls and more than it explains."""
    came = [r for r in last_day() if not WORK.start_us <= r[4] < WORK.end_us]
    came += [
        (f"f{n}", "made", "A00", "s0_0", at, at, 1.0)
        for n in range(14)
        for at in [BEGIN_US + 2 * HOUR_US + n * 2 * MINUTE_US]
    ]
    return received(came)


def lived_through(engine: Engine) -> Engine:
    engine.send(rows())
    engine.tick_to(END_US)
    return engine


@pytest.fixture(scope="module")
def steady(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One life over the calendar, undisturbed."""
    folder = tmp_path_factory.mktemp("steady") / "store"
    shutil.copytree(lived, folder)
    return lived_through(Engine(folder, CALENDAR))


def test_the_calendar_is_at_work_in_this_day(steady: Engine, planned: Planned) -> None:
    """Both events are named by an alert, the evidence is another than without, and no feed is called."""
    named = [a.planned for a in steady.alerts.find(everything=True)]
    assert any(FAIR.names in one and RACE.names in one for one in named)
    assert () in named
    other = lived_through(planned(NOTHING_PLANNED))
    assert other.seen.likelihoods != steady.seen.likelihoods
    assert {a.planned for a in other.alerts.find(everything=True)} == {()}


@given(
    at=st.lists(st.integers(0, len(rows())), min_size=1, max_size=5),
    saved=st.lists(st.booleans(), min_size=7, max_size=7),
)
@examples(6)
def test_restart_in_the_middle_of_an_event_changes_nothing(
    planned: Planned, steady: Engine, at: list[int], saved: list[bool]
) -> None:
    """With the newest snapshot or an older one; cut as it may be."""
    engine = planned(CALENDAR)
    for batch, save in zip(cut(rows(), at), saved, strict=False):
        engine.send(batch)
        if save:
            engine.pipeline.snapshot()
        engine.restart()
    engine.tick_to(END_US)
    assert engine.life() == steady.life()
    assert engine.state() == steady.state()


@given(seed=st.integers(0, 2**20), top_min=st.integers(0, 40))
@examples(4)
def test_order_within_the_lateness_changes_no_alert_over_an_event(
    planned: Planned, steady: Engine, seed: int, top_min: int
) -> None:
    """Rows that arrive late, but before their tick is decided."""
    engine = planned(CALENDAR)
    engine.send(delayed(rows(), random_delays(seed, top_min * MINUTE_US)))
    engine.tick_to(END_US)
    assert engine.seen == steady.seen
    assert engine.dump() == steady.dump()


@given(told_h=st.floats(0, 30))
@examples(6)
def test_an_event_announced_later_moves_nothing_before(planned: Planned, told_h: float) -> None:
    """What was decided before the announcement is what it is with an empty calendar."""
    told_us = BASE_END_US + round(told_h * HOUR_US)
    told = datetime.fromtimestamp(told_us / 1e6, UTC)
    known_us = round(told.timestamp() * 1e6)
    late = Calendar(
        (FEAST.model_copy(update={"announced_at": told}),),
        (replace(FAIR, known_us=known_us), replace(RACE, known_us=known_us)),
        (replace(WORK, known_us=known_us),),
    )
    one, other = lived_through(planned(late)), lived_through(planned(NOTHING_PLANNED))
    assert one.life(known_us - 1) == other.life(known_us - 1)
    assert decided(one.seen.features, known_us - 1) == decided(other.seen.features, known_us - 1)


def test_an_event_announced_in_its_middle_counts_from_then(planned: Planned) -> None:
    """Behind the announcement the likelihoods are others, so the test above can fail."""
    known_us = BEGIN_US + 2 * HOUR_US
    late = Calendar(plans=(replace(FAIR, known_us=known_us),))
    one, other = lived_through(planned(late)), lived_through(planned(NOTHING_PLANNED))
    assert one.seen.likelihoods != other.seen.likelihoods


def test_an_event_that_nobody_announced_counts_from_its_beginning(planned: Planned) -> None:
    """An entry of today's file is no news to the days before it."""
    plan = replace(FAIR, known_us=FAIR.start_us)
    one, other = lived_through(planned(Calendar(plans=(plan,)))), lived_through(planned(NOTHING_PLANNED))
    assert one.life(FAIR.start_us) == other.life(FAIR.start_us)


def test_no_feature_over_an_event_moves_with_later_news() -> None:
    """Rows dropped, scaled, shuffled, backdated and new, all received in the middle of an event."""
    told = leaky_rows(WORLD, days=17)
    middle_us = told[0][5] + 15 * DAY_US + 14 * HOUR_US
    plan = replace(RACE, start_us=middle_us - 3 * HOUR_US, end_us=middle_us + 3 * HOUR_US)
    past = replace(RACE, start_us=middle_us - DAY_US, end_us=middle_us - 20 * HOUR_US)
    world = replace(WORLD, calendar=Calendar((FEAST,), (past, plan)))

    def volume(given: World) -> CallVolume:
        return CallVolume(given, windows_h=(1, 3, 6, 24))

    check_no_leak(volume, world=world, rows=told, instants_us=[middle_us])
