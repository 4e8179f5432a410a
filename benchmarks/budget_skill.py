"""Skill of scores in benchmarks: precision, Brier skill, alerts at a budget, with weekly intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
DRAWS = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and the 95 % interval that resampling whole blocks gives."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores [n] in [0, 1] of rows with a label, how many rows each stands for, and its block (a week)."""

    score: FloatArray
    label: NDArray[np.bool_]
    weight: FloatArray
    block: IntArray

    def where(self, kept: NDArray[np.bool_]) -> Scored:
        """The rows that are kept."""
        return Scored(self.score[kept], self.label[kept], self.weight[kept], self.block[kept])

    def average_precision(self, draws: int = DRAWS) -> Interval:
        """Mean precision over the recalls it takes; rows of one score stand or fall together.

        >>> score, label = np.array([0.9, 0.5, 0.1]), np.array([True, False, True])
        >>> rows = Scored(score, label, np.ones(3), np.arange(3))
        >>> round(rows.average_precision(draws=1).value, 4)
        0.8333
        """
        order = np.argsort(-self.score, kind="stable")
        ends = np.flatnonzero(np.r_[np.diff(self.score[order]) != 0, True])
        label, block = self.label[order], self.block[order]

        def of(weight: FloatArray) -> float:
            hit = np.cumsum(weight * label)[ends]
            every = np.cumsum(weight)[ends]
            if hit[-1] <= 0:
                return float("nan")
            precision = np.divide(hit, every, out=np.zeros_like(hit), where=every > 0)
            return float(np.diff(hit, prepend=0.0) @ precision / hit[-1])

        weight = self.weight[order]
        return _interval(of(weight), [of(weight * times[block]) for times in self._drawn(draws)])

    def brier_skill(self, draws: int = DRAWS) -> Interval:
        """1 - squared error over that of the base rate; 0 is no better than stating it always."""
        blocks = self._blocks()
        error = np.bincount(self.block, self.weight * (self.score - self.label) ** 2, blocks)
        hit, every = self._sums()

        def of(times: FloatArray) -> float:
            share = times @ hit / (times @ every)
            spread = share * (1.0 - share) * (times @ every)
            return float(1.0 - times @ error / spread) if spread > 0 else float("nan")

        return _interval(of(np.ones(blocks)), [of(times) for times in self._drawn(draws)])

    def auc(self, draws: int = DRAWS) -> Interval:
        """The chance that a row with the label scores over one without it, ties by half."""
        order = np.argsort(self.score, kind="stable")
        _, group = np.unique(self.score[order], return_inverse=True)
        label, block, own = self.label[order], self.block[order], self.weight[order]

        def of(weight: FloatArray) -> float:
            hit = np.bincount(group, weight * label)
            other = np.bincount(group, weight * ~label)
            below = np.cumsum(other) - other / 2.0
            total = hit.sum() * other.sum()
            return float(hit @ below / total) if total > 0 else float("nan")

        return _interval(of(own), [of(own * times[block]) for times in self._drawn(draws)])

    def share(self, draws: int = DRAWS) -> Interval:
        """How often the label holds: the base rate."""
        hit, every = self._sums()
        return _interval(
            float(hit.sum() / every.sum()), [float(t @ hit / (t @ every)) for t in self._drawn(draws)]
        )

    def _sums(self) -> tuple[FloatArray, FloatArray]:
        blocks = self._blocks()
        hit = np.bincount(self.block, self.weight * self.label, blocks).astype(np.float64)
        return hit, np.bincount(self.block, self.weight, blocks).astype(np.float64)

    def _blocks(self) -> int:
        return int(self.block.max()) + 1

    def _drawn(self, draws: int) -> FloatArray:
        """[draws, blocks] how often each block comes, as many blocks as there are."""
        present = np.unique(self.block)
        times = np.zeros((draws, self._blocks()))
        even = np.full(len(present), 1.0 / len(present))
        times[:, present] = np.random.default_rng(0).multinomial(len(present), even, size=draws)
        return times


@dataclass(frozen=True, slots=True)
class Raised:
    """What alerts at a budget were worth; `accuracy` of the alerts, `recall` of the label's rows."""

    alerts_per_day: float
    accuracy: Interval
    recall: Interval


def at_budget(
    scored: Scored, tick: IntArray, place: IntArray, *, hold: int, days: float, per_day: float = 1.0
) -> Raised:
    """Alerts at the lowest score that keeps to a budget.

    A row at that score or over raises an alert unless one of the same place stands, which it does
    for `hold` ticks; it is right if its own label holds. A row is recalled if an alert stands.
    Rows of equal score are told apart by their tick and place, in no order that means anything.
    """
    blur = ((tick * 2_654_435_761 + place * 40_503) % 1_000_003) / 1_000_003
    rank = np.empty(len(tick), dtype=np.int64)
    rank[np.lexsort((blur, scored.score))] = np.arange(len(tick))
    order = np.lexsort((tick, place))
    most = int(per_day * days)
    low, high = (
        max(0, len(tick) - (most + 1) * (hold + 1)),
        len(tick),
    )  # an alert covers `hold` rows at most
    while low < high:  # the lowest rank with at most so many alerts
        middle = (low + high) // 2
        if len(_opened(order[rank[order] >= middle], tick, place, hold)) <= most:
            high = middle
        else:
            low = middle + 1
    opened = _opened(order[rank[order] >= low], tick, place, hold)
    right = Scored(scored.score, scored.label, np.ones(len(tick)), scored.block)
    stands = _stands(opened, order, tick, place, hold)
    hit = Scored(scored.score, stands, scored.weight, scored.block).where(scored.label)
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    chosen = np.isin(np.arange(len(tick)), opened)
    return Raised(
        len(opened) / days,
        right.where(chosen).share() if len(opened) else nothing,
        hit.share() if len(hit.label) else nothing,
    )


def _opened(over: IntArray, tick: IntArray, place: IntArray, hold: int) -> IntArray:
    """The rows that open an alert, of rows over the score by place and tick."""
    found, last_place, until = [], -1, -1
    for row, where, at in zip(over.tolist(), place[over].tolist(), tick[over].tolist(), strict=True):
        if where != last_place or at >= until:
            found.append(row)
            last_place, until = where, at + hold
    return np.array(found, dtype=np.int64)


def _stands(
    opened: IntArray, order: IntArray, tick: IntArray, place: IntArray, hold: int
) -> NDArray[np.bool_]:
    """[n] where an alert stands: from the tick it opened at, for `hold` ticks."""
    stands = np.zeros(len(tick), dtype=bool)
    key = place[order] * (1 << 40) + tick[order]
    start = place[opened] * (1 << 40) + tick[opened]
    spans = zip(np.searchsorted(key, start), np.searchsorted(key, start + hold), strict=True)
    for begin, end in spans:
        stands[order[begin:end]] = True
    return stands


def _interval(value: float, drawn: list[float]) -> Interval:
    told = [number for number in drawn if not np.isnan(number)]
    low, high = np.percentile(told, [2.5, 97.5]) if told else (np.nan, np.nan)
    return Interval(value, float(low), float(high))
