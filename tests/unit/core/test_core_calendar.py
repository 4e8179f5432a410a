"""The calendar: which days are holidays, what an alert may name, and what it reads of a file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from riskwatch.core.calendar import Calendar, Holiday, Work, Yearly, together
from riskwatch.core.calendar_file import PlannedEvent, load_calendar, source_faults
from riskwatch.core.clock import HOUR_US, to_us
from riskwatch.core.errors import ConfigError
from riskwatch.testing.made import made_world

WORLD = made_world(levels=3, children=2, signatures=2, indicators_each=2)
AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
AT_US = to_us(AT)
FILE = """
holidays:
  - {name: {en: Feast}, date: 2026-07-03}
planned:
  - {name: {en: Fair, zh: 集市}, area: A0, indicators: [s0_0], factor: 3,
     start: 2026-07-01T12:00:00Z, end: 2026-07-01T20:00:00+02:00, announced_at: 2026-06-01T00:00:00Z}
  - {name: {en: Race}, area: A, indicators: all, factor: unknown,
     start: 2026-07-01T14:00:00Z, end: 2026-07-01T15:00:00Z}
maintenance:
  - {name: {en: Move}, source: town, start: 2026-07-01T12:00:00Z, end: 2026-07-01T13:00:00Z}
"""


@pytest.fixture
def calendar(tmp_path: Path) -> Calendar:
    """The one above."""
    (tmp_path / "calendar.yaml").write_text(FILE, encoding="utf-8")
    return load_calendar(tmp_path / "calendar.yaml", "calendar.yaml", WORLD.tree, WORLD.registry)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ({"month": 12, "day": 25}, [date(2015, 12, 25), date(2016, 12, 25)]),
        ({"month": 2, "day": 29}, [date(2016, 2, 29)]),
        ({"month": 11, "weekday": "thursday", "nth": 4}, [date(2015, 11, 26), date(2016, 11, 24)]),
        ({"month": 5, "weekday": "monday", "nth": -1}, [date(2015, 5, 25), date(2016, 5, 30)]),
        ({"month": 9, "weekday": "monday", "nth": 1}, [date(2015, 9, 7), date(2016, 9, 5)]),
    ],
)
def test_a_yearly_day_falls_on_these_days_of_two_years(rule: dict[str, object], days: list[date]) -> None:
    """And on no other."""
    one = Yearly.model_validate(rule)
    first = date(2015, 1, 1).toordinal()
    assert [d for n in range(731) if one.falls_on(d := date.fromordinal(first + n))] == days


def test_events_and_maintenance_are_read_in_indices_and_microseconds(calendar: Calendar) -> None:
    """What was not announced counts from its start; `all` is every indicator; `unknown` is no number."""
    fair, race = calendar.plans
    assert (fair.area, fair.indicators, fair.factor) == (WORLD.tree.index["A0"], (0,), 3.0)
    assert (fair.start_us, fair.end_us) == (AT_US, AT_US + 6 * HOUR_US)
    assert fair.known_us == to_us(datetime(2026, 6, 1, tzinfo=UTC))
    assert (race.factor, race.indicators, race.known_us) == (None, (0, 1, 2, 3), race.start_us)
    assert calendar.works == (Work((("en", "Move"),), "town", AT_US, AT_US + HOUR_US, AT_US),)


def test_the_names_are_of_events_that_a_window_looks_back_on(calendar: Calendar) -> None:
    """By area, indicator, window and announcement."""
    fair, race = (p.names for p in calendar.plans)
    six_us = AT_US + 6 * HOUR_US
    near = {WORLD.tree.index["A0"], WORLD.tree.index["A"]}.__contains__
    above = {WORLD.tree.index["A"]}.__contains__
    assert calendar.names(near, {0: AT_US}, six_us, six_us) == (fair, race)
    assert calendar.names(above, {0: AT_US}, six_us, six_us) == (race,)
    assert calendar.names(near, {1: AT_US}, six_us, six_us) == (race,)
    assert calendar.names(near, {0: six_us - HOUR_US}, six_us, six_us) == (fair,)
    assert calendar.names(near, {0: six_us}, six_us + HOUR_US, six_us + HOUR_US) == ()
    assert calendar.names(near, {0: AT_US - HOUR_US}, AT_US, AT_US) == ()


def test_a_holiday_is_none_before_it_was_announced() -> None:
    """One that says nothing was always known."""
    day = date(2026, 7, 3)
    always, late = Holiday(name={"en": "a"}, date=day), Holiday(name={"en": "b"}, date=day, announced_at=AT)
    assert Calendar((always,)).weekday_like(day, 0) == 6
    assert Calendar((late,)).weekday_like(day, AT_US - 1) is None
    assert Calendar((late,)).weekday_like(day, AT_US) == 6
    assert Calendar((late,)).weekday_like(date(2026, 7, 4), AT_US) is None


def test_calendars_of_several_sources_are_one(calendar: Calendar) -> None:
    """A store may have sources with a file each."""
    both = together([calendar, Calendar(works=calendar.works)])
    assert (both.plans, len(both.works), both.holidays) == (calendar.plans, 2, calendar.holidays)


@pytest.mark.parametrize("factor", [1, 0, -2, 51, True, "three", None, float("nan"), float("inf")])
def test_a_factor_is_over_one_or_unknown(factor: object) -> None:
    """Whatever else it is, it is told."""
    given = {
        "name": {"en": "Fair"},
        "area": "A",
        "indicators": "all",
        "start": AT,
        "end": AT.replace(hour=13),
    }
    assert PlannedEvent.model_validate({**given, "factor": "unknown"}).factor == "unknown"
    with pytest.raises(ValidationError, match="is no factor; give a number over 1"):
        PlannedEvent.model_validate({**given, "factor": factor})


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    """An unknown area, an unknown indicator, and a source that nobody brings."""
    path = tmp_path / "calendar.yaml"
    path.write_text(FILE.replace("A0", "NOWHERE").replace("s0_0", "nothing"), encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load_calendar(path, "calendar.yaml", WORLD.tree, WORLD.registry)
    assert [f.where for f in told.value.faults] == ["planned.0.area", "planned.0.indicators"]
    (fault,) = source_faults(path, "calendar.yaml", ["clinics", "fire"])
    assert str(fault) == (
        "calendar.yaml: maintenance.0.source: source 'town' is unknown; use one of clinics, fire"
    )
