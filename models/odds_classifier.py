"""Odds classifier: what the scikit-learn members share, the checks of a fit and the names of answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

FloatArray = NDArray[np.float64]
_FIT = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9}  # so close that a weight of 2 is a row given twice


class OddsClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc] # sklearn has no types
    """A binary scikit-learn classifier that answers in log-odds; a member says `fit` and `log_odds`."""

    classes_: NDArray[Any]
    _fewest_features: ClassVar[int] = 2  # the surprise of a window, and the size

    @abstractmethod
    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, features]."""

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

    def _checked(
        self,
        X: Any,  # noqa: N803 - scikit-learn's names
        y: Any,
        sample_weight: Any,
    ) -> tuple[FloatArray, NDArray[np.int64], FloatArray]:
        """Rows [n, features], outcomes [n] of 0 and 1 and weights [n]; a row of weight 0 was not given."""
        X, y = validate_data(  # noqa: N806 - scikit-learn's names
            self, X, y, dtype=np.float64, ensure_min_features=self._fewest_features
        )
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
            raise ValueError(
                f"{type(self).__name__} needs samples of two classes; the data has only one class"
            )
        return X, (y == self.classes_[1]).astype(np.int64), weight

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it reads surprise, never below 0, not any number
        return tags


def fit_rising(
    terms: FloatArray, target: NDArray[np.int64], weight: FloatArray, penalty: float
) -> tuple[float, FloatArray]:
    """Intercept and non-negative weights [k] of a logistic regression on terms [n, k], L2-penalised."""
    weight = weight / weight.sum()

    def loss(params: FloatArray) -> tuple[float, FloatArray]:
        logit = params[0] + terms @ params[1:]
        residual = weight * (expit(logit) - target)
        value = weight @ (np.logaddexp(0.0, logit) - target * logit)
        slope = np.r_[residual.sum(), terms.T @ residual + 2 * penalty * params[1:]]
        return float(value + penalty * (params[1:] ** 2).sum()), slope

    start = np.zeros(terms.shape[1] + 1)
    bounds = [(None, None)] + [(0.0, None)] * terms.shape[1]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=_FIT)
    return float(found.x[0]), found.x[1:]
