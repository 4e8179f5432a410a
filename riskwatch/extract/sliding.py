"""Sliding counts: the loops behind window sums."""

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
def leave(sums: SmallArray, series: IntArray, counts: IntArray, window: int) -> None:
    """Take a cell's counts off one window of `sums`."""
    for i in range(len(series)):
        sums[series[i], window] -= np.int32(counts[i])
