"""Skill of forecasts: average precision and Brier skill, with intervals that draw whole weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.scores import FloatArray
from riskwatch.learn.candidate import Measured

BLOCK_US = 7 * DAY_US
_BINS = 1000
_REPLICATES = 1000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Judgement:
    """Rows to be forecast: [n] outcome, weight (how many rows one stands for) and decision instant."""

    outcome: NDArray[np.bool_]
    weight: FloatArray
    decided_at_us: NDArray[np.int64]

    def where(self, kept: NDArray[np.bool_]) -> Judgement:
        """The rows that are kept."""
        return Judgement(self.outcome[kept], self.weight[kept], self.decided_at_us[kept])

    @property
    def block(self) -> NDArray[np.int64]:
        """[n] weeks, numbered from 0 without gaps."""
        return np.unique(self.decided_at_us // BLOCK_US, return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class Tables:
    """One forecast as tables: [weeks, bins] weight of rows with and without the outcome, and Brier sums.

    Bins are of falling likelihood; `loss` [weeks] is the weighted squared error.
    """

    right: FloatArray
    wrong: FloatArray
    loss: FloatArray

    @classmethod
    def of(cls, likelihood: FloatArray, rows: Judgement) -> Tables:
        """Tables of likelihoods [n]; equal likelihoods share a bin, the rarest bins are the finest."""
        block = rows.block
        weeks = int(block.max(initial=-1)) + 1
        order = np.sort(likelihood)[::-1]
        places = np.unique(np.geomspace(1, len(order), _BINS).astype(np.int64)) - 1
        edges = np.unique(order[places])  # ascending
        bins = len(edges) - np.searchsorted(edges, likelihood, side="right")
        shape = (weeks, len(edges) + 1)
        cell = block * shape[1] + bins

        def table(weight: FloatArray) -> FloatArray:
            return np.bincount(cell, weight, shape[0] * shape[1]).reshape(shape).astype(np.float64)

        error = (likelihood - rows.outcome) ** 2
        loss = np.bincount(block, rows.weight * error, weeks).astype(np.float64)
        return cls(table(rows.weight * rows.outcome), table(rows.weight * ~rows.outcome), loss)

    def average_precision(self, times: FloatArray) -> FloatArray:
        """[replicates] for weeks drawn so many times [replicates, weeks]; NaN without an outcome."""
        right = times @ self.right
        caught, all_above = np.cumsum(right, axis=1), np.cumsum(right + times @ self.wrong, axis=1)
        precision = np.divide(caught, all_above, out=np.zeros_like(caught), where=all_above > 0)
        total = caught[:, -1]
        with np.errstate(invalid="ignore"):
            found: FloatArray = (precision * right).sum(axis=1) / total
        return found

    def brier_skill(self, times: FloatArray) -> FloatArray:
        """[replicates] 1 - Brier score over that of the base rate in the same weeks."""
        right, wrong = times @ self.right.sum(axis=1), times @ self.wrong.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            skill: FloatArray = 1.0 - times @ self.loss / (right * wrong / (right + wrong))
        return skill


def draws(weeks: int) -> FloatArray:
    """[1 + replicates, weeks]: first every week once, then as many weeks drawn with replacement."""
    draw = np.random.default_rng(_SEED)
    times = draw.multinomial(weeks, np.full(weeks, 1.0 / weeks), size=_REPLICATES)
    return np.vstack([np.ones(weeks), times]).astype(np.float64)


def interval(values: FloatArray) -> Measured:
    """The first value with the middle 95% of the others; no interval where too few are numbers."""
    told = values[1:][np.isfinite(values[1:])]
    if len(told) < _REPLICATES // 2:
        return Measured(float(values[0]) if np.isfinite(values[0]) else 0.0)
    low, high = np.quantile(told, [0.025, 0.975])
    return Measured(float(values[0]), float(low), float(high))


def skill_of(likelihood: FloatArray, rows: Judgement) -> dict[str, Measured]:
    """`average_precision` and `brier_skill` of likelihoods [n]."""
    tables = Tables.of(likelihood, rows)
    times = draws(len(tables.loss))
    return {
        "average_precision": interval(tables.average_precision(times)),
        "brier_skill": interval(tables.brier_skill(times)),
    }
