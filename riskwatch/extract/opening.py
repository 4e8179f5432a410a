"""Cells opened up: the loops that gather one signature's counts in some areas and weigh them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled
from riskwatch.extract.evidence import nats_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def opened(
    sums: NDArray[np.int32],
    usual: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    depth: NDArray[np.int32],
    areas: IntArray,
    members: IntArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(observed, expected, inverse sizes) [areas, members, windows].

    Arguments as of `evidence.find`, but the exposure is [windows, columns], and the process's
    inverse sizes are [depths, windows, columns].
    """
    rate, exposure, process, level = usual
    shape = (len(areas), len(members), sums.shape[2])
    observed, expected, inverse = np.empty(shape), np.empty(shape), np.empty(shape)
    for row in range(shape[0]):
        a = areas[row]
        for i in range(shape[1]):
            c = members[i]
            for w in range(shape[2]):
                observed[row, i, w] = sums[a, c, w]
                expected[row, i, w] = rate[a, c] * exposure[w, c]
                inverse[row, i, w] = process[depth[a], w, c] + level[a, c]
    return observed, expected, inverse


@compiled
def weighed(
    cells: tuple[FloatArray, FloatArray, FloatArray],
    known: NDArray[np.bool_],
    places: tuple[IntArray, IntArray],
    clump: FloatArray,
    rate: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """(nats of the cells, their sums [areas, windows] and [areas], and the latter with rates [areas]).

    `cells` are what `opened` gives, perhaps with a relative's share explained away; `places` are their
    areas and indicators, `clump` [indicators] and `rate` [areas, columns] those of all.
    """
    observed, expected, inverse = cells
    areas, members = places
    nats = nats_of(observed, expected, inverse, clump[members], known)
    rows, windows = nats.shape[0], nats.shape[2]
    total, everything, rated = np.zeros((rows, windows)), np.zeros(rows), np.zeros(rows)
    for row in range(rows):
        for i in range(nats.shape[1]):
            mine = 0.0
            for w in range(windows):
                total[row, w] += nats[row, i, w]
                mine += nats[row, i, w]
            everything[row] += mine
            rated[row] += mine * rate[areas[row], members[i]]
    return nats, total, everything, rated
