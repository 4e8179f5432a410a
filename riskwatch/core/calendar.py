"""The calendar: holidays, planned events and announced maintenance; read by the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import to_us
from riskwatch.core.documents import Document, read_document
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.indicators import IndicatorRegistry

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_Day = date  # a field below is called date
_ZONE = "needs a zone; write an instant like 2025-02-06T08:00:00+08:00"
_MOST = 50.0
_LAST = -1
UNKNOWN = "unknown"


class _Entry(Document):
    """What has a name, by language, and may say when it was announced."""

    name: Mapping[str, str]
    announced_at: datetime | None = None

    @field_validator("name")
    @classmethod
    def _is_in_english_too(cls, name: Mapping[str, str]) -> Mapping[str, str]:
        if not all(text.strip() for text in (name.get("en", ""), *name.values())):
            raise ValueError("has no English name; add en: and the name")
        return name

    @field_validator("announced_at")
    @classmethod
    def _is_an_instant(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError(f"'{at}' {_ZONE}")
        return at


class _Spell(_Entry):
    """An entry that begins and ends at an instant."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _spans_time(self) -> Self:
        for at in (self.start, self.end):
            if at.tzinfo is None:
                raise ValueError(f"'{at}' {_ZONE}")
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}; exchange them")
        return self


class PlannedEvent(_Spell):
    """An event that makes its indicators `factor` times as frequent in its area and all below."""

    area: str
    indicators: tuple[str, ...] | Literal["all"]
    factor: float | Literal["unknown"]

    @field_validator("factor", mode="before")
    @classmethod
    def _is_more_than_usual(cls, factor: Any) -> Any:
        number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if factor != UNKNOWN and not (number and 1 < factor <= _MOST):
            raise ValueError(
                f"'{factor}' is no factor; give a number over 1, {_MOST:g} at most, or unknown"
            )
        return factor

    @field_validator("indicators", mode="before")
    @classmethod
    def _are_listed(cls, indicators: Any) -> Any:
        listed = isinstance(indicators, list | tuple) and len(indicators) > 0
        if indicators != "all" and not listed:
            raise ValueError(f"'{indicators}' lists no indicator; give a list of their ids, or all")
        return indicators


class Yearly(Document):
    """A day of every year: `month` and `day`, or the `nth` `weekday` of a month (-1: its last)."""

    month: int = Field(ge=1, le=12)
    day: int | None = Field(default=None, ge=1, le=31)
    weekday: Weekday | None = None
    nth: int | None = None

    @model_validator(mode="after")
    def _is_one_day(self) -> Self:
        by_week = (self.weekday is not None) and (self.nth is not None)
        if (self.day is None) != by_week or (self.weekday is None) != (self.nth is None):
            raise ValueError("is no day of a year; give month and day, or month, weekday and nth")
        if self.nth is not None and self.nth != _LAST and not 1 <= self.nth <= 4:
            raise ValueError(f"nth {self.nth} is not in every year; use 1 to 4, or -1 for the last")
        if self.day is not None:
            try:
                date(2000, self.month, self.day)
            except ValueError:
                raise ValueError(f"month {self.month} has no day {self.day}; correct it") from None
        return self

    def falls_on(self, day: date) -> bool:
        """Whether it is this day.

        >>> Yearly(month=11, weekday="thursday", nth=4).falls_on(date(2016, 11, 24))
        True
        """
        if day.month != self.month:
            return False
        if self.weekday is None or self.nth is None:
            return day.day == self.day
        if day.weekday() != WEEKDAYS.index(self.weekday):
            return False
        if self.nth == _LAST:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 + 1 == self.nth


class Holiday(_Entry):
    """A local day whose hours are like those of another day of the week."""

    date: _Day | None = None
    yearly: Yearly | None = None
    like: Weekday = "sunday"

    @model_validator(mode="after")
    def _is_once_or_yearly(self) -> Self:
        if (self.date is None) == (self.yearly is None):
            raise ValueError("says not which day it is; give either date or yearly")
        return self


class Maintenance(_Spell):
    """Announced work on a source: while it lasts, its silence is no surprise."""

    source: str


