"""Plain text read from the bytes of a column, or written: what nearly every row is; used by ingest.

Each loop either takes all rows or says that it cannot, and the general way is taken for all.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

Offsets = NDArray[np.int32]
Bytes = NDArray[np.uint8]
_DAYS_OF = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])  # each month, from 1
_DAYS_BEFORE = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])


def text_bytes(column: pa.StringArray) -> tuple[Offsets, Bytes]:
    """Where each text begins (and the last ends), and the bytes; a null reads as empty."""
    _, offset_buffer, data_buffer = column.buffers()
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8)
    offsets.flags.writeable = data.flags.writeable = False  # of one kind, so that loops are compiled once
    return offsets, data


@compiled
def is_plain(offsets: Offsets, data: Bytes, longest: int) -> bool:
    """Whether no text is empty or longer than that, and all are visible ASCII without spaces."""
    for i in range(len(offsets) - 1):
        size = offsets[i + 1] - offsets[i]
        if size == 0 or size > longest:
            return False
    for at in range(offsets[0], offsets[len(offsets) - 1]):  # noqa: SIM110 - a generator is not compiled
        if data[at] < 33 or data[at] > 126:
            return False
    return True


@compiled
def read_whole(offsets: Offsets, data: Bytes, numbers: NDArray[np.float64]) -> bool:
    """Read whole numbers of 1 to 9 digits, which may end in .0; False if any text is another."""
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        if end - begin > 2 and data[end - 1] == 48 and data[end - 2] == 46:
            end -= 2
        if end == begin or end - begin > 9:
            return False
        number = 0
        for at in range(begin, end):
            digit = int(data[at]) - 48
            if digit < 0 or digit > 9:
                return False
            number = number * 10 + digit
        numbers[i] = number
    return True


@compiled
def read_utc(  # noqa: PLR0911, PLR0912 - one a kind of fault
    offsets: Offsets, data: Bytes, local_us: NDArray[np.int64]
) -> bool:
    """Read YYYY-MM-DD, T or a space, HH:MM:SS, perhaps .ffffff, and Z, of years 1970 to 2199.

    False if any text is another.
    """
    for i in range(len(offsets) - 1):
        at = offsets[i]
        size = offsets[i + 1] - at
        if size not in (20, 27):
            return False
        micros = 0
        if size == 27:
            if data[at + 19] != 46:
                return False
            for j in range(20, 26):
                if data[at + j] < 48 or data[at + j] > 57:
                    return False
                micros = micros * 10 + int(data[at + j]) - 48
        if data[at + 4] != 45 or data[at + 7] != 45 or data[at + 13] != 58 or data[at + 16] != 58:
            return False
        if (data[at + 10] != 84 and data[at + 10] != 32) or data[at + size - 1] != 90:
            return False
        for j in range(19):
            if j not in (4, 7, 10, 13, 16) and (data[at + j] < 48 or data[at + j] > 57):
                return False
        year = 100 * _two(data, at) + _two(data, at + 2)
        month, day = _two(data, at + 5), _two(data, at + 8)
        hour, minute, second = _two(data, at + 11), _two(data, at + 14), _two(data, at + 17)
        if year < 1970 or year > 2199 or month < 1 or month > 12 or day < 1:
            return False
        if hour > 23 or minute > 59 or second > 59:
            return False
        leap = 1 if (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)) else 0
        if day > _DAYS_OF[month] + (leap if month == 2 else 0):
            return False
        past = year - 1
        days = 365 * (year - 1970) + (past // 4 - past // 100 + past // 400) - 477
        days += _DAYS_BEFORE[month] + (leap if month > 2 else 0) + day - 1
        local_us[i] = ((days * 24 + hour) * 3600 + minute * 60 + second) * 1_000_000 + micros
    return True


@compiled
def _two(data: Bytes, at: int) -> int:
    return (int(data[at]) - 48) * 10 + int(data[at + 1]) - 48


@compiled
def write_instants(instants_us: NDArray[np.int64], text: Bytes, width: int) -> bool:
    """Write YYYY-MM-DD HH:MM:SS.ffffff, and Z if the width is 27 and not 26, of years 1970 to 2199.

    `text` is room for all of them, one behind the other. False if any instant is of another year. Rows of
    a file are mostly of the day of the row before, so the date is worked out only where it changes.
    """
    day_us = 86_400_000_000
    last_day, date = np.int64(-1), np.empty(11, np.uint8)
    for i in range(len(instants_us)):
        day = instants_us[i] // day_us
        if day < 0 or day >= 84_006:  # 2200-01-01
            return False
        if day != last_day:
            _write_date(day, date)
            last_day = day
        at = i * width
        for j in range(11):
            text[at + j] = date[j]
        left = np.uint64(instants_us[i] - day * day_us)
        second, micros = left // np.uint64(1_000_000), left % np.uint64(1_000_000)
        minute = second // np.uint64(60)
        _write_two(text, at + 11, minute // np.uint64(60))
        text[at + 13] = 58
        _write_two(text, at + 14, minute % np.uint64(60))
        text[at + 16] = 58
        _write_two(text, at + 17, second % np.uint64(60))
        text[at + 19] = 46
        _write_two(text, at + 20, micros // np.uint64(10_000))
        _write_two(text, at + 22, micros // np.uint64(100) % np.uint64(100))
        _write_two(text, at + 24, micros % np.uint64(100))
        if width == 27:
            text[at + 26] = 90
    return True


@compiled
def _write_two(text: Bytes, at: int, number: np.uint64) -> None:
    text[at] = np.uint8(48) + np.uint8(number // np.uint64(10))
    text[at + 1] = np.uint8(48) + np.uint8(number % np.uint64(10))


@compiled
def _write_date(day: int, date: Bytes) -> None:
    """YYYY-MM-DD and a space, of a day since 1970-01-01."""
    year = 1970
    while True:
        size = 366 if (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)) else 365
        if day < size:
            break
        day -= size
        year += 1
    month = 12
    while True:
        before = _DAYS_BEFORE[month] + (1 if size == 366 and month > 2 else 0)
        if day >= before:
            break
        month -= 1
    _write_two(date, 0, np.uint64(year // 100))
    _write_two(date, 2, np.uint64(year % 100))
    date[4] = date[7] = 45
    _write_two(date, 5, np.uint64(month))
    _write_two(date, 8, np.uint64(day - before + 1))
    date[10] = 32
