"""Cells: what some ticks brought, series by series, packed as small as it goes; the windows hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled
from riskwatch.extract.sliding import leave

IntArray = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Rows = tuple[IntArray, IntArray, IntArray]
"""Series (ascending, no two equal), counts and first instants."""

_WIDTHS = (1, 2, 4, 5, 6, 8)  # bytes
_META = 8  # numbers that a cell has


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows of the ticks from `first` on, up to the next cell's.

    `index` says which series: where more than one in 32 has a row, a bit each of all there are,
    else how far each lies behind the one before. That, `counts` and `since` are as wide as their
    largest needs; an instant is `origin_us + since * unit_us`. Nothing is rounded: the unit is what
    all of them have in common.
    """

    first: int
    rows: int
    bits: bool
    index: NDArray[Any]
    counts: NDArray[Any]
    since: NDArray[Any]
    origin_us: int
    unit_us: int

    @classmethod
    def pack(cls, first: int, rows: Rows, n_series: int) -> Cell:
        """The cell of these rows, of `n_series` that there are."""
        series, counts, since = rows
        origin, unit, most, largest, gap = measured(series, counts, since)
        bits = 32 * len(series) > n_series
        index = marked(series, n_series) if bits else _narrow(_gaps(series), gap)
        behind = since - origin if unit == 1 else (since - origin) // unit
        return cls(
            first,
            len(series),
            bits,
            index,
            _narrow(counts, largest),
            _narrow(behind, most // unit),
            origin,
            unit,
        )

    def series(self) -> IntArray:
        """[rows] which series, ascending."""
        return listed(self.index, self.rows) if self.bits else np.cumsum(_wide(self.index))

    def calls(self) -> IntArray:
        """[rows] their counts."""
        return _wide(self.counts)

    def all(self) -> Rows:
        """The rows as they were."""
        return self.series(), self.calls(), _wide(self.since) * self.unit_us + self.origin_us

    def count_of(self, asked: IntArray) -> int:
        """The counts of some series, ascending, together."""
        rows = self._rows(asked)
        return int(_wide(self.counts[rows]).sum()) if len(rows) else 0

    def since_of(self, asked: IntArray) -> int | None:
        """The earliest instant of some series, ascending, if any has a row."""
        rows = self._rows(asked)
        return self.origin_us + int(_wide(self.since[rows]).min()) * self.unit_us if len(rows) else None

    def leave(self, sums: NDArray[np.int32], window: int) -> None:
        """Take the counts off one window of `sums` [series, windows]."""
        if self.bits and self.counts.ndim == 1:
            leave_marked(sums, self.index, self.counts, window)
        else:
            leave(sums, self.series(), self.calls(), window)

    def _rows(self, asked: IntArray) -> IntArray:
        return in_bits(self.index, asked) if self.bits else in_gaps(self.index, asked)


def merge(first: int, cells: Sequence[Cell], n_series: int) -> Cell:
    """One cell of several that follow each other."""
    held, since = np.empty(n_series, np.int64), np.empty(n_series, np.int64)
    words = np.zeros((n_series + 63) >> 6, np.uint64)
    for cell in cells:
        pour(cell.all(), held, since, words)
    return Cell.pack(first, drawn(held, since, words), n_series)


def flattened(cells: Sequence[Cell]) -> tuple[IntArray, Bytes]:
    """([cells, 8] numbers, all their bytes), from which `unflattened` makes them again."""
    meta = np.zeros((len(cells), _META), np.int64)
    parts: list[Bytes] = []
    for at, c in enumerate(cells):
        arrays = (c.index, c.counts, c.since)
        widths = (a.itemsize if a.ndim == 1 else a.shape[1] for a in arrays)
        meta[at] = (c.first, c.rows, c.index.nbytes if c.bits else 0, *widths, c.origin_us, c.unit_us)
        parts += [a.ravel().view(np.uint8) for a in arrays]
    return meta, np.concatenate(parts) if parts else np.empty(0, np.uint8)


def unflattened(meta: IntArray, data: Bytes) -> list[Cell]:
    """The cells, each with memory of its own."""
    cells, at = [], 0
    raw = np.ascontiguousarray(data, np.uint8).tobytes()
    for first, rows, of_bits, *widths, origin, unit in meta.reshape(-1, _META).tolist():
        arrays = []
        for n, width in enumerate(widths):
            length = of_bits if of_bits and n == 0 else rows
            plain = width in (1, 2, 4, 8)
            held = np.frombuffer(raw, f"u{width if plain else 1}", length * (1 if plain else width), at)
            arrays.append((held if plain else held.reshape(-1, width)).copy())
            at += length * width
        index, counts, since = arrays
        cells.append(Cell(first, rows, of_bits > 0, index, counts, since, origin, unit))
    return cells


def _gaps(series: IntArray) -> IntArray:
    gaps = series.copy()
    gaps[1:] -= series[:-1]
    return gaps


def _narrow(values: IntArray, largest: int) -> NDArray[Any]:
    """Numbers >= 0 in as few bytes as the largest needs: [n], or [n, bytes] where no type has so many."""
    width = next(w for w in _WIDTHS if largest < 1 << 8 * w)
    if width in (1, 2, 4, 8):
        return values.astype(f"u{width}")
    low_first = values.astype("<i8").view(np.uint8).reshape(-1, 8)
    return low_first[:, :width].copy()


def _wide(held: NDArray[Any]) -> IntArray:
    """The numbers again."""
    if held.ndim == 1:
        return held.astype(np.int64)
    wide = np.zeros((len(held), 8), np.uint8)
    wide[:, : held.shape[1]] = held
    return wide.view("<i8").ravel().astype(np.int64)


_DE_BRUIJN = np.uint64(0x022FDD63CC95386D)
_PLACE = np.zeros(64, np.int64)  # of the one bit that is set, by what the product above has on top
for _bit in range(64):
    _PLACE[(int(_DE_BRUIJN) << _bit) % (1 << 64) >> 58] = _bit


@compiled
def _ones(word: np.uint64) -> np.int64:
    """How many bits are set."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def marked(series: IntArray, n_series: int) -> Bytes:
    """A bit for each of these, of all series that there are; whole words of eight bytes."""
    words = np.zeros((n_series + 63) >> 6, np.uint64)
    for i in range(len(series)):
        words[series[i] >> 6] |= np.uint64(1) << np.uint64(series[i] & 63)
    return words.view(np.uint8)


@compiled
def listed(bits: Bytes, rows: int) -> IntArray:
    """The series whose bit is set, ascending; there are so many."""
    words, series = bits.view(np.uint64), np.empty(rows, np.int64)
    found = 0
    for word in range(len(words)):
        left = words[word]
        while left:
            lowest = left & (~left + np.uint64(1))
            series[found] = word * 64 + _PLACE[(lowest * _DE_BRUIJN) >> np.uint64(58)]
            found += 1
            left ^= lowest
    return series


@compiled
def leave_marked(sums: NDArray[np.int32], bits: Bytes, counts: NDArray[Any], window: int) -> None:
    """Take counts, one for each bit that is set, off one window of `sums` [series, windows]."""
    words, row = bits.view(np.uint64), 0
    for word in range(len(words)):
        left = words[word]
        while left:
            lowest = left & (~left + np.uint64(1))
            sums[word * 64 + _PLACE[(lowest * _DE_BRUIJN) >> np.uint64(58)], window] -= np.int32(
                counts[row]
            )
            row += 1
            left ^= lowest


@compiled
def in_gaps(gaps: NDArray[Any], asked: IntArray) -> IntArray:
    """The rows of these series, ascending, in a list of distances; of those that have one."""
    rows = np.empty(len(asked), np.int64)
    key, next_one, found = np.int64(0), 0, 0
    for row in range(len(gaps)):
        key += gaps[row]
        while next_one < len(asked) and asked[next_one] < key:
            next_one += 1
        if next_one == len(asked):
            break
        if asked[next_one] == key:
            rows[found] = row
            found += 1
    return rows[:found].copy()


@compiled
def in_bits(bits: Bytes, asked: IntArray) -> IntArray:
    """The same among bits."""
    rows = np.empty(len(asked), np.int64)
    words, found, word, before = bits.view(np.uint64), 0, np.int64(0), np.int64(0)
    for n in range(len(asked)):
        mark = np.uint64(1) << np.uint64(asked[n] & 63)
        at = asked[n] >> 6
        if not words[at] & mark:
            continue
        while word < at:
            before += _ones(words[word])
            word += 1
        rows[found] = before + _ones(words[at] & (mark - np.uint64(1)))
        found += 1
    return rows[:found].copy()


@compiled
def measured(series: IntArray, counts: IntArray, since: IntArray) -> tuple[int, int, int, int, int]:
    """What rows need, in five numbers.

    Their earliest instant, what divides all that lies behind it, how far the latest lies behind it, the
    largest count, and how far a series lies at most behind the one before.
    """
    if len(since) == 0:
        return 0, 1, 0, 0, 0
    origin, latest, largest, gap = since[0], since[0], counts[0], series[0]
    for i in range(1, len(since)):
        origin, latest = min(origin, since[i]), max(latest, since[i])
        largest, gap = max(largest, counts[i]), max(gap, series[i] - series[i - 1])
    unit = max(latest - origin, 1)
    each = 1.0 / unit
    for i in range(len(since)):
        left = since[i] - origin
        if np.int64(left * each + 0.5) * unit != left:  # a division would take most of the time here
            while left:
                unit, left = left, unit % left
            each = 1.0 / unit
    return origin, unit, latest - origin, largest, gap


@compiled
def pour(rows: Rows, held: IntArray, since: IntArray, words: NDArray[np.uint64]) -> None:
    """Add rows to what is held [series]: counts together, the earliest instant; a bit for each series."""
    series, counts, first = rows
    for i in range(len(series)):
        key = series[i]
        mark = np.uint64(1) << np.uint64(key & 63)
        if words[key >> 6] & mark:
            held[key] += counts[i]
            since[key] = min(since[key], first[i])
        else:
            words[key >> 6] |= mark
            held[key], since[key] = counts[i], first[i]


@compiled
def drawn(held: IntArray, since: IntArray, words: NDArray[np.uint64]) -> Rows:
    """The rows of all series that have a bit, ascending."""
    rows = 0
    for word in words:
        rows += int(_ones(word))
    series = listed(words.view(np.uint8), rows)
    counts, first = np.empty(rows, np.int64), np.empty(rows, np.int64)
    for i in range(rows):
        counts[i], first[i] = held[series[i]], since[series[i]]
    return series, counts, first
