"""Surge linear: logistic regression on truncated surprise; the plain baseline among the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.odds_classifier import OddsClassifier, fit_rising

FloatArray = NDArray[np.float64]


class SurgeLinear(OddsClassifier):
    """Log-odds = intercept + sum over windows of weight * min(surprise, cap), all weights >= 0.

    A row is [surprise of each window, size]; the size is not used, which is what makes it plain.
    Fitted by L2-penalised, weighted maximum likelihood, so it is calibrated on what it was fitted on.

    >>> model = SurgeLinear.frozen(intercept=-5.0, weights=[0.1, 0.2], cap=20)
    >>> model.log_odds(np.array([[10.0, 30.0, 0.5]])).round(3)
    array([0.])
    """

    def __init__(self, cap: float = 20.0, penalty: float = 1e-5) -> None:
        self.cap = cap
        self.penalty = penalty

    @classmethod
    def frozen(cls, *, intercept: float, weights: Sequence[float], cap: float) -> Self:
        """A fitted model from the numbers of a bundle."""
        model = cls(cap=cap)
        model.intercept_, model.coef_ = float(intercept), np.array(weights, dtype=np.float64)
        model.classes_, model.n_features_in_ = np.array([0, 1]), len(weights) + 1
        return model

    def numbers(self) -> dict[str, Any]:
        """What `frozen` makes the same model of, as the JSON of a bundle."""
        return {"intercept": self.intercept_, "weights": self.coef_.tolist(), "cap": self.cap}

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Fit on rows [n, windows + 1], binary outcomes [n] and how many rows each stands for."""
        rows, target, weight = self._checked(X, y, sample_weight)
        self.intercept_, self.coef_ = fit_rising(self._truncated(rows), target, weight, self.penalty)
        return self

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, windows + 1]."""
        odds: FloatArray = self.intercept_ + self._truncated(rows) @ self.coef_
        return odds

    def terms(self, rows: FloatArray) -> FloatArray:
        """[n, windows] what each window adds to the log-odds."""
        added: FloatArray = self._truncated(rows) * self.coef_
        return added

    def _truncated(self, rows: FloatArray) -> FloatArray:
        return np.clip(rows[:, :-1], 0.0, self.cap)
