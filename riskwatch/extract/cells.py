"""Cells: what some ticks brought, series by series, packed as small as it goes; the windows hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

IntArray = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Rows = tuple[IntArray, IntArray, IntArray]
"""Series (ascending, no two equal), counts and first instants."""

_SIZES = (1, 2, 4, 8)
_META = 8  # numbers that a cell has


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows of the ticks from `first` on, up to the next cell's.

    `index` says which series: a bit each of all there are, or (where that is longer) numbers of four
    bytes. `counts` and `since` are as wide as their largest needs; an instant is `origin_us + since *
    unit_us`. Nothing is rounded: the unit is what all of them have in common.
    """

    first: int
    rows: int
    index: NDArray[Any]
    counts: NDArray[Any]
    since: NDArray[Any]
    origin_us: int
    unit_us: int

    @classmethod
    def pack(cls, first: int, rows: Rows, n_series: int) -> Cell:
        """The cell of these rows, of `n_series` that there are."""
        series, counts, since = rows
        if 32 * len(series) > n_series:
            index: NDArray[Any] = marked(series, n_series)
        else:
            index = series.astype(np.int32)
        origin, unit, most, largest = measured(since, counts)
        return cls(
            first,
            len(series),
            index,
            counts.astype(_width(largest)),
            ((since - origin) // unit).astype(_width(most // unit)),
            origin,
            unit,
        )

    def series(self) -> IntArray:
        """[rows] which series, ascending."""
        if self.index.dtype == np.uint8:
            return listed(self.index, self.rows)
        return self.index.astype(np.int64)

    def all(self) -> Rows:
        """The rows as they were."""
        since = self.since.astype(np.int64) * self.unit_us + self.origin_us
        return self.series(), self.counts.astype(np.int64), since

    def at(self, series: int) -> tuple[int, int] | None:
        """(count, first instant) of one series, if it has a row."""
        if self.index.dtype == np.uint8:
            byte, bit = series >> 3, series & 7
            word = int(self.index[byte])
            if not word >> bit & 1:
                return None
            before = int(np.bitwise_count(self.index[:byte]).sum())
            row = before + (word & ((1 << bit) - 1)).bit_count()
        else:
            row = int(self.index.searchsorted(series))
            if row == self.rows or self.index[row] != series:
                return None
        return int(self.counts[row]), self.origin_us + int(self.since[row]) * self.unit_us


def merge(first: int, cells: Sequence[Cell], n_series: int) -> Cell:
    """One cell of several that follow each other."""
    parts = [cell.all() for cell in cells]
    series, counts, since = (np.concatenate(column) for column in zip(*parts, strict=True))
    bounds = np.cumsum([0, *(cell.rows for cell in cells)])
    return Cell.pack(first, merged(series, counts, since, bounds), n_series)


def flattened(cells: Sequence[Cell]) -> tuple[IntArray, Bytes]:
    """([cells, 8] numbers, all their bytes), from which `unflattened` makes them again."""
    meta = np.zeros((len(cells), _META), np.int64)
    parts: list[Bytes] = []
    for at, c in enumerate(cells):
        arrays = (c.index, c.counts, c.since)
        sizes = (c.index.nbytes, *(a.dtype.itemsize for a in arrays))
        meta[at] = (c.first, c.rows, *sizes, c.origin_us, c.unit_us)
        parts += [np.ascontiguousarray(a).view(np.uint8) for a in arrays]
    return meta, np.concatenate(parts) if parts else np.empty(0, np.uint8)


def unflattened(meta: IntArray, data: Bytes) -> list[Cell]:
    """The cells, each with memory of its own."""
    cells, at = [], 0
    raw = np.ascontiguousarray(data, np.uint8).tobytes()
    for first, rows, index_bytes, *widths, origin, unit in meta.reshape(-1, _META).tolist():
        arrays = []
        for n, width in enumerate(widths):
            size = index_bytes if n == 0 else rows * width
            kind = np.dtype(np.int32 if n == 0 and width == 4 else f"u{width}")
            arrays.append(np.frombuffer(raw, kind, size // width, at).copy())
            at += size
        cells.append(Cell(first, rows, arrays[0], arrays[1], arrays[2], origin, unit))
    return cells


def _width(largest: int) -> np.dtype[Any]:
    return np.dtype(f"u{next(size for size in _SIZES if largest < 1 << 8 * size)}")


@compiled
def marked(series: IntArray, n_series: int) -> Bytes:
    """A bit for each of these, of all series that there are."""
    bits = np.zeros((n_series + 7) // 8, np.uint8)
    for i in range(len(series)):
        bits[series[i] >> 3] |= np.uint8(1 << (series[i] & 7))
    return bits


@compiled
def listed(bits: Bytes, rows: int) -> IntArray:
    """The series whose bit is set, ascending; there are so many."""
    series = np.empty(rows, np.int64)
    found = 0
    for byte in range(len(bits)):
        left = bits[byte]
        if left == 0:
            continue
        for bit in range(8):
            if left >> bit & 1:
                series[found] = byte * 8 + bit
                found += 1
    return series


@compiled
def measured(since: IntArray, counts: IntArray) -> tuple[int, int, int, int]:
    """(earliest instant, what divides all that lies behind it, how far the latest lies, largest count)."""
    if len(since) == 0:
        return 0, 1, 0, 0
    origin, latest, largest = since[0], since[0], counts[0]
    for i in range(len(since)):
        origin, latest = min(origin, since[i]), max(latest, since[i])
        largest = max(largest, counts[i])
    unit = latest - origin
    for i in range(len(since)):
        if unit == 1:
            break
        left = since[i] - origin
        while left:
            unit, left = left, unit % left
    return origin, max(unit, 1), latest - origin, largest


@compiled
def merged(
    series: IntArray, counts: IntArray, since: IntArray, bounds: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """The rows of several parts as one: counts together, the earliest instant, series ascending.

    Part k lies from `bounds[k]` to `bounds[k + 1]`.
    """
    parts, size = len(bounds) - 1, len(series)
    out_series, out_counts = np.empty(size, np.int64), np.empty(size, np.int64)
    out_since = np.empty(size, np.int64)
    at, filled = bounds[:-1].copy(), 0
    none = np.int64(1) << 62
    heads = np.empty(parts, np.int64)
    for k in range(parts):
        heads[k] = series[at[k]] if at[k] < bounds[k + 1] else none
    while True:
        key = none
        for k in range(parts):
            key = min(key, heads[k])
        if key == none:
            break
        total, first = np.int64(0), none
        for k in range(parts):
            if heads[k] == key:
                total += counts[at[k]]
                first = min(first, since[at[k]])
                at[k] += 1
                heads[k] = series[at[k]] if at[k] < bounds[k + 1] else none
        out_series[filled], out_counts[filled], out_since[filled] = key, total, first
        filled += 1
    return out_series[:filled].copy(), out_counts[:filled].copy(), out_since[:filled].copy()
