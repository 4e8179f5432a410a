"""Windows of the day and calendars of dates, on the clocks of one zone; asked by the routing tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from riskwatch.core.clock import HOUR_US, MINUTE_US, from_us, to_us
from riskwatch.core.documents import Document

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")


def _minute(given: Any) -> int:
    """Minutes since midnight of "HH:MM"; a bare 18:30 is the number 1110 to YAML, which is the same."""
    if isinstance(given, int) and not isinstance(given, bool) and 60 <= given <= DAY_MIN:
        return given
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MIN + 1
    if minute > DAY_MIN:
        raise ValueError(f'{given!r} is no time of the day; write it as "08:30", at most "24:00"')
    return minute


Clock = Annotated[int, BeforeValidator(_minute)]


class Window(Document):
    """A part of the day, `from` inclusive to `to` exclusive, that begins on some weekdays.

    One that ends before it begins goes on past midnight and belongs to the day on which it begins:
    22:00 to 06:00 on fri covers Saturday until 06:00.
    """

    from_min: Clock = Field(alias="from")
    to_min: Clock = Field(alias="to")
    weekdays: tuple[Weekday, ...] = WEEKDAYS

    @model_validator(mode="after")
    def _has_length(self) -> Window:
        if self.from_min % DAY_MIN == self.to_min % DAY_MIN and self.to_min != DAY_MIN:
            raise ValueError('begins when it ends, so it never matches; a whole day is "00:00" to "24:00"')
        if not self.weekdays:
            raise ValueError("begins on no weekday, so it never matches; list some, or leave the key out")
        if self.from_min == DAY_MIN:
            raise ValueError('begins at "24:00"; write "00:00" and the next weekday')
        return self

    def covers(self, local: datetime) -> bool:
        """Whether a local instant lies in it."""
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.from_min < self.to_min:
            return self.from_min <= minute < self.to_min and WEEKDAYS[today] in self.weekdays
        if minute >= self.from_min:
            return WEEKDAYS[today] in self.weekdays
        return minute < self.to_min and WEEKDAYS[today - 1] in self.weekdays


class Calendar(Document):
    """Local dates: some weekdays, some dates, less the exceptions (a Sunday that is worked)."""

    weekdays: tuple[Weekday, ...] = ()
    dates: frozenset[date] = frozenset()
    exceptions: frozenset[date] = Field(default=frozenset(), alias="except")

    @model_validator(mode="after")
    def _has_days(self) -> Calendar:
        if not self.weekdays and not self.dates - self.exceptions:
            raise ValueError("has no day, so it never matches; give it weekdays or dates")
        return self

    def covers(self, local: datetime) -> bool:
        """Whether the date of a local instant is in it."""
        day = local.date()
        if day in self.exceptions:
            return False
        return day in self.dates or WEEKDAYS[day.weekday()] in self.weekdays


class Hours:
    """Says which of the named windows and calendars hold at an instant, in one zone."""

    def __init__(self, spans: Mapping[str, Window | Calendar], zone: ZoneInfo) -> None:
        self._spans, self.zone = dict(spans), zone
        ends = (m for s in spans.values() if isinstance(s, Window) for m in (s.from_min, s.to_min))
        self._minutes = sorted({0, *(m % DAY_MIN for m in ends)})
        self._holding = lru_cache(maxsize=4096)(self._look)  # alerts of one tick ask for the same instants
        self._edges = lru_cache(maxsize=64)(self._look_ahead)

    def local(self, at_us: int) -> datetime:
        """The instant on the zone's clocks."""
        return from_us(at_us).astimezone(self.zone)

    def instant(self, at: datetime) -> int:
        """A datetime in microseconds; one without an offset is read on the zone's clocks."""
        return to_us(at if at.tzinfo else at.replace(tzinfo=self.zone))

    def holding(self, at_us: int) -> frozenset[str]:
        """The names of those that hold at an instant."""
        return self._holding(at_us)

    def _look(self, at_us: int) -> frozenset[str]:
        local = self.local(at_us)
        return frozenset(name for name, span in self._spans.items() if span.covers(local))

    def edges(self, start_us: int, end_us: int) -> Sequence[int]:
        """The instants in (start, end] at which what holds becomes another, ascending."""
        return self._edges(start_us, end_us) if self._spans else ()

    def _look_ahead(self, start_us: int, end_us: int) -> Sequence[int]:
        found, before = [], self.holding(start_us)
        for at_us in sorted({i for i in self._turns(start_us, end_us) if start_us < i <= end_us}):
            now = self.holding(at_us)
            if now != before:
                found.append(at_us)
            before = now
        return found

    def _turns(self, start_us: int, end_us: int) -> Iterator[int]:
        """Each instant at which a clock shows the begin or end of a window, or is moved."""
        day, last = self.local(start_us).date(), self.local(end_us).date()
        while day <= last:
            for minute in self._minutes:
                yield to_us(self._shown(day, minute))
                yield to_us(self._shown(day, minute).replace(fold=1))
            day += timedelta(days=1)
        yield from self._moves(start_us, end_us)

    def _moves(self, start_us: int, end_us: int) -> Iterator[int]:
        """Each instant at which the clocks are moved, to the minute."""
        for at_us in range(start_us - start_us % HOUR_US, end_us, HOUR_US):
            low, high = at_us, at_us + HOUR_US
            if self._offset(low) == self._offset(high):
                continue
            while high - low > MINUTE_US:
                middle = (low + high) // 2 // MINUTE_US * MINUTE_US
                low, high = (middle, high) if self._offset(middle) == self._offset(at_us) else (low, middle)
            yield high

    def _shown(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone)

    def _offset(self, at_us: int) -> timedelta | None:
        return self.local(at_us).utcoffset()

    def moments(self) -> list[int]:
        """One instant for each combination of names that ever holds: all that a check must look at."""
        calendars = [s for s in self._spans.values() if isinstance(s, Calendar)]
        days = {d for c in calendars for d in (*c.dates, *c.exceptions)}
        week = max(days, default=date(2026, 1, 1)) + timedelta(days=2)
        near = {d + timedelta(days=n) for d in days for n in (-1, 0, 1)}
        found: dict[frozenset[str], int] = {}
        for day in sorted(near | {week + timedelta(days=n) for n in range(8)}):
            for minute in self._minutes:
                at_us = to_us(self._shown(day, minute))
                found.setdefault(self.holding(at_us), at_us)
        return list(found.values())
