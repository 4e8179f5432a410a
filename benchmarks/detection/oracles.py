"""Detectors that know each series' true mean and dispersion: what no method can know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.detection.weekly_series import TESTED, Weekly

FloatArray = NDArray[np.float64]


def surprise(weekly: Weekly, weeks: int) -> FloatArray:
    """[series, tested weeks] -log mid-p of the sum of the last `weeks` weeks."""
    count = _sums(weekly.counts.astype(float), weeks)
    mean = _sums(weekly.mean, weeks)
    variance = np.maximum(weekly.phi, 1.0001)[:, None] * mean
    size = mean**2 / (variance - mean)
    p = size / (size + mean)
    tail = stats.nbinom.sf(count, size, p) + 0.5 * stats.nbinom.pmf(count, size, p)
    return -np.log(np.maximum(tail, 1e-300))


def cusum(weekly: Weekly, slack: float, cap: float) -> FloatArray:
    """[series, tested weeks] one-sided CUSUM of standardised counts, held at `cap`; from a year before."""
    z = (weekly.counts - weekly.mean) / np.sqrt(weekly.phi[:, None] * weekly.mean)
    held = np.zeros(len(z))
    found = np.zeros((len(z), TESTED[1] - TESTED[0]))
    for t in range(TESTED[0] - 52, TESTED[1]):
        held = np.clip(held + z[:, t] - slack, 0.0, cap)
        if t >= TESTED[0]:
            found[:, t - TESTED[0]] = held
    return found + 1e-6 * np.maximum(z[:, slice(*TESTED)], 0.0)  # breaks the ties at the cap


def _sums(values: FloatArray, weeks: int) -> FloatArray:
    first, last = TESTED
    return np.sum([values[:, first - k : last - k] for k in range(weeks)], axis=0)
