"""Surprise odds: log-odds of the outcome as a sum of truncated surprise; a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.surprise_terms import SurpriseTerms

FloatArray = NDArray[np.float64]
_FIT = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9}  # so close that a weight of 2 is a row given twice


class SurpriseOdds(ClassifierMixin, SurpriseTerms, BaseEstimator):  # type: ignore[misc] # sklearn has no types
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
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_features=2)  # noqa: N806 - scikit-learn's names
        check_classification_targets(y)
        self.classes_ = unique_labels(y)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"{self.classes_}."
            )
        if len(self.classes_) < 2:
            raise ValueError("SurpriseOdds needs samples of two classes; the data has only one class")
        terms, target = self._expanded(X), (y == self.classes_[1]).astype(np.float64)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        weight = weight / weight.sum()

        def loss(params: FloatArray) -> tuple[float, FloatArray]:
            logit = params[0] + terms @ params[1:]
            residual = weight * (expit(logit) - target)
            value = weight @ (np.logaddexp(0.0, logit) - target * logit)
            slope = np.r_[residual.sum(), terms.T @ residual + 2 * self.penalty * params[1:]]
            return float(value + self.penalty * (params[1:] ** 2).sum()), slope

        start = np.zeros(terms.shape[1] + 1)
        bounds = [(None, None)] + [(0.0, None)] * terms.shape[1]
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=_FIT)
        self.intercept_, self.coef_ = float(found.x[0]), found.x[1:]
        return self

    def decision_function(self, X: Any) -> FloatArray:  # noqa: N803 - scikit-learn's names
        """scikit-learn's name for the log-odds."""
        check_is_fitted(self)
        return self.log_odds(validate_data(self, X, dtype=np.float64, reset=False))

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
        tags.classifier_tags.poor_score = True  # it reads surprise, never below 0, not any number
        return tags