class CalendarFile(Document):
    """What a source's mapping names as its `calendar`."""

    holidays: tuple[Holiday, ...] = ()
    planned: tuple[PlannedEvent, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


Names = tuple[tuple[str, str], ...]
"""(language, name) pairs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned event against a tree and a registry: indices and instants in microseconds.

    `factor` is None where nobody knows it. It counts from `known_us`: its announcement, or its start.
    """

    names: Names
    area: int
    indicators: tuple[int, ...]
    start_us: int
    end_us: int
    factor: float | None
    known_us: int


@dataclass(frozen=True, slots=True)
class Work:
    """Announced maintenance of a source; it counts from `known_us`."""

    names: Names
    source: str
    start_us: int
    end_us: int
    known_us: int

    def covers(self, begin_us: int, end_us: int, decided_us: int) -> bool:
        """Whether a tick lies in it wholly, as known when the tick was decided."""
        return self.known_us <= decided_us and self.start_us <= begin_us and end_us <= self.end_us


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything announced. Nothing of it counts before it was announced, in a replay too."""

    holidays: tuple[Holiday, ...] = ()
    plans: tuple[Plan, ...] = ()
    works: tuple[Work, ...] = ()

    def weekday_like(self, day: date, decided_us: int) -> int | None:
        """The weekday (0 Monday) that a holiday's hours are like, None of an ordinary day."""
        for holiday in self.holidays:
            falls = holiday.yearly.falls_on(day) if holiday.yearly else holiday.date == day
            if falls and (holiday.announced_at is None or _us(holiday.announced_at) <= decided_us):
                return WEEKDAYS.index(holiday.like)
        return None

    def names(
        self, areas: Collection[int], since_us: Mapping[int, int], end_us: int, decided_us: int
    ) -> tuple[Names, ...]:
        """What shifted what was expected in one of these areas up to an instant.

        `since_us` holds, by indicator, the begin of the window that was looked at.
        """
        found = (
            plan
            for plan in self.plans
            if plan.known_us <= decided_us
            and plan.start_us < end_us
            and plan.area in areas
            and any(plan.end_us > since_us[i] for i in plan.indicators if i in since_us)
        )
        return tuple(dict.fromkeys(plan.names for plan in found))


def load_calendar(path: Path, file: str, tree: AreaTree, registry: IndicatorRegistry) -> Calendar:
    """Read one file; raises ConfigError with all its faults, unknown areas and indicators among them."""
    told = read_document(path, CalendarFile, file)
    faults = [
        *_unknown(file, told.planned, tree, registry),
        *_twice(file, "planned", told.planned, lambda a, b: _meet(a, b, tree)),
        *_twice(file, "maintenance", told.maintenance, lambda a, b: a.source == b.source),
        *_same_day(file, told.holidays),
    ]
    if faults:
        raise ConfigError(faults)
    plans = [_plan(event, tree, registry) for event in told.planned]
    works = [
        Work(tuple(w.name.items()), w.source, _us(w.start), _us(w.end), _us(w.announced_at or w.start))
        for w in told.maintenance
    ]
    return Calendar(told.holidays, tuple(plans), tuple(works))


def source_faults(path: Path, file: str, known: Collection[str]) -> list[Fault]:
    """Maintenance of sources that bring nothing, held against all that do; raises ConfigError."""
    fix = f"use one of {', '.join(sorted(known))}"
    return [
        Fault(file, f"maintenance.{n}.source", f"source '{work.source}' is unknown", fix)
        for n, work in enumerate(read_document(path, CalendarFile, file).maintenance)
        if work.source not in known
    ]


def together(calendars: Iterable[Calendar]) -> Calendar:
    """One calendar of several."""
    known = list(calendars)
    return Calendar(
        tuple(h for c in known for h in c.holidays),
        tuple(p for c in known for p in c.plans),
        tuple(w for c in known for w in c.works),
    )


def _plan(event: PlannedEvent, tree: AreaTree, registry: IndicatorRegistry) -> Plan:
    listed = registry.ids if event.indicators == "all" else event.indicators
    return Plan(
        tuple(event.name.items()),
        tree.index[event.area],
        tuple(registry.index[i] for i in listed),
        _us(event.start),
        _us(event.end),
        None if event.factor == UNKNOWN else float(event.factor),
        _us(event.announced_at or event.start),
    )


def _unknown(
    file: str, planned: Iterable[PlannedEvent], tree: AreaTree, registry: IndicatorRegistry
) -> list[Fault]:
    faults = []
    for n, event in enumerate(planned):
        if event.area not in tree.index:
            what = f"area '{event.area}' is unknown"
            faults.append(Fault(file, f"planned.{n}.area", what, "use a code of the areas file"))
        for name in () if event.indicators == "all" else event.indicators:
            if name not in registry.index:
                what = f"indicator '{name}' is unknown"
                fix = "use an id of the indicators file"
                faults.append(Fault(file, f"planned.{n}.indicators", what, fix))
    return faults


def _twice(file: str, part: str, spells: Iterable[Any], meet: Any) -> list[Fault]:
    """Entries of one name that overlap in time and in what they are about: they would count twice."""
    faults = []
    for (m, one), (n, other) in combinations(enumerate(spells), 2):
        overlap = one.start < other.end and other.start < one.end
        if one.name == other.name and overlap and meet(one, other):
            what = f"'{next(iter(other.name.values()))}' overlaps {part}.{m} of the same name"
            faults.append(Fault(file, f"{part}.{n}", what, "make them one entry, or name them apart"))
    return faults


def _meet(one: PlannedEvent, other: PlannedEvent, tree: AreaTree) -> bool:
    if one.area not in tree.index or other.area not in tree.index:
        return False  # told already
    related = one.area in tree.line(other.area) or other.area in tree.line(one.area)
    every = "all" in (one.indicators, other.indicators)
    return related and (every or bool(set(one.indicators) & set(other.indicators)))


def _same_day(file: str, holidays: Iterable[Holiday]) -> list[Fault]:
    faults = []
    for (m, one), (n, other) in combinations(enumerate(holidays), 2):
        if (one.date, one.yearly) == (other.date, other.yearly):
            fix = "a day is like one other day; keep one of them"
            faults.append(Fault(file, f"holidays.{n}", f"is the day of holidays.{m}", fix))
    return faults


def _us(instant: datetime) -> int:
    return to_us(instant.astimezone(UTC))
