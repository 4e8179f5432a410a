"""Local time read as UTC, with both daylight-saving hours right; used by the stream clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, SECOND_US

Instants = NDArray[np.int64]
_YEAR_US = 366 * DAY_US


@dataclass(frozen=True, slots=True)
class Readings:
    """UTC instants of local times, in microseconds: the earlier and the later reading.

    They differ only where `ambiguous`: in the hour that the clocks repeat.
    """

    earlier: Instants
    later: Instants
    ambiguous: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Transitions:
    first_offset_us: int
    at_us: Instants
    before_us: Instants  # offset from UTC until then
    after_us: Instants  # and from then on


def read_local(local_us: Instants, zone: str) -> Readings:
    """Both readings of local times, given as microseconds since 1970-01-01 00:00 local.

    A time that the clocks skip is read with the offset before the change.

    >>> hour = 3_600_000_000
    >>> both = read_local(np.array([411_109 * hour + hour // 2]), "America/New_York")  # 2016-11-24
    >>> both.ambiguous.tolist(), (both.earlier[0] - (411_109 * hour + hour // 2)) // hour
    ([False], np.int64(5))
    """
    if len(local_us) == 0:
        return Readings(local_us, local_us, np.zeros(0, dtype=bool))
    found = _between(zone, int(local_us.min()), int(local_us.max()))
    if len(found.at_us) == 0:
        utc = local_us - found.first_offset_us
        return Readings(utc, utc, np.zeros(len(utc), dtype=bool))
    old_end, new_start = found.at_us + found.before_us, found.at_us + found.after_us
    offsets = np.concatenate(([found.first_offset_us], found.after_us))
    regime = np.searchsorted(np.maximum(old_end, new_start), local_us, side="right")
    earlier = local_us - offsets[regime]
    upcoming = np.minimum(regime, len(old_end) - 1)
    ambiguous = (regime < len(old_end)) & (local_us >= new_start[upcoming]) & (local_us < old_end[upcoming])
    later = np.where(ambiguous, local_us - found.after_us[upcoming], earlier)
    return Readings(earlier, later, ambiguous)


def _between(zone: str, low_us: int, high_us: int) -> _Transitions:
    first = _year(low_us - _YEAR_US)
    last = _year(high_us + _YEAR_US)
    rows = [row for year in range(first, last + 1) for row in _changes_of(zone, year)]
    start = datetime(first, 1, 1, tzinfo=UTC)
    at, before, after = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(3))
    return _Transitions(_offset_us(ZoneInfo(zone), start), at, before, after)


def _year(instant_us: int) -> int:
    return min(
        max((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)).year, 1969), 2200
    )


def _offset_us(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def _changes_of(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """The changes of the offset in a year: (instant, offset before, offset after), in microseconds."""
    info, epoch = ZoneInfo(zone), datetime(1970, 1, 1, tzinfo=UTC)

    def offset(second: int) -> int:
        return _offset_us(info, epoch + timedelta(seconds=second))

    day = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    changes = []
    before = offset(day)
    for low in range(day, end, 86_400):
        high = low + 86_400
        after = offset(high)
        if after != before:
            left, right = low, high  # the change lies in (left, right]
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if offset(middle) == before else (left, middle)
            changes.append((right * SECOND_US, before, after))
        before = after
    return tuple(changes)
