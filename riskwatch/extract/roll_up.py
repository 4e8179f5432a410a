"""Rolling events up over tree and signatures, a tick at a time, in one pass; used by the panel builder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

IntArray = NDArray[np.int64]


@compiled
def roll_up(  # noqa: PLR0912 - one pass over all that is rolled up
    events: tuple[IntArray, IntArray, IntArray, IntArray],
    paths: NDArray[np.int32],
    total_of: IntArray,
    columns: int,
    ticks: int,
    scratch: tuple[IntArray, IntArray, NDArray[np.uint64]],
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """(bounds [ticks + 1], series, counts, first instants): the series of each tick ascend, no two equal.

    `events` are tick (from 0), leaf series, count and instant; `total_of` [indicators] the column
    of each one's signature. `scratch` holds a count, an instant and a bit for each series, with no
    bit set; it is left so.
    """
    tick, series, count, when = events
    held, since, marks = scratch
    n = len(tick)
    start = np.zeros(ticks + 1, np.int64)
    for i in range(n):
        start[tick[i] + 1] += 1
    for t in range(ticks):
        start[t + 1] += start[t]
    order = np.empty(n, np.int64)
    place = start[:-1].copy()
    for i in range(n):
        order[place[tick[i]]] = i
        place[tick[i]] += 1
    depth = paths.shape[1]
    size = 2 * depth * n
    bounds = np.zeros(ticks + 1, np.int64)
    out_series = np.empty(size, np.int64)
    out_count = np.empty(size, np.int64)
    out_since = np.empty(size, np.int64)
    filled = 0
    for t in range(ticks):
        for j in range(start[t], start[t + 1]):
            i = order[j]
            area = series[i] // columns
            indicator = series[i] - area * columns
            total = total_of[indicator]
            for step in range(depth):
                up = paths[area, step]
                if up < 0:
                    break
                base = np.int64(up) * columns
                for column in (indicator, total):
                    key = base + column
                    word = key >> 6
                    mark = np.uint64(1) << np.uint64(key & 63)
                    if marks[word] & mark:
                        held[key] += count[i]
                        since[key] = min(since[key], when[i])
                    else:
                        marks[word] |= mark
                        held[key] = count[i]
                        since[key] = when[i]
        if start[t + 1] > start[t]:
            for word in range(len(marks)):
                left = marks[word]
                if left == 0:
                    continue
                for bit in range(64):
                    if left & (np.uint64(1) << np.uint64(bit)):
                        key = word * 64 + bit
                        out_series[filled] = key
                        out_count[filled] = held[key]
                        out_since[filled] = since[key]
                        filled += 1
                marks[word] = 0
        bounds[t + 1] = filled
    return bounds, out_series[:filled].copy(), out_count[:filled].copy(), out_since[:filled].copy()
