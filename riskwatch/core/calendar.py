"""The calendar: holidays, planned events and announced maintenance, as the engine asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from riskwatch.core.clock import to_us
from riskwatch.core.documents import Document

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
NEEDS_ZONE = "needs a zone; write an instant like 2025-02-06T08:00:00+08:00"
_LAST = -1


class Entry(Document):
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
            raise ValueError(f"'{at}' {NEEDS_ZONE}")
        return at


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


class Holiday(Entry):
    """A local day whose hours are like those of another day of the week."""

    date: _Day | None = None
    yearly: Yearly | None = None
    like: Weekday = "sunday"

    @model_validator(mode="after")
    def _is_once_or_yearly(self) -> Self:
        if (self.date is None) == (self.yearly is None):
            raise ValueError("says not which day it is; give either date or yearly")
        return self


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
            if falls and (holiday.announced_at is None or instant_us(holiday.announced_at) <= decided_us):
                return WEEKDAYS.index(holiday.like)
        return None

    def names(
        self, near: Callable[[int], bool], since_us: Mapping[int, int], end_us: int, decided_us: int
    ) -> tuple[Names, ...]:
        """What shifted what was expected in areas that are `near` up to an instant.

        `since_us` holds, by indicator, the begin of the window that was looked at.
        """
        found = (
            plan
            for plan in self.plans
            if plan.known_us <= decided_us
            and plan.start_us < end_us
            and any(plan.end_us > since_us[i] for i in plan.indicators if i in since_us)
            and near(plan.area)
        )
        return tuple(dict.fromkeys(plan.names for plan in found))


def together(calendars: Iterable[Calendar]) -> Calendar:
    """One calendar of several."""
    known = list(calendars)
    return Calendar(
        tuple(h for c in known for h in c.holidays),
        tuple(p for c in known for p in c.plans),
        tuple(w for c in known for w in c.works),
    )


def instant_us(instant: datetime) -> int:
    """Microseconds of an instant with an offset."""
    return to_us(instant.astimezone(UTC))
