"""Surprise terms: what a frozen `SurpriseOdds` answers by; on duty in its place, and its base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class SurpriseTerms:
    """Log-odds as a sum of truncated surprise, by frozen numbers; needs NumPy and nothing else.

    A row is [surprise of each window, size]; log-odds = intercept + sum over windows of
    (weight + size_weight * size) * min(surprise, cap), all weights >= 0.

    >>> model = SurpriseTerms.frozen(intercept=-5.0, weights=[0.1, 0.2], size_weights=[0.0, 0.1], cap=20)
    >>> model.log_odds(np.array([[10.0, 10.0, 0.5]])).round(3)
    array([-1.5])
    """

    intercept_: float
    coef_: FloatArray

    def __init__(self, cap: float = 20.0) -> None:
        self.cap = cap

    @classmethod
    def frozen(
        cls, *, intercept: float, weights: Sequence[float], size_weights: Sequence[float], cap: float
    ) -> Self:
        """A fitted model from the numbers of a bundle."""
        model = cls(cap=cap)
        model.intercept_ = float(intercept)
        model.coef_ = np.array([*weights, *size_weights], dtype=np.float64)
        return model

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, windows + 1]."""
        odds: FloatArray = self.intercept_ + self._expanded(rows) @ self.coef_
        return odds

    def terms(self, rows: FloatArray) -> FloatArray:
        """[n, windows] what each window adds to the log-odds."""
        parts = self._expanded(rows) * self.coef_
        width = parts.shape[1] // 2
        added: FloatArray = parts[:, :width] + parts[:, width:]
        return added

    def _expanded(self, rows: FloatArray) -> FloatArray:
        width = rows.shape[1] - 1
        both = np.empty((len(rows), 2 * width))
        surprise = both[:, :width]
        np.minimum(np.maximum(rows[:, :-1], 0.0), self.cap, out=surprise)
        np.multiply(surprise, rows[:, -1:], out=both[:, width:])
        return both
