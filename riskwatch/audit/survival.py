"""Time to alert with misses censored: Kaplan and Meier (1958), its median and its restricted mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def time_to_alert(
    hours: FloatArray, came: NDArray[np.bool_], weights: FloatArray, horizon_h: float
) -> tuple[FloatArray, FloatArray]:
    """Median and mean up to the horizon [draws] in hours; `weights` [draws, happenings] count each.

    A miss leaves the risk set when no alert could come any more. The median is NaN where fewer than
    half were detected; both are NaN where nothing has weight.

    >>> hours, came = np.array([1.0, 3.0, 5.0]), np.array([True, True, False])
    >>> [x.round(6).tolist() for x in time_to_alert(hours, came, np.ones((1, 3)), 4.0)]
    [[3.0], [2.666667]]
    """
    order = np.lexsort((~came, hours))  # of equal hours, an alert comes before a miss leaves
    t, event, w = hours[order], came[order], weights[:, order]
    at_risk = np.cumsum(w[:, ::-1], axis=1)[:, ::-1]
    # alerts of one instant share a factor; one by one they give the same product
    share = np.divide(w * event, at_risk, out=np.zeros_like(w), where=at_risk > 0)
    left = np.cumprod(1.0 - share, axis=1)
    empty = w.sum(axis=1) <= 0
    half = left <= 0.5 + 1e-12
    reached = half.any(axis=1)
    median = np.where(reached, t[half.argmax(axis=1)], np.nan)
    edges = np.minimum(np.concatenate([[0.0], t, [horizon_h]]), horizon_h)
    curve = np.concatenate([np.ones((len(w), 1)), left], axis=1)
    mean = (curve * np.maximum(np.diff(edges), 0.0)).sum(axis=1)
    return np.where(empty, np.nan, median), np.where(empty, np.nan, mean)
