"""Surprise odds: log-odds of the outcome as a sum of truncated surprise; a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from models.odds_classifier import OddsClassifier, fit_rising
from models.surprise_terms import SurpriseTerms


class SurpriseOdds(SurpriseTerms, OddsClassifier):
    """Non-negative logistic regression on truncated surprise, steeper where counts are large.

    A row is [surprise of each window, size]; log-odds = intercept + sum over windows of
    (weight + size_weight * size) * min(surprise, cap), all weights >= 0. So more surprise never
    lowers the odds, windows that say the same share one weight, and each window's term is its
    contribution. Fitted by L2-penalised maximum likelihood. `SurpriseTerms` answers, here and on duty.

    >>> model = SurpriseOdds.frozen(intercept=-5.0, weights=[0.1, 0.2], size_weights=[0.0, 0.1], cap=20)
    >>> model.log_odds(np.array([[10.0, 10.0, 0.5]])).round(3)
    array([-1.5])
    """

    def __init__(self, cap: float = 20.0, penalty: float = 1e-5) -> None:
        self.cap = cap
        self.penalty = penalty

    @classmethod
    def frozen(
        cls, *, intercept: float, weights: Sequence[float], size_weights: Sequence[float], cap: float
    ) -> Self:
        """A fitted model from the numbers of a bundle."""
        model = super().frozen(intercept=intercept, weights=weights, size_weights=size_weights, cap=cap)
        model.classes_ = np.array([0, 1])
        model.n_features_in_ = len(weights) + 1
        return model

    def numbers(self) -> dict[str, Any]:
        """What `frozen` makes the same model of, as the JSON of a bundle."""
        weights, size_weights = np.split(self.coef_, 2)
        return {
            "intercept": self.intercept_,
            "weights": weights.tolist(),
            "size_weights": size_weights.tolist(),
            "cap": self.cap,
        }

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Fit on rows [n, windows + 1], binary outcomes [n] and how many rows each stands for."""
        rows, target, weight = self._checked(X, y, sample_weight)
        self.intercept_, self.coef_ = fit_rising(self._expanded(rows), target, weight, self.penalty)
        return self
