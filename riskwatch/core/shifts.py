"""Shifts: which one runs at an instant; shifts begin at local times of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from riskwatch.core.clock import from_us, to_us


def shift_at(at_us: int, shifts: Sequence[str], timezone: str) -> tuple[int, int]:
    """Begin and end of the shift that runs; an hour longer or shorter when the clocks change.

    >>> begin_us, end_us = shift_at(to_us(datetime.fromisoformat("2025-02-06T08:10Z")), ("20:00",), "UTC")
    >>> from_us(begin_us).isoformat(), from_us(end_us).isoformat()
    ('2025-02-05T20:00:00+00:00', '2025-02-06T20:00:00+00:00')
    """
    zone = ZoneInfo(timezone)
    today = from_us(at_us).astimezone(zone).date()
    starts = sorted(
        to_us(datetime.combine(today + timedelta(days=days), time.fromisoformat(text), zone))
        for days in (-2, -1, 0, 1, 2)
        for text in shifts
    )
    return max(s for s in starts if s <= at_us), min(s for s in starts if s > at_us)
