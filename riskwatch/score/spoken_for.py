"""What a node's counts leave once its speaking relatives are explained away; used by the strongest node."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def beyond(
    observed: FloatArray,
    expected: FloatArray,
    rows: IntArray,
    speakers: tuple[IntArray, NDArray[np.bool_], IntArray],
) -> tuple[FloatArray, FloatArray]:
    """Observed and expected [rows, indicators, windows] beyond what each row's speakers say.

    `speakers` are their rows, whether each is an ancestor, and where each row's begin. An
    ancestor's surge is expected here too; a descendant's calls are spoken for.
    """
    speaker, above, begins = speakers
    left = np.empty((len(rows), observed.shape[1], observed.shape[2]))
    usual = np.empty_like(left)
    for n in range(len(rows)):
        for i in range(observed.shape[1]):
            for w in range(observed.shape[2]):
                x, mean = observed[rows[n], i, w], expected[rows[n], i, w]
                for at in range(begins[n], begins[n + 1]):
                    its, its_mean = observed[speaker[at], i, w], expected[speaker[at], i, w]
                    if above[at]:
                        mean *= max(its / max(its_mean, 1e-9), 1.0)
                    else:
                        x -= its
                        mean -= its_mean
                left[n, i, w] = max(x, 0.0)
                usual[n, i, w] = max(mean, 1e-9)
    return left, usual


@compiled
def strongest_window(nats: FloatArray) -> tuple[IntArray, FloatArray]:
    """([areas] the window with most evidence, the first of equals; how much that is)."""
    window, most = np.zeros(nats.shape[0], np.int64), np.zeros(nats.shape[0])
    for row in range(nats.shape[0]):
        for w in range(nats.shape[2]):
            total = 0.0
            for i in range(nats.shape[1]):
                total += nats[row, i, w]
            if total > most[row]:
                most[row], window[row] = total, w
    return window, most


@compiled
def calls_behind(nats: FloatArray, observed: FloatArray) -> IntArray:
    """[areas, windows] calls of the indicators that carry any evidence in a window."""
    calls = np.zeros((nats.shape[0], nats.shape[2]), np.int64)
    for row in range(nats.shape[0]):
        for w in range(nats.shape[2]):
            seen = 0.0
            for i in range(nats.shape[1]):
                if nats[row, i, w] > 0.0:
                    seen += observed[row, i, w]
            calls[row, w] = int(seen)
    return calls


@compiled
def beyond_usual(
    nats: FloatArray, observed: FloatArray, expected: FloatArray, gravity: FloatArray
) -> FloatArray:
    """[areas] calls over their expectation in the window with most evidence, each by its gravity."""
    weighed = np.zeros(nats.shape[0])
    for row, window in enumerate(strongest_window(nats)[0]):
        for i in range(nats.shape[1]):
            weighed[row] += max(observed[row, i, window] - expected[row, i, window], 0.0) * gravity[i]
    return weighed
