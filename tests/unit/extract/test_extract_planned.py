"""Plans: what announced events add to what is expected, and what nobody learns of them; holidays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from made_ticks import FIRST, panel

from features.call_volume import CallVolume
from riskwatch.core.calendar import Calendar, Holiday, Plan, Yearly
from riskwatch.core.clock import DAY_US, HOUR_US, from_us
from riskwatch.core.scores import World
from riskwatch.extract.expectation import Expectation
from riskwatch.extract.spans import Spans
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, made_world

PLAIN = made_world(levels=3, children=2, signatures=2, indicators_each=2, timezone="UTC")
TOWN, TOWNSHIP, OTHER = (PLAIN.tree.index[c] for c in ("A00", "A0", "A11"))
DAYS = 16
START_US = MONDAY_US + (DAYS - 1) * DAY_US + 12 * HOUR_US
FAIR = Plan(
    names=(("en", "Harvest fair"), ("zh", "丰收集市")),
    area=TOWN,
    indicators=(0,),
    start_us=START_US,
    end_us=START_US + 3 * HOUR_US,
    factor=4.0,
    known_us=0,
)
Counts = Callable[[int], np.ndarray]


def steady(tick: int) -> np.ndarray:
    """Every leaf brings a call of every indicator every hour."""
    counts = np.zeros((len(PLAIN.tree), len(PLAIN.registry)), np.int64)
    if tick % 4 == 0:
        counts[3:] = 1
    return counts


def with_a_fair(tick: int, area: int = TOWN) -> np.ndarray:
    """The same, and three calls a quarter of an hour while the fair lasts."""
    counts = steady(tick)
    if FAIR.start_us <= PLAIN.grid.start(tick) < FAIR.end_us:
        counts[area, 0] += 3
    return counts


def planned(*plans: Plan, **more: object) -> World:
    return replace(PLAIN, calendar=Calendar(plans=plans, **more))  # type: ignore[arg-type]


def lived(world: World, until_us: int, counts: Counts = steady) -> CallVolume:
    """The extractor after all ticks up to an instant."""
    volume = CallVolume(world, (1, 3, 6, 24))
    for tick in range(FIRST, PLAIN.grid.tick_of(until_us)):
        volume.update(panel(world, tick, counts(tick)))
    return volume


def expected(volume: CallVolume, area: int) -> np.ndarray:
    """[indicators, windows] of the first signature."""
    return volume.cells(np.array([area]), 0).expected[0]


def test_an_event_shifts_the_expectation_of_its_area_and_of_what_holds_it() -> None:
    """Three hours into a fair of four times the usual, they expect four times as much there."""
    at_us = FAIR.end_us
    plain, shifted = lived(PLAIN, at_us), lived(planned(FAIR), at_us)
    assert expected(shifted, TOWN)[0, 1] == pytest.approx(4.0 * expected(plain, TOWN)[0, 1])
    assert expected(shifted, TOWN)[1].tolist() == expected(plain, TOWN)[1].tolist()
    assert expected(shifted, OTHER).tolist() == expected(plain, OTHER).tolist()
    mine = expected(shifted, TOWN)[0] - expected(plain, TOWN)[0]
    for above in (TOWNSHIP, 0):
        assert expected(shifted, above)[0] - expected(plain, above)[0] == pytest.approx(mine)


def test_an_event_over_an_area_shifts_all_that_is_below_it() -> None:
    """Each town of the township expects four times its own usual."""
    at_us = FAIR.end_us
    wide = replace(FAIR, area=TOWNSHIP)
    plain, shifted = lived(PLAIN, at_us), lived(planned(wide), at_us)
    for area in (TOWNSHIP, TOWN):
        assert expected(shifted, area)[0, 1] == pytest.approx(4.0 * expected(plain, area)[0, 1])


def test_an_event_to_come_changes_nothing_and_one_gone_by_fades_with_the_window() -> None:
    """Up to its first tick all is as without it; an hour behind its end the last hour expects the usual."""
    ahead, before = lived(planned(FAIR), FAIR.start_us), lived(PLAIN, FAIR.start_us)
    assert pack(ahead.state()) == pack(before.state())
    assert expected(ahead, TOWN).tolist() == expected(before, TOWN).tolist()
    at_us = FAIR.end_us + HOUR_US
    plain, shifted = lived(PLAIN, at_us), lived(planned(FAIR), at_us)
    assert expected(shifted, TOWN)[0, 0] == expected(plain, TOWN)[0, 0]
    assert expected(shifted, TOWN)[0, 2] > expected(plain, TOWN)[0, 2]


def test_an_event_counts_from_its_announcement_then_from_its_beginning() -> None:
    """Before it is announced it shifts nothing; once it is, the hours it lasted already are shifted too."""
    told_us = FAIR.start_us + 2 * HOUR_US
    late = replace(FAIR, known_us=told_us)
    lateness = PLAIN.grid.lateness_us
    before, after = told_us - lateness - PLAIN.grid.tick_us, told_us - lateness
    unmoved, plain = (expected(lived(world, before), TOWN) for world in (planned(late), PLAIN))
    assert unmoved.tolist() == plain.tolist()
    known, always = (expected(lived(planned(plan), after), TOWN) for plan in (late, FAIR))
    assert known == pytest.approx(always)


def test_the_chart_shows_what_is_planned_as_usual() -> None:
    """The hours of the fair have four times the usual, those before have the usual."""
    at_us = FAIR.end_us
    plain, shifted = lived(PLAIN, at_us), lived(planned(FAIR), at_us)
    usual, with_it = (np.array(v.history([TOWN], [0, 1], 4)[1]) for v in (plain, shifted))
    assert with_it[:1] == pytest.approx(usual[:1])
    of_fair = np.array(plain.history([TOWN], [0], 4)[1])
    assert with_it[1:] - usual[1:] == pytest.approx(3.0 * of_fair[1:])


@pytest.mark.parametrize("factor", [6.0, None])
def test_what_was_announced_is_less_of_a_surprise_and_what_goes_beyond_still_is_one(
    factor: float | None,
) -> None:
    """Evidence of the fair's calls falls; with ten times its calls there is evidence all the same."""
    at_us = FAIR.end_us
    fair = replace(FAIR, factor=factor)

    def evidence(world: World, times: int) -> float:
        volume = lived(world, at_us, lambda tick: steady(tick) + times * (with_a_fair(tick) - steady(tick)))
        cells = volume.cells(np.array([TOWN]), 0)
        return float(volume.weigh(0, cells).nats.sum())

    assert evidence(planned(fair), 1) < 0.5 * evidence(PLAIN, 1)
    assert 5.0 < evidence(planned(fair), 10) < evidence(PLAIN, 10)


