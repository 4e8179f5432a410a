"""Surge linear: logistic regression on truncated surprise; the plain baseline among the candidates."""

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

FloatArray = NDArray[np.float64]


class SurgeLinear(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # sklearn has no types
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
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_features=2)  # noqa: N806 - as above
        check_classification_targets(y)
        self.classes_ = unique_labels(y)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"{self.classes_}."
            )
        if len(self.classes_) < 2:
            raise ValueError("SurgeLinear needs samples of two classes; the data has only one class")
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        weight = weight / weight.sum()
        terms, target = self._truncated(X), (y == self.classes_[1]).astype(np.float64)

        def loss(params: FloatArray) -> tuple[float, FloatArray]:
            logit = params[0] + terms @ params[1:]
            residual = weight * (expit(logit) - target)
            value = float(weight @ (np.logaddexp(0.0, logit) - target * logit))
            slope = np.r_[residual.sum(), terms.T @ residual + 2 * self.penalty * params[1:]]
            return value + self.penalty * float((params[1:] ** 2).sum()), slope

        start = np.zeros(terms.shape[1] + 1)
        bounds = [(None, None)] + [(0.0, None)] * terms.shape[1]
        options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9}
        found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
        self.intercept_, self.coef_ = float(found.x[0]), found.x[1:]
        return self

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, windows + 1]."""
        odds: FloatArray = self.intercept_ + self._truncated(rows) @ self.coef_
        return odds

    def terms(self, rows: FloatArray) -> FloatArray:
        """[n, windows] what each window adds to the log-odds."""
        added: FloatArray = self._truncated(rows) * self.coef_
        return added

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

    def _truncated(self, rows: FloatArray) -> FloatArray:
        return np.clip(rows[:, :-1], 0.0, self.cap)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # it reads surprise, never below 0, not any number
        return tags
