"""Isolation score: an isolation forest's score as odds of the outcome; compared with, never on duty."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.platt import fit_platt

FloatArray = NDArray[np.float64]


class IsolationScore(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # sklearn has no types
    """How easily a row is told apart from the others (Liu, Ting and Zhou 2008), calibrated on outcomes.

    The forest sees no outcome; only slope and intercept do. More surprise may lower its odds, so
    it is no member of a bundle: it stands beside the candidates to show what labels are worth.
    """

    def __init__(self, n_estimators: int = 50, max_samples: int = 4096) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Fit on rows [n, features], binary outcomes [n] and how many rows each stands for."""
        from sklearn.ensemble import IsolationForest

        X, y = validate_data(self, X, y, dtype=np.float64)  # noqa: N806 - scikit-learn's names
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]  # noqa: N806 - as above
        self.classes_ = unique_labels(y)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"{self.classes_}."
            )
        if len(self.classes_) < 2:
            raise ValueError("IsolationScore needs samples of two classes; the data has only one class")
        samples = min(self.max_samples, len(X))
        forest = IsolationForest(n_estimators=self.n_estimators, max_samples=samples, random_state=0)
        self.forest_ = forest.fit(X, sample_weight=weight)
        target = (y == self.classes_[1]).astype(np.float64)
        self.slope_, self.intercept_ = fit_platt(-self.forest_.score_samples(X), target, weight)
        return self

    def decision_function(self, X: Any) -> FloatArray:  # noqa: N803 - scikit-learn's names
        """[n] log-odds of the outcome."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        odds: FloatArray = self.intercept_ - self.slope_ * self.forest_.score_samples(rows)
        return odds

    def predict_proba(self, X: Any) -> FloatArray:  # noqa: N803 - scikit-learn's names
        """[n, 2] probabilities of no outcome and outcome."""
        likelihood = expit(self.decision_function(X))
        return np.column_stack([1.0 - likelihood, likelihood])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803 - scikit-learn's names
        """The likelier class of each row."""
        likely = (self.decision_function(X) > 0).astype(int)  # first: it says what is not fitted
        found: NDArray[Any] = self.classes_[likely]
        return found

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it never learns which side of odd is bad
        return tags