def test_what_is_usual_does_not_learn_the_event() -> None:
    """Level, profile, dispersion and clumps are nearly those of a life without the fair; else they move."""
    at_us = MONDAY_US + (DAYS + 2) * DAY_US
    quiet = lived(PLAIN, at_us)

    def crowded(tick: int) -> np.ndarray:
        return steady(tick) + 10 * (with_a_fair(tick) - steady(tick))

    told, untold = lived(planned(FAIR), at_us, crowded), lived(PLAIN, at_us, crowded)

    def off(volume: CallVolume) -> dict[str, float]:
        mine, other = volume.expectation, quiet.expectation
        pairs = {
            "level": (mine.rate, other.rate),
            "profile": (mine.profile.shape, other.profile.shape),
            "dispersion": (mine.dispersion.value, other.dispersion.value),
            "clumps": (volume._clumps.size, quiet._clumps.size),
        }
        return {name: float(np.abs(a / b - 1.0).max()) for name, (a, b) in pairs.items()}

    moved, kept = off(untold), off(told)
    assert min(moved.values()) > 0.02
    assert {name: kept[name] < 0.4 * far for name, far in moved.items()} == dict.fromkeys(moved, True)


def test_an_event_of_unknown_factor_is_learnt_from_by_name() -> None:
    """The second fair of that name is expected to bring more; one of another name is not."""
    first = replace(FAIR, factor=None)
    day = 2 * DAY_US
    again = replace(first, start_us=FAIR.start_us + day, end_us=FAIR.end_us + day)
    other = replace(again, names=(("en", "Boat race"),))
    at_us = again.end_us

    def found(second: Plan) -> tuple[float, float]:
        volume = lived(planned(first, second), at_us, with_a_fair)
        cells = volume.cells(np.array([TOWN]), 0)
        return cells.expected[0, 0, 1], cells.inverse_size[0, 0, 1]

    (more, narrow), (usual, wide) = found(again), found(other)
    assert more > 2.0 * usual
    assert narrow < wide


