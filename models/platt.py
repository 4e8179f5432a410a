"""Platt's calibration: slope and intercept for raw log-odds; used by recipes that rank first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = NDArray[np.float64]


def fit_platt(raw: FloatArray, target: NDArray[Any], weight: FloatArray) -> tuple[float, float]:
    """Slope >= 0 and intercept of the weighted maximum likelihood (Platt 1999).

    >>> slope, intercept = fit_platt(np.array([0.0, 0.0, 9.0, 9.0]), np.array([0, 1, 0, 1]), np.ones(4))
    >>> round(slope, 3), round(intercept, 3)
    (0.0, 0.0)
    """
    weight = weight / weight.sum()
    scale = float(np.abs(raw).max(initial=0.0)) or 1.0
    at = raw / scale

    def loss(params: FloatArray) -> tuple[float, FloatArray]:
        logit = params[0] * at + params[1]
        residual = weight * (expit(logit) - target)
        value = float(weight @ (np.logaddexp(0.0, logit) - target * logit))
        return value, np.array([residual @ at, residual.sum()])

    share = float(np.clip(weight @ target, 1e-9, 1.0 - 1e-9))
    start = np.array([0.0, np.log(share / (1.0 - share))])
    bounds = [(0.0, None), (None, None)]
    options = {"ftol": 1e-15, "gtol": 1e-10}
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
    return float(found.x[0]) / scale, float(found.x[1])
