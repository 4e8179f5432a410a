"""Isolation score: an isolation forest's score as odds of the outcome; compared with, never on duty."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.odds_classifier import OddsClassifier
from models.platt import fit_platt

FloatArray = NDArray[np.float64]


class IsolationScore(OddsClassifier):
    """How easily a row is told apart from the others (Liu, Ting and Zhou 2008), calibrated on outcomes.

    The forest sees no outcome; only slope and intercept do. More surprise may lower its odds, so
    it is no member of a bundle: it stands beside the candidates to show what labels are worth.
    """

    _fewest_features = 1

    def __init__(self, n_estimators: int = 50, max_samples: int = 4096) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Fit on rows [n, features], binary outcomes [n] and how many rows each stands for."""
        from sklearn.ensemble import IsolationForest

        rows, target, weight = self._checked(X, y, sample_weight)
        samples = min(self.max_samples, len(rows))
        forest = IsolationForest(n_estimators=self.n_estimators, max_samples=samples, random_state=0)
        self.forest_ = forest.fit(rows, sample_weight=weight)
        self.slope_, self.intercept_ = fit_platt(-self.forest_.score_samples(rows), target, weight)
        return self

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, features]."""
        odds: FloatArray = self.intercept_ - self.slope_ * self.forest_.score_samples(rows)
        return odds
