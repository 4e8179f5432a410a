"""What a detector's alarms are worth: one definition for every method of the weekly benchmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

REPLICATES = 1000
NAMES = ("POD", "POD in week 1", "delay (weeks)", "sensitivity", "PPV", "F1", "false a series-week")


@dataclass(frozen=True, slots=True)
class Truth:
    """[series, weeks] that are outbreak weeks, and the column at which each series' outbreak starts."""

    outbreak: BoolArray
    start: NDArray[np.int64]


def cut_at(score: FloatArray, truth: Truth, rate: float) -> float:
    """The cut above which `rate` of the weeks without an outbreak are alarms."""
    return float(np.quantile(score[~truth.outbreak], 1.0 - rate, method="higher"))


def level_at(alarms: list[BoolArray], truth: Truth, rate: float) -> BoolArray:
    """Of alarms at several levels, those whose false-alarm rate is nearest to `rate` on a log scale."""
    off = [abs(np.log(max(a[~truth.outbreak].mean(), 1e-6) / rate)) for a in alarms]
    return alarms[int(np.argmin(off))]


def measure(alarms: BoolArray, truth: Truth, seed: int = 0) -> dict[str, tuple[float, float, float]]:
    """{name: (value, low, high)}: 95% intervals from drawing whole series again."""
    right = alarms & truth.outbreak
    found = right.any(axis=1)
    first = alarms[np.arange(len(alarms)), truth.start]
    delay = np.where(found, right.argmax(axis=1) - truth.start, 0)
    wrong = alarms & ~truth.outbreak
    sums = np.column_stack(
        [
            np.ones(len(alarms)),
            found,
            first,
            delay,
            right.sum(axis=1),
            truth.outbreak.sum(axis=1),
            wrong.sum(axis=1),
            (~truth.outbreak).sum(axis=1),
        ]
    )
    drawn = np.random.default_rng(seed).multinomial(
        len(sums), np.full(len(sums), 1 / len(sums)), size=REPLICATES
    )
    again = _ratios(drawn @ sums)
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    value = _ratios(sums.sum(axis=0)[None])[0]
    return {n: (float(v), float(a), float(b)) for n, v, a, b in zip(NAMES, value, low, high, strict=True)}


def _ratios(sums: FloatArray) -> FloatArray:
    """[n, names] of sums [n, 8]."""
    series, found, first, delay, right, weeks, wrong, quiet = sums.T
    sensitivity = right / weeks
    precision = right / np.maximum(right + wrong, 1)
    f1 = 2 * right / np.maximum(weeks + right + wrong, 1)
    return np.column_stack(
        [
            found / series,
            first / series,
            delay / np.maximum(found, 1),
            sensitivity,
            precision,
            f1,
            wrong / quiet,
        ]
    )


def cell(found: tuple[float, float, float], digits: int = 3) -> str:
    """A value with its interval, for a table."""
    value, low, high = found
    return f"{value:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
