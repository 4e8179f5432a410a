"""Models that break one rule each, made of the sound ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.naive_bayes import GaussianNB

from models.surprise_odds import SurpriseOdds
from models.verdict_memory import VerdictMemory


class PredictsUnfitted(SurpriseOdds):
    """Against scikit-learn: answers before it was fitted."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        return np.zeros(len(X)) if not hasattr(self, "coef_") else super().predict(X)


class FallsWithSurprise(SurpriseOdds):
    def log_odds(self, rows: Any) -> Any:
        return super().log_odds(rows) - 0.5 * np.asarray(rows)[:, 1]


class DoesNotAddUp(SurpriseOdds):
    def terms(self, rows: Any) -> Any:
        return super().terms(rows) * 1.1


class NumbersForgetTheCap(SurpriseOdds):
    def numbers(self) -> dict[str, Any]:
        return {**super().numbers(), "cap": 5.0}


class LearnsWhenAsked(SurpriseOdds):
    def log_odds(self, rows: Any) -> Any:
        self.asked_ = getattr(self, "asked_", 0) + 1
        return super().log_odds(rows)


class ScoresAgainstTheBatch(SurpriseOdds):
    """A row's answer depends on the rows it comes with."""

    def log_odds(self, rows: Any) -> Any:
        odds = super().log_odds(rows)
        return odds - odds.mean() if len(odds) > 1 else odds


class MemoryLearnsWhenAsked(VerdictMemory):
    def predict_proba_one(self, x: Any, **kwargs: Any) -> Any:
        share = super().predict_proba_one(x)
        self._all[self._key(x)] = self._all.get(self._key(x), 0) + 1
        return share


class MemoryReturns(VerdictMemory):
    """Learning gives something back."""

    def learn_one(self, x: Any, y: Any) -> Any:
        super().learn_one(x, y)
        return self


class MemoryShares(VerdictMemory):
    """Two models write into one memory."""

    told: dict[Any, int] = {}  # noqa: RUF012 - the fault that is to be caught

    def learn_one(self, x: Any, y: Any) -> None:
        super().learn_one(x, y)
        self.told[self._key(x)] = self.told.get(self._key(x), 0) + 1

    def predict_proba_one(self, x: Any, **kwargs: Any) -> Any:
        share = 1.0 / (2.0 + self.told.get(self._key(x), 0))
        return {True: share, False: 1.0 - share}


class MemoryIsNotSaved(VerdictMemory):
    """Its state does not hold what it was told."""

    def state(self) -> Any:
        return {**super().state(), "tallies": []}


class NoModel:
    """Follows neither protocol."""


BROKEN: dict[type[Any], str] = {
    PredictsUnfitted: "follows_scikit_learn",
    GaussianNB: "protocol",  # sound, but no member of a bundle
    FallsWithSurprise: "more_surprise_never_lowers_the_odds",
    DoesNotAddUp: "terms_add_up",
    NumbersForgetTheCap: "frozen_numbers_make_the_same_model",
    LearnsWhenAsked: "follows_scikit_learn",
    ScoresAgainstTheBatch: "follows_scikit_learn",
    MemoryLearnsWhenAsked: "follows_river",
    MemoryReturns: "learner_answers_without_learning",
    MemoryShares: "same_verdicts_make_the_same_learner",
    MemoryIsNotSaved: "learner_state_is_all_there_is",
    NoModel: "protocol",
}
"""Each with the rule that must catch it."""
