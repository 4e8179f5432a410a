"""Intervals that know about blocks: resampling of count tables, weights times counts.

The same blocks are drawn for all groups. Weeks and areas are resampled each by themselves, and the
wider of both intervals is shown, never narrower than the exact one of independent counts: a group in
which everything (or nothing) was detected is not known without error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]

DRAWS = 2_000
COVERAGE = 0.95


def block_weights(blocks: int, seed: int, draws: int = DRAWS) -> FloatArray:
    """[draws, blocks] how often each block is drawn; a row sums to `blocks`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), draws).astype(np.float64)


def ratio_interval(part: FloatArray, whole: FloatArray, weights: FloatArray) -> FloatArray:
    """[2, groups] the middle 95% of part / whole over the draws; NaN where no draw has a whole.

    `part` and `whole` are [groups, blocks].
    """
    above, below = weights @ part.T, weights @ whole.T
    ratio = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    return middle(ratio)


def middle(drawn: FloatArray) -> FloatArray:
    """[2, ...] the bounds of the middle 95% of each column, NaN draws left out."""
    tail = (1 - COVERAGE) / 2
    bounds = np.full((2, drawn.shape[1]), np.nan)
    for column in range(drawn.shape[1]):
        known = drawn[:, column][~np.isnan(drawn[:, column])]
        if len(known):
            bounds[:, column] = np.quantile(known, [tail, 1 - tail], method="inverted_cdf")
    return bounds


def wilson(part: float, whole: float) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) of nothing.

    >>> [round(x, 3) for x in wilson(10, 10)]
    [0.722, 1.0]
    """
    if whole <= 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf((1 + COVERAGE) / 2))
    share, n = part / whole, whole
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def poisson(count: float, exposure: float) -> tuple[float, float]:
    """The exact interval of a rate (Garwood 1936); from 0 without any count."""
    tail = (1 - COVERAGE) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count > 0 else 0.0
    return low / exposure, float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2 / exposure


def widest(*intervals: tuple[float, float]) -> tuple[float, float]:
    """The least lower and the greatest upper bound; NaN bounds say nothing."""
    return float(np.nanmin([i[0] for i in intervals])), float(np.nanmax([i[1] for i in intervals]))
