"""The calendar file: what it may say, its faults, and the calendar it makes; read by the settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import field_validator, model_validator

from riskwatch.core.areas import AreaTree
from riskwatch.core.calendar import NEEDS_ZONE, Calendar, Entry, Holiday, Plan, Work, instant_us
from riskwatch.core.documents import Document, read_document
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.indicators import IndicatorRegistry

_MOST = 50.0
UNKNOWN = "unknown"


class Spell(Entry):
    """An entry that begins and ends at an instant."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _spans_time(self) -> Self:
        for at in (self.start, self.end):
            if at.tzinfo is None:
                raise ValueError(f"'{at}' {NEEDS_ZONE}")
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}; exchange them")
        return self


class PlannedEvent(Spell):
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


class Maintenance(Spell):
    """Announced work on a source: while it lasts, its silence is no surprise."""

    source: str


class CalendarFile(Document):
    """What a source's mapping names as its `calendar`."""

    holidays: tuple[Holiday, ...] = ()
    planned: tuple[PlannedEvent, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()


S = TypeVar("S", bound=Spell)


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
    works = [_work(work) for work in told.maintenance]
    return Calendar(told.holidays, tuple(plans), tuple(works))


def source_faults(path: Path, file: str, known: Collection[str]) -> list[Fault]:
    """Maintenance of sources that bring nothing, held against all that do; raises ConfigError."""
    fix = f"use one of {', '.join(sorted(known))}"
    return [
        Fault(file, f"maintenance.{n}.source", f"source '{work.source}' is unknown", fix)
        for n, work in enumerate(read_document(path, CalendarFile, file).maintenance)
        if work.source not in known
    ]


def _plan(event: PlannedEvent, tree: AreaTree, registry: IndicatorRegistry) -> Plan:
    listed = registry.ids if event.indicators == "all" else event.indicators
    return Plan(
        tuple(event.name.items()),
        tree.index[event.area],
        tuple(registry.index[i] for i in listed),
        instant_us(event.start),
        instant_us(event.end),
        None if event.factor == UNKNOWN else float(event.factor),
        instant_us(event.announced_at or event.start),
    )


def _work(told: Maintenance) -> Work:
    begin_us = instant_us(told.start)
    known_us = instant_us(told.announced_at) if told.announced_at else begin_us
    return Work(tuple(told.name.items()), told.source, begin_us, instant_us(told.end), known_us)


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


def _twice(file: str, part: str, spells: Sequence[S], meet: Callable[[S, S], bool]) -> list[Fault]:
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
