"""What is usual of a signature's sums in a place, from whole days that are over; labels are held to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from riskwatch.core.areas import AreaTree
from riskwatch.learn.labels import Labels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_HOURS = 168
_SD = 4.0  # sums beyond so many standard deviations count as that much when the spread is learnt
_PRIOR_SPREAD = 0.05
_PRIOR_WEIGHT = 5.0  # of the prior spread, in squared expected calls


class Season:
    """Gamma-Poisson level per area and signature, an hour-of-week profile, overdispersion by depth.

    It belongs to the definition of the outcome and not to any model, so that a label is the same
    whatever is on duty. Levels shrink towards the share that an area has of its parent's calls;
    profiles towards the hour of the day; spread is the excess variance of sums over the horizon.
    """

    def __init__(self, tree: AreaTree, signatures: int, horizon_ticks: int, labels: Labels) -> None:
        self._tree, self._horizon, self._labels = tree, horizon_ticks, labels
        areas, self._depths = len(tree), int(tree.depth.max(initial=0)) + 1
        self._roots = tree.depth == 0
        self._siblings = np.bincount(tree.parent[tree.parent >= 0], minlength=areas)
        self._fade = 0.5 ** (1.0 / labels.season.half_life_days)
        self._calls = np.zeros((areas, signatures))
        self._exposure = np.zeros(signatures)
        self._by_hour = np.zeros((_HOURS, signatures))
        self._ticks_by_hour = np.zeros((_HOURS, signatures))
        self._excess = np.zeros((self._depths, signatures))
        self._squares = np.zeros((self._depths, signatures))
        self.days = 0
        self.shape: FloatArray = np.ones((_HOURS, signatures))  # 1 on average
        self.level: FloatArray = np.zeros((areas, signatures))  # calls a tick of an average hour

    @property
    def ready(self) -> bool:
        """Whether as many days are over as labels ask for."""
        return self.days >= self._labels.min_history_days

    def exceeds(
        self, sums: IntArray, mean: FloatArray, areas: IntArray, signatures: IntArray
    ) -> NDArray[np.bool_]:
        """[n] whether sums are over the quantile of their season: a negative binomial, whole numbers."""
        calls = self._calls[areas, signatures] + self._labels.season.prior_calls
        size = 1.0 / (self.spread()[self._tree.depth[areas], signatures] + 1.0 / calls)
        below = betainc(size, np.maximum(sums, 1), size / (size + np.maximum(mean, 1e-9)))
        over: NDArray[np.bool_] = (sums > 0) & (below >= self._labels.quantile)
        return over

    def spread(self) -> FloatArray:
        """[depths, signatures] variance beyond Poisson, in squared means."""
        pooled = (self._excess.sum(axis=1) + _PRIOR_WEIGHT * _PRIOR_SPREAD) / (
            self._squares.sum(axis=1) + _PRIOR_WEIGHT
        )
        own = (self._excess + _PRIOR_WEIGHT * pooled[:, None]) / (self._squares + _PRIOR_WEIGHT)
        floored: FloatArray = np.maximum(own, 1e-3)
        return floored

    def learn(self, counts: NDArray[np.int32], hours: IntArray, sees: NDArray[np.bool_]) -> None:
        """Take in a day that is over: [ticks, areas, signatures] counts, [ticks] hours of the week.

        `sees` [ticks, signatures] says where the feed was up; other ticks are no exposure.
        """
        if self.days:
            self._learn_spread(counts, hours, sees)
        seen = np.where(sees[:, None, :], counts, 0)
        calls, hours_seen = (self._calls, self._exposure), (self._by_hour, self._ticks_by_hour)
        for kept in (*calls, *hours_seen, self._excess, self._squares):
            np.multiply(kept, self._fade, out=kept)
        self._calls += seen.sum(axis=0)
        self._exposure += (self.shape[hours] * sees).sum(axis=0)
        np.add.at(self._by_hour, hours, seen[:, self._roots].sum(axis=1))
        np.add.at(self._ticks_by_hour, hours, sees)
        self.days += 1
        self.shape = self._profile()
        self.level = self._levels()

    def _learn_spread(self, counts: NDArray[np.int32], hours: IntArray, sees: NDArray[np.bool_]) -> None:
        spread = self.spread()[self._tree.depth]
        for start in range(0, len(counts) - self._horizon + 1, self._horizon):
            part = slice(start, start + self._horizon)
            up = sees[part].all(axis=0)
            mean = self.level * self.shape[hours[part]].sum(axis=0)
            usual = np.sqrt(mean + spread * mean**2)
            total = np.minimum(counts[part].sum(axis=0), mean + _SD * usual + 1.0)
            excess = np.where(up, (total - mean) ** 2 - mean, 0.0)
            np.add.at(self._excess, self._tree.depth, excess)
            np.add.at(self._squares, self._tree.depth, np.where(up, mean**2, 0.0))
        np.maximum(self._excess, 0.0, out=self._excess)

    def _profile(self) -> FloatArray:
        prior = 10.0 * self._labels.season.prior_calls
        usual = (self._by_hour.sum(axis=0) + 0.5) / np.maximum(self._ticks_by_hour.sum(axis=0), 1.0)
        day, ticks = (a.reshape(7, 24, -1).sum(axis=0) for a in (self._by_hour, self._ticks_by_hour))
        hourly = (day + prior) / (ticks * usual + prior)
        shape = (self._by_hour + prior * np.tile(hourly, (7, 1))) / (self._ticks_by_hour * usual + prior)
        even: FloatArray = shape / shape.mean(axis=0)
        return even

    def _levels(self) -> FloatArray:
        tree, prior_calls = self._tree, self._labels.season.prior_calls
        exposure = np.maximum(self._exposure, 1e-9)
        everything = self._calls.sum(axis=1)
        prior = (self._calls + 0.5) / exposure
        for depth in range(1, self._depths):
            here = np.flatnonzero(tree.depth == depth)
            up = tree.parent[here]
            share = (everything[here] + 1.0 / self._siblings[up]) / (everything[up] + 1.0)
            prior[here] = prior[up] * share[:, None]
        level: FloatArray = (self._calls + prior_calls) / (self._exposure + prior_calls / prior)
        return level
