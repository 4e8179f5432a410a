"""Verdict memory: how often alerts like this one were right; a River classifier that learns at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from river import base
from river.base.typing import ClfTarget


class VerdictMemory(base.Classifier):
    """Beta-binomial share of true verdicts by the values of a few features.

    The prior is worth `prior_weight` verdicts at `prior_share`; a key without verdicts answers
    the prior.

    >>> memory = VerdictMemory(by=["signature"])
    >>> memory.learn_one({"signature": "gastro"}, True)
    >>> memory.learn_one({"signature": "gastro"}, True)
    >>> round(memory.predict_proba_one({"signature": "gastro"})[True], 3)
    0.75
    >>> memory.tally({"signature": "gastro"})
    (2, 2)
    """

    def __init__(
        self, by: Sequence[str] = ("signature",), prior_share: float = 0.5, prior_weight: float = 2.0
    ) -> None:
        self.by = by
        self.prior_share = prior_share
        self.prior_weight = prior_weight
        self._right: dict[tuple[Hashable, ...], int] = {}
        self._all: dict[tuple[Hashable, ...], int] = {}

    @property
    def _multiclass(self) -> bool:
        return False

    def learn_one(self, x: dict[Hashable, Any], y: ClfTarget) -> None:
        """Take in one verdict: whether the alert with these features was right."""
        key = self._key(x)
        self._all[key] = self._all.get(key, 0) + 1
        self._right[key] = self._right.get(key, 0) + int(bool(y))

    def predict_proba_one(self, x: dict[Hashable, Any], **kwargs: Any) -> dict[ClfTarget, float]:
        """Posterior mean that such an alert is right, and its complement."""
        right, judged = self.tally(x)
        share = (right + self.prior_share * self.prior_weight) / (judged + self.prior_weight)
        return {True: share, False: 1.0 - share}

    def tally(self, x: dict[Hashable, Any]) -> tuple[int, int]:
        """(right, judged) so far of alerts like this."""
        key = self._key(x)
        return self._right.get(key, 0), self._all.get(key, 0)

    def state(self) -> dict[str, Any]:
        """The tallies, as JSON."""
        return {"tallies": [[list(key), self._right[key], n] for key, n in self._all.items()]}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self._right = {tuple(key): right for key, right, _ in state["tallies"]}
        self._all = {tuple(key): judged for key, _, judged in state["tallies"]}

    def _key(self, x: dict[Hashable, Any]) -> tuple[Hashable, ...]:
        return tuple(x.get(name) for name in self.by)