def test_what_was_learnt_of_a_name_outlives_a_restart() -> None:
    """A state packed in the middle of an event, and loaded, goes on byte for byte the same."""
    first = replace(FAIR, factor=None)
    day = DAY_US
    again = replace(first, start_us=FAIR.start_us + day, end_us=FAIR.end_us + day)
    world = planned(first, again)
    volume = lived(world, again.start_us + HOUR_US, with_a_fair)
    other = CallVolume(world, (1, 3, 6, 24))
    other.load(unpack(pack(volume.state())))
    for tick in range(PLAIN.grid.tick_of(again.start_us + HOUR_US), PLAIN.grid.tick_of(again.end_us + day)):
        for one in (volume, other):
            one.update(panel(world, tick, with_a_fair(tick)))
    assert pack(other.state()) == pack(volume.state())


def test_a_holiday_has_the_hours_of_the_day_it_is_like_once_it_is_announced() -> None:
    """A Wednesday that is like a Sunday begins at hour 144 of the week."""
    at_us = 1_736_294_400_000_000  # Wednesday 2025-01-08
    told_us = at_us + HOUR_US
    holiday = Holiday(name={"en": "Mourning"}, date=date(2025, 1, 8), announced_at=from_us(told_us))
    usual = Expectation(
        replace(PLAIN, timezone="UTC", calendar=Calendar((holiday,))), Spans((4, 96), (1, 4))
    )
    assert usual.hour_at(at_us, told_us - 1) == 2 * 24
    assert usual.hour_at(at_us, told_us) == 6 * 24
    assert usual.hour_at(at_us + DAY_US, told_us) == 3 * 24


def test_a_holiday_is_expected_and_learnt_as_the_day_it_is_like() -> None:
    """Where Sundays bring nothing, a quiet Wednesday is learnt as one of them, and expected to be one."""
    wednesday_us = MONDAY_US + 16 * DAY_US
    day = from_us(wednesday_us).date()
    world = planned(holidays=(Holiday(name={"en": "Feast"}, yearly=Yearly(month=day.month, day=day.day)),))

    def closed(tick: int) -> np.ndarray:
        at_us = PLAIN.grid.start(tick)
        shut = (at_us - MONDAY_US) // DAY_US % 7 == 6 or wednesday_us <= at_us < wednesday_us + DAY_US
        return steady(tick) * (0 if shut else 1)

    at_us = wednesday_us + DAY_US
    told, untold = lived(world, at_us, closed), lived(PLAIN, at_us, closed)
    assert expected(told, TOWN)[0, 3] < 0.7 * expected(untold, TOWN)[0, 3]
    for volume in (told, untold):
        volume.update(panel(PLAIN, PLAIN.grid.tick_of(at_us), steady(PLAIN.grid.tick_of(at_us))))
    wednesdays = slice(2 * 24 + 6, 2 * 24 + 18)
    hours = (v.expectation.profile.shape[0, wednesdays].mean() for v in (told, untold))
    assert next(hours) > 1.05 * next(hours)
