"""Instants read from text, column-wise: fixed-width digits by arrays, anything else by distinct value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, MINUTE_US, SECOND_US
from riskwatch.ingest.columns import ISO
from riskwatch.ingest.plain_text import read_utc, text_bytes

NO_OFFSET = np.iinfo(np.int64).min
"""In `Parsed.offset_us`: the text carried no offset, so the time is local."""

_FIELDS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ISO_LAYOUT = "%Y-%m-%d?%H:%M:%S"  # ? is a T or a space
_ISO_TEXT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local time; its zone is the mapping's
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MONTH_START = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])


@dataclass(slots=True)
class Parsed:
    """Local microseconds since 1970-01-01 00:00, the offset given (or NO_OFFSET), and where it is good."""

    local_us: NDArray[np.int64]
    offset_us: NDArray[np.int64]
    good: NDArray[np.bool_]


def parse_instants(column: pa.StringArray, text_format: str) -> Parsed:
    """Read a column of instants in ISO 8601 (`iso`) or in a strptime format; years 1970 to 2199.

    >>> parsed = parse_instants(pa.array(["1970-01-01T01:00:00+01:00", "1970-02-30 00:00:00"]), "iso")
    >>> parsed.local_us[0] - parsed.offset_us[0], parsed.good.tolist()
    (np.int64(0), [True, False])
    """
    n = len(column)
    parsed = Parsed(np.zeros(n, np.int64), np.full(n, NO_OFFSET), np.zeros(n, dtype=bool))
    if text_format == ISO and read_utc(*text_bytes(column), parsed.local_us):  # nearly always
        parsed.offset_us[:] = 0
        parsed.good[:] = True
        return parsed
    layout = _layout(_ISO_LAYOUT if text_format == ISO else text_format)
    if layout is not None and n:
        offsets, data = text_bytes(column)
        lengths = np.diff(offsets)
        for length in np.unique(lengths):
            if length == layout[1] or (text_format == ISO and layout[1] < length <= layout[1] + 16):
                _read_fixed(
                    parsed, np.flatnonzero(lengths == length), (offsets, data), int(length), layout[0]
                )
    if not parsed.good.all():
        _read_each(parsed, column, text_format)
    return parsed


Layout = tuple[list[tuple[str, int]], int]


def _layout(text_format: str) -> Layout | None:
    """Fields and literals with their positions, and the width; None where it is not fixed."""
    parts: list[tuple[str, int]] = []
    at = 0
    for directive, literal in re.findall(r"%(.)|([^%])", text_format, flags=re.DOTALL):
        if literal:
            parts.append((literal, at))
            at += 1
        elif directive in _FIELDS:
            parts.append((f"%{directive}", at))
            at += _FIELDS[directive]
        else:
            return None
    names = {name for name, _ in parts}
    if not {"%Y", "%m", "%d", "%H", "%M"} <= names or not text_format.isascii():
        return None
    return parts, at


def _read_fixed(
    parsed: Parsed,
    rows: NDArray[np.int64],
    text: tuple[NDArray[np.int32], NDArray[np.uint8]],
    length: int,
    layout: list[tuple[str, int]],
) -> None:
    offsets, data = text
    if len(rows) == len(offsets) - 1:  # one width throughout: the bytes are a matrix already
        matrix = data[offsets[0] : offsets[-1]].reshape(-1, length)
    else:
        matrix = data[offsets[rows][:, None] + np.arange(length)]
    columns = np.ascontiguousarray(matrix.T)
    good = np.ones(len(rows), dtype=bool)
    field = {"%S": np.zeros(len(rows), np.int64)}
    width = 0
    for name, at in layout:
        if name.startswith("%") and len(name) == 2:
            width = at + _FIELDS[name[1]]
            field[name] = _number(columns[at:width], good)
        else:
            width = at + 1
            good &= np.isin(columns[at], (84, 32)) if name == "?" else columns[at] == ord(name)
    year, month, day = field["%Y"], field["%m"], field["%d"]
    good &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (field["%H"] < 24) & (field["%M"] < 60) & (field["%S"] < 60)
    month = np.where(good, month, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good &= day <= _MONTH_DAYS[month] + (leap & (month == 2))
    past = year - 1
    days = 365 * (year - 1970) + (past // 4 - past // 100 + past // 400) - 477
    days += _MONTH_START[month] + (leap & (month > 2)) + day - 1
    seconds = field["%H"] * 3600 + field["%M"] * 60 + field["%S"]
    local_us = days * DAY_US + seconds * SECOND_US
    offset_us = np.full(len(rows), NO_OFFSET)
    if width < length:
        _read_tail(columns[width:], good, local_us, offset_us)
    parsed.local_us[rows], parsed.offset_us[rows], parsed.good[rows] = local_us, offset_us, good


def _number(digits: NDArray[np.uint8], good: NDArray[np.bool_]) -> NDArray[np.int64]:
    number = np.zeros(digits.shape[1], dtype=np.int64)
    for row in digits:
        digit = row - np.uint8(48)  # what is no digit wraps far above 9
        good &= digit <= 9
        number = number * 10 + digit
    return number


def _read_tail(
    tail: NDArray[np.uint8],
    good: NDArray[np.bool_],
    local_us: NDArray[np.int64],
    offset_us: NDArray[np.int64],
) -> None:
    """The end of an ISO instant: a fraction of 1 to 9 digits, then Z, +HH, +HHMM or +HH:MM."""
    fits_any = np.zeros(len(good), dtype=bool)
    for zone in (0, 1, 3, 5, 6):
        fraction = len(tail) - zone
        if fraction not in (0, *range(2, 11)):
            continue
        fits = good & ~fits_any
        micros = np.zeros(len(good), dtype=np.int64)
        if fraction:
            fits &= np.isin(tail[0], (44, 46))
            micros = _number(tail[1:fraction][:6], fits) * 10 ** max(0, 7 - fraction)
            _number(tail[1:fraction], fits)
        shift = np.full(len(good), NO_OFFSET)
        if zone == 1:
            fits &= tail[-1] == ord("Z")
            shift[:] = 0
        elif zone:
            sign = tail[fraction]
            fits &= np.isin(sign, (43, 45))
            hours = _number(tail[fraction + 1 : fraction + 3], fits)
            minutes = _number(tail[-2:], fits) if zone > 3 else 0 * hours
            if zone == 6:
                fits &= tail[fraction + 3] == ord(":")
            fits &= (hours < 24) & (minutes < 60)
            shift = np.where(sign == 45, -1, 1) * (hours * 60 + minutes) * MINUTE_US
        local_us += np.where(fits, micros, 0)
        offset_us[:] = np.where(fits, shift, offset_us)
        fits_any |= fits
    good &= fits_any


def _read_each(parsed: Parsed, column: pa.StringArray, text_format: str) -> None:
    """A second chance, value by value, for what the fixed layout did not fit: 5/1/2016, PM, %z."""
    rows = np.flatnonzero(~parsed.good)
    coded = pc.utf8_trim_whitespace(column.take(pa.array(rows))).dictionary_encode()
    read = [_read_one(text, text_format) for text in coded.dictionary.to_pylist()]
    found = np.array([row is not None for row in read], dtype=bool)
    values = np.array([row or (0, NO_OFFSET) for row in read], dtype=np.int64).reshape(-1, 2)
    index = coded.indices.to_numpy(zero_copy_only=False)
    parsed.good[rows] = found[index]
    parsed.local_us[rows], parsed.offset_us[rows] = values[index, 0], values[index, 1]


def _read_one(text: str, text_format: str) -> tuple[int, int] | None:
    try:
        if text_format == ISO:
            if not _ISO_TEXT.fullmatch(text):
                return None
            instant = datetime.fromisoformat(text)
        else:
            instant = datetime.strptime(text, text_format)  # noqa: DTZ007 - a local time; its zone is the mapping's
    except ValueError:
        return None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        return None
    offset, micro = instant.utcoffset(), timedelta(microseconds=1)
    local_us = (instant.replace(tzinfo=None) - _EPOCH) // micro
    return local_us, NO_OFFSET if offset is None else offset // micro
