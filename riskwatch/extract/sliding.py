"""Sliding counts: the loops behind window sums, over a ring that holds only what happened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

IntArray = NDArray[np.int64]
SmallArray = NDArray[np.int32]


@compiled
def enter(sums: SmallArray, series: IntArray, counts: IntArray) -> None:
    """Add a tick's counts to all windows of `sums` [series, windows]."""
    windows = sums.shape[1]
    for i in range(len(series)):
        key = series[i]
        n = np.int32(counts[i])
        for w in range(windows):
            sums[key, w] += n


@compiled
def add_to(held: IntArray, series: IntArray, counts: IntArray) -> None:
    """Add a tick's counts to `held` [series]."""
    for i in range(len(series)):
        held[series[i]] += counts[i]


@compiled
def leave(sums: SmallArray, series: SmallArray, counts: SmallArray, window: int) -> None:
    """Take a tick's counts off one window of `sums`."""
    for i in range(len(series)):
        sums[series[i], window] -= counts[i]


@compiled
def counts_of(
    asked: IntArray, series: SmallArray, counts: SmallArray, begin: IntArray, end: IntArray
) -> IntArray:
    """[ticks] counts together of a few series; a tick's own are `series[begin:end]`, ascending."""
    found = np.zeros(len(begin), np.int64)
    for t in range(len(begin)):
        for wanted in asked:
            at = _place(series, begin[t], end[t], wanted)
            if at >= 0:
                found[t] += counts[at]
    return found


@compiled
def first_of(asked: IntArray, series: SmallArray, since: IntArray, begin: IntArray, end: IntArray) -> int:
    """The first instant of any of these series in the first tick that has one; -1 if none has."""
    for t in range(len(begin)):
        first = -1
        for wanted in asked:
            at = _place(series, begin[t], end[t], wanted)
            if at >= 0 and (first < 0 or since[at] < first):
                first = since[at]
        if first >= 0:
            return first
    return -1


@compiled
def _place(series: SmallArray, low: int, high: int, wanted: int) -> int:
    """Where a series stands between two places of an ascending array, or -1."""
    end = high
    while low < high:
        middle = (low + high) >> 1
        if series[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < end and series[low] == wanted else -1
