"""Surge boosting: monotone gradient-boosted trees on surprise and size; a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.odds_classifier import OddsClassifier
from models.platt import fit_platt

FloatArray = NDArray[np.float64]
_FEWEST = 20  # rows of each class, under which nothing is calibrated
_ROWS_AT_ONCE = 4096


class SurgeBoosting(OddsClassifier):
    """HistGradientBoostingClassifier whose log-odds rise in every column, then Platt's calibration.

    A row is [surprise of each window, size]; the size of a row without surprise counts as none.
    Calibration is fitted on `folds` stretches of rows, each predicted by trees of the others, so
    rows should come in the order of time. What is kept of scikit-learn's trees are their splits
    and values, as plain arrays: `numbers` are JSON, and answers do not depend on its version.

    A window's term is what the log-odds gain when it is revealed, the mean of doing so from the
    shortest to the longest window and back; terms add up to the log-odds beyond the base.
    """

    def __init__(
        self,
        rounds: int = 80,
        learning_rate: float = 0.08,
        max_leaf_nodes: int = 12,
        l2: float = 1.0,
        folds: int = 3,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.l2 = l2
        self.folds = folds

    @classmethod
    def frozen(
        cls,
        *,
        base: float,
        slope: float,
        intercept: float,
        trees: Mapping[str, Any],
        n_features: int,
    ) -> Self:
        """A fitted model from the numbers of a bundle."""
        model = cls()
        model.base_, model.slope_, model.intercept_ = float(base), float(slope), float(intercept)
        kinds = {"threshold": np.float64, "value": np.float64}
        model.trees_ = {name: np.array(trees[name], kinds.get(name, np.int64)) for name in _TREE}
        model.classes_, model.n_features_in_ = np.array([0, 1]), int(n_features)
        return model

    def numbers(self) -> dict[str, Any]:
        """What `frozen` makes the same model of, as the JSON of a bundle."""
        return {
            "base": self.base_,
            "slope": self.slope_,
            "intercept": self.intercept_,
            "trees": {name: self.trees_[name].tolist() for name in _TREE},
            "n_features": self.n_features_in_,
        }

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's names
        """Fit on rows [n, windows + 1], binary outcomes [n] and how many rows each stands for."""
        rows, target, weight = self._checked(X, y, sample_weight)
        rows = _calmed(rows)
        self.slope_, self.intercept_ = self._calibrated(rows, target, weight)
        self.base_, self.trees_ = self._grown(rows, target, weight)
        return self

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome for rows [n, windows + 1]."""
        odds: FloatArray = self.intercept_ + self.slope_ * _raw(self.base_, self.trees_, _calmed(rows))
        return odds

    def terms(self, rows: FloatArray) -> FloatArray:
        """[n, windows] what each window adds to the log-odds."""
        rows = np.asarray(rows, dtype=np.float64)
        width = rows.shape[1] - 1
        terms = np.zeros((len(rows), width))
        for order in (range(width), range(width - 1, -1, -1)):
            shown = rows.copy()
            shown[:, :-1] = 0.0
            before = self.log_odds(shown)
            for window in order:
                shown[:, window] = rows[:, window]
                after = self.log_odds(shown)
                terms[:, window] += (after - before) / 2.0
                before = after
        return terms

    def _grown(
        self, rows: FloatArray, target: NDArray[np.int64], weight: FloatArray
    ) -> tuple[float, dict[str, NDArray[Any]]]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            l2_regularization=self.l2,
            monotonic_cst=np.ones(rows.shape[1], dtype=np.int8),
            early_stopping=False,
            random_state=0,
        ).fit(rows, target, sample_weight=weight)
        return float(np.ravel(model._baseline_prediction)[0]), _arrays(model)

    def _calibrated(
        self, rows: FloatArray, target: NDArray[np.int64], weight: FloatArray
    ) -> tuple[float, float]:
        """Slope and intercept, from stretches predicted by trees of the others; 1 and 0 where too few."""
        if min(np.bincount(target, minlength=2)) < _FEWEST * self.folds:
            return 1.0, 0.0
        raw = np.full(len(rows), np.nan)
        edges = np.linspace(0, len(rows), self.folds + 1).round().astype(int)
        for start, end in pairwise(edges.tolist()):
            others = np.r_[0:start, end : len(rows)]
            if len(np.unique(target[others])) == 2:
                raw[start:end] = _raw(
                    *self._grown(rows[others], target[others], weight[others]), rows[start:end]
                )
        told = np.isfinite(raw)
        return fit_platt(raw[told], target[told], weight[told])


_TREE = ("feature", "threshold", "left", "right", "value")


def _calmed(rows: FloatArray) -> FloatArray:
    """Surprise and size, none of them below 0; without surprise, no size."""
    kept = np.maximum(rows, 0.0)
    kept[:, -1] *= (kept[:, :-1] > 0.0).any(axis=1)
    return kept


def _arrays(model: Any) -> dict[str, NDArray[Any]]:
    """[trees, nodes] of a fitted model; a leaf points at itself."""
    nodes = [trees[0].nodes for trees in model._predictors]
    width = max(len(n) for n in nodes)
    kinds = {"threshold": np.float64, "value": np.float64}
    found = {name: np.zeros((len(nodes), width), kinds.get(name, np.int64)) for name in _TREE}
    for t, node in enumerate(nodes):
        n, leaf = len(node), node["is_leaf"].astype(bool)
        own = np.arange(n)
        found["feature"][t, :n] = np.where(leaf, 0, node["feature_idx"])
        found["threshold"][t, :n] = np.where(leaf, 0.0, node["num_threshold"])
        found["left"][t, :n] = np.where(leaf, own, node["left"])
        found["right"][t, :n] = np.where(leaf, own, node["right"])
        found["value"][t, :n] = np.where(leaf, node["value"], 0.0)
    return found


def _raw(base: float, trees: Mapping[str, NDArray[Any]], rows: FloatArray) -> FloatArray:
    """[n] sum of the trees, in their order whatever rows come together; rows without surprise are one."""
    told = np.flatnonzero((rows > 0.0).any(axis=1))
    found = np.repeat(_raw_of(base, trees, np.zeros((1, rows.shape[1]))), len(rows))
    for n in range(0, len(told), _ROWS_AT_ONCE):
        part = told[n : n + _ROWS_AT_ONCE]
        found[part] = _raw_of(base, trees, rows[part])
    return found


def _raw_of(base: float, trees: Mapping[str, NDArray[Any]], rows: FloatArray) -> FloatArray:
    tree = np.arange(len(trees["left"]))[:, None]
    at = np.zeros((len(trees["left"]), len(rows)), dtype=np.int64)
    row = np.arange(len(rows))
    while True:
        left = rows[row, trees["feature"][tree, at]] <= trees["threshold"][tree, at]
        step = np.where(left, trees["left"][tree, at], trees["right"][tree, at])
        if np.array_equal(step, at):
            break
        at = step
    total: FloatArray = base + np.add.accumulate(trees["value"][tree, at], axis=0)[-1]
    return total
