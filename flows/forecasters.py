"""What competes in a retraining: recipes from `models/`, and baselines that anyone could have had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from scipy.special import expit

from riskwatch.core.scores import FloatArray
from riskwatch.learn.training_set import TrainingSet
from riskwatch.workspace import resolve


class Forecaster(Protocol):
    """Fitted on some rows, says likelihoods of others."""

    def fit(self, rows: TrainingSet) -> Any:
        """Learn from rows whose outcome is known."""
        ...

    def likelihood(self, rows: TrainingSet) -> FloatArray:
        """[n] likelihoods."""
        ...


class Recipe:
    """A classifier of `models/` on the features of the log, each row weighed for those it stands for."""

    def __init__(self, uses: str) -> None:
        self.uses = uses
        self.model: Any = None

    def fit(self, rows: TrainingSet) -> Recipe:
        """A new model each time."""
        self.model = resolve(self.uses, "flows/forecasters.py")()
        self.model.fit(
            rows.features, rows.column("outcome").astype(int), sample_weight=rows.column("weight")
        )
        return self

    def likelihood(self, rows: TrainingSet) -> FloatArray:
        """Its probability of the outcome."""
        found: FloatArray = self.model.predict_proba(rows.features)[:, 1]
        return found

    @property
    def promotable(self) -> bool:
        """Whether it can be on duty: its numbers can be frozen, and its terms add up to its log-odds."""
        return all(hasattr(resolve(self.uses), name) for name in ("numbers", "frozen", "log_odds", "terms"))


class ByCase:
    """A baseline: the outcome's rate in training, by the value of one column (or of none)."""

    def __init__(self, column: str | None) -> None:
        self._column = column
        self._rate: FloatArray = np.zeros(2)

    def _case(self, rows: TrainingSet) -> Any:
        if self._column is None:
            return np.zeros(rows.table.num_rows, dtype=np.int64)
        return rows.column(self._column).astype(np.int64)

    def fit(self, rows: TrainingSet) -> ByCase:
        """Count; a case that was never seen has the rate of half an outcome in one row."""
        weight, case = rows.column("weight"), self._case(rows)
        right = np.bincount(case, weight * rows.column("outcome"), 2)
        self._rate = (right + 0.5) / (np.bincount(case, weight, 2) + 1.0)
        return self

    def likelihood(self, rows: TrainingSet) -> FloatArray:
        """The rate of each row's case."""
        found: FloatArray = self._rate[self._case(rows)]
        return found


class Frozen:
    """A bundle as it is: it learns nothing here."""

    def __init__(self, log_odds: Callable[[FloatArray], FloatArray]) -> None:
        self._log_odds = log_odds

    def fit(self, rows: TrainingSet) -> Frozen:
        """Nothing."""
        return self

    def likelihood(self, rows: TrainingSet) -> FloatArray:
        """What the bundle on duty would say."""
        found: FloatArray = expit(self._log_odds(rows.features))
        return found


RECIPES: Mapping[str, str] = {
    "surge_linear": "models.surge_linear:SurgeLinear",
    "surprise_odds": "models.surprise_odds:SurpriseOdds",
    "surge_boosting": "models.surge_boosting:SurgeBoosting",
    "isolation": "models.isolation:IsolationScore",
}
"""From the plainest on: of those that can be on duty, a later one must be surely better to be chosen."""

BASELINES: Mapping[str, str | None] = {
    "base_rate": None,
    "persistence": "in_progress",
    "seasonal_naive": "week_ago",
}


def competitors() -> dict[str, Forecaster]:
    """Every recipe and baseline by name, none of them fitted."""
    return {
        **{name: Recipe(uses) for name, uses in RECIPES.items()},
        **{name: ByCase(column) for name, column in BASELINES.items()},
    }
