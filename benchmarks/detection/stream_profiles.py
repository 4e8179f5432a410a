"""What a stream's week looks like: patterns that all streams share, as much of each as its counts say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.made_streams import STEPS_A_DAY
from riskwatch.core.compiled import compiled

FloatArray = NDArray[np.float64]

SLOTS = 2 * STEPS_A_DAY  # the steps of a weekday, then of a day of the weekend
PATTERNS = 5
LEAST = 0.03  # of the usual: no slot is expected to bring less
BUSIEST = 0.05  # of the streams show the first patterns
WEEK = np.repeat([5.0, 2.0], STEPS_A_DAY) / (7 * STEPS_A_DAY)  # a slot's share of the week


def slot_of(step: int) -> int:
    """The slot of a step counted from a Monday's first."""
    day, at = divmod(step, STEPS_A_DAY)
    return at + (STEPS_A_DAY if day % 7 >= 5 else 0)


class Profiles:
    """[SLOTS, streams] factors of a stream's level, mean 1 over the week.

    A stream's profile is the common one plus PATTERNS patterns in amounts of its own, normally
    distributed over streams: a factor model with known noise, fitted by one step of
    expectation-maximisation a call of `fit` (Rubin and Thayer 1982).
    """

    def __init__(self, streams: int) -> None:
        self.seen, self.usual = np.zeros((SLOTS, streams)), np.zeros((SLOTS, streams))
        self.shape = np.ones((SLOTS, streams))
        self._common, self._patterns = np.ones(SLOTS), np.zeros((0, 0))

    def fit(self) -> None:
        """One step towards the likeliest patterns, and every stream's profile by them."""
        steps = 1
        if not self._patterns.size:
            steps = 3
            self._first()
        for _ in range(steps):
            moments = np.zeros((SLOTS, PATTERNS + 1, PATTERNS + 1))
            towards = np.zeros((SLOTS, PATTERNS + 1))
            _amounts(self.seen, self.usual, self._common, self._patterns, self.shape, moments, towards)
            fitted = np.linalg.solve(moments + 1e-6 * np.eye(PATTERNS + 1), towards[:, :, None])[:, :, 0]
            self._patterns, self._common = np.ascontiguousarray(fitted[:, :-1]), fitted[:, -1].copy()
        self.shape /= WEEK @ self.shape

    def _first(self) -> None:
        self._common = self.seen.sum(axis=1) / self.usual.sum(axis=1)
        self.shape[:] = self._common[:, None]
        usual = np.maximum(self.usual, 1e-9)
        busiest = np.argsort(-usual.min(axis=0))[: max(int(BUSIEST * usual.shape[1]), 2)]
        off = self.seen[:, busiest] / usual[:, busiest] - self._common[:, None]
        share, pattern = np.linalg.eigh(off @ off.T / len(busiest))
        self._patterns = pattern[:, -PATTERNS:] * np.sqrt(np.maximum(share[-PATTERNS:], 0.0))


@compiled
def _amounts(seen, usual, common, patterns, shape, moments, towards):
    """The expectation step: each stream's shape, and the sums that the maximisation step divides."""
    slots, streams = seen.shape
    n = patterns.shape[1]
    precision, pull, amount = np.empty((n, n)), np.empty(n), np.empty(n + 1)
    for i in range(streams):
        precision[:] = np.eye(n)
        pull[:] = 0.0
        for k in range(slots):
            if usual[k, i] <= 1e-9:
                continue
            sure = usual[k, i] / max(shape[k, i], 0.05)  # of seen / usual: one over its variance
            off = (seen[k, i] / usual[k, i] - common[k]) * sure
            for a in range(n):
                pull[a] += patterns[k, a] * off
                for b in range(n):
                    precision[a, b] += patterns[k, a] * patterns[k, b] * sure
        doubt = np.linalg.inv(precision)
        amount[:n] = doubt @ pull
        amount[n] = 1.0
        for k in range(slots):
            if usual[k, i] > 1e-9:
                sure = usual[k, i] / max(shape[k, i], 0.05)
                for a in range(n + 1):
                    towards[k, a] += sure * seen[k, i] / usual[k, i] * amount[a]
                    for b in range(n + 1):
                        moments[k, a, b] += sure * amount[a] * amount[b]
                        if a < n and b < n:
                            moments[k, a, b] += sure * doubt[a, b]
            value = common[k]
            for a in range(n):
                value += patterns[k, a] * amount[a]
            shape[k, i] = max(value, LEAST)
