"""Where records begin and end in a buffer of text; used by the text stream to cut blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]

# a quoted field: it opens at the start of a field, "" is a quote, and it may not have ended yet
_QUOTED = rb'(?:(?<=[%s\n])|\A)"[^"]*+(?:""[^"]*+)*+("|\Z)'


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a buffer, blank lines left out: byte places [starts, ends), `ends` at the newline.

    `faults` are records that cannot be read, by index; `consumed` is where the next buffer has to
    begin; with `in_long_line` a record longer than the limit begins there and has no end yet.
    """

    starts: Places
    ends: Places
    faults: dict[int, str]
    consumed: int
    newlines: Places
    in_long_line: bool


def find_records(
    buffer: bytes, *, limit: int, quotes: bool, final: bool, delimiter: bytes = b","
) -> Records:
    r"""Find the records; with `final` the buffer ends the file and its last line needs no newline.

    A record longer than `limit` bytes is a fault and ends with its first line, so that one stray
    quote costs one line and no more than `limit` bytes are looked ahead.

    >>> found = find_records(b'a,"1\n2"\n\nb', limit=99, quotes=True, final=True)
    >>> found.starts.tolist(), found.ends.tolist()
    ([0, 9], [7, 10])
    """
    newlines = np.flatnonzero(np.frombuffer(buffer, dtype=np.uint8) == 10)
    starts: list[Places] = []
    ends: list[Places] = []
    faults: dict[int, str] = {}
    at, in_long_line = 0, False
    while at < len(buffer):
        bounds, is_open = _bounds(buffer, newlines, at, delimiter if quotes else None)
        begin = np.concatenate((np.array([at], dtype=np.int64), bounds + 1))
        long = np.flatnonzero(bounds - begin[:-1] > limit)
        good = int(long[0]) if len(long) else len(bounds)
        starts.append(begin[:good])
        ends.append(bounds[:good])
        at = int(begin[good])
        left = len(buffer) - at
        if not len(long) and left <= limit and not (final and is_open):
            if final and left:
                starts.append(np.array([at]))
                ends.append(np.array([len(buffer)]))
                at = len(buffer)
            break
        following = int(np.searchsorted(newlines, at))
        end = int(newlines[following]) if following < len(newlines) else len(buffer)
        if end == len(buffer) and not final:
            in_long_line = True
            break
        faults[sum(map(len, starts))] = "line_too_long" if end - at > limit else "unclosed_quote"
        starts.append(np.array([at]))
        ends.append(np.array([end]))
        at = min(end + 1, len(buffer))
    return _without_blanks(
        buffer,
        Records(_joined(starts), _joined(ends), faults, at, newlines[newlines < at], in_long_line),
    )


@cache
def _quoted(delimiter: bytes) -> re.Pattern[bytes]:
    return re.compile(_QUOTED % re.escape(delimiter))


def _bounds(buffer: bytes, newlines: Places, at: int, delimiter: bytes | None) -> tuple[Places, bool]:
    """The newlines from `at` on that end records, and whether a quoted field is open at the end.

    Without a delimiter nothing is quoted.
    """
    own = newlines[np.searchsorted(newlines, at) :]
    if delimiter is None or buffer.find(b'"', at) < 0:
        return own, False
    regular = _bounds_by_parity(buffer, own, at, delimiter)
    if regular is not None:
        return regular
    inner = np.zeros(len(own) + 1, dtype=np.int64)
    is_open = False
    for match in _quoted(delimiter).finditer(
        buffer, at
    ):  # its look-behind does see what stands before `at`
        is_open = not match.group(1)
        if is_open or b"\n" in match.group():
            first, last = np.searchsorted(own, match.span())
            inner[first] += 1
            inner[last] -= 1
    return own[np.cumsum(inner[:-1]) == 0], is_open


def _bounds_by_parity(buffer: bytes, own: Places, at: int, delimiter: bytes) -> tuple[Places, bool] | None:
    """The same by counting quotes, if each of them opens, ends or doubles; None if one stands elsewhere."""
    data = np.frombuffer(buffer, dtype=np.uint8)
    quotes = np.flatnonzero(data[at:] == 34) + at
    opening, ending = quotes[::2], quotes[1::2]
    before = data[opening[opening > at] - 1]
    after = data[ending[ending + 1 < len(data)] + 1]
    if not (_all_in(before, delimiter + b'\n"') and _all_in(after, delimiter + b'\n\r"')):
        return None
    return own[np.searchsorted(quotes, own) % 2 == 0], len(quotes) % 2 == 1


def _all_in(data: NDArray[np.uint8], allowed: bytes) -> bool:
    return bool(np.isin(data, np.frombuffer(allowed, dtype=np.uint8)).all())


def _without_blanks(buffer: bytes, found: Records) -> Records:
    size = found.ends - found.starts
    maybe = np.flatnonzero(size <= 1)
    blank = [i for i in maybe.tolist() if buffer[found.starts[i] : found.ends[i]] in (b"", b"\r")]
    if not blank:
        return found
    keep = np.ones(len(size), dtype=bool)
    keep[blank] = False
    place = np.cumsum(keep) - 1
    faults = {int(place[i]): fault for i, fault in found.faults.items()}
    return Records(
        found.starts[keep], found.ends[keep], faults, found.consumed, found.newlines, found.in_long_line
    )


def _joined(parts: list[Places]) -> Places:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)
