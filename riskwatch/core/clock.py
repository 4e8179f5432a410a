"""Clocks and instants: nothing in the engine asks the operating system for the time itself.

An instant inside the engine is an int of microseconds since 1970-01-01 UTC (suffix `_us`),
the resolution of Arrow's `timestamp("us", "UTC")`. At the edges it is an aware datetime.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock; made once in the CLI and passed in."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that stands still until it is moved; for tests, drills and replays.

    >>> clock = MovableClock(datetime(2016, 2, 10, tzinfo=UTC))
    >>> clock.move(timedelta(minutes=15))
    >>> clock.now().isoformat()
    '2016-02-10T00:15:00+00:00'
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Move forward (or back: clocks do jump) by a span."""
        self._now += by


def to_us(instant: datetime) -> int:
    """Microseconds since the epoch of an aware instant; naive ones are refused.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone; instants are aware")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_us(instant_us: int) -> datetime:
    """The aware UTC datetime of an instant in microseconds."""
    return _EPOCH + timedelta(microseconds=int(instant_us))


def iso(instant_us: int) -> str:
    """ISO 8601 in UTC, to the second unless there is a fraction, as every JSON carries it.

    >>> iso(0)
    '1970-01-01T00:00:00Z'
    """
    return from_us(instant_us).isoformat().replace("+00:00", "Z")
