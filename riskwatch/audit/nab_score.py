"""The scores of the Numenta Anomaly Benchmark, by its published formula (Lavin and Ahmad 2015)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PROBATION, MOST_ROWS = 0.15, 5000
SILENT = 1.1
"""A threshold above every score: no alarm at all."""

_BEHIND = 3.0  # window widths behind the last window; a false alarm from there on costs in full
_OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Profile:
    """What a hit, a false alarm and a miss are worth to an application."""

    name: str
    hit: float
    false_alarm: float
    miss: float


PROFILES = (
    Profile("standard", 1.0, 0.11, 1.0),
    Profile("reward_low_FP_rate", 1.0, 0.22, 1.0),
    Profile("reward_low_FN_rate", 1.0, 0.11, 2.0),
)


@dataclass(frozen=True, slots=True)
class Scored:
    """One file: an anomaly score in [0, 1] a row, and its windows as first and last row, in order."""

    scores: FloatArray
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Best:
    """The highest score that one threshold reaches on all files together, and that threshold."""

    score: float
    threshold: float


def probation(rows: int) -> int:
    """How many rows at the beginning no score counts for.

    >>> probation(4032), probation(20000)
    (604, 750)
    """
    return int(min(PROBATION * rows, PROBATION * MOST_ROWS))


def sigmoid(position: FloatArray) -> FloatArray:
    """Near 1 at the beginning of a window, 0 at its end, -1 far behind it; position in window widths.

    >>> sigmoid(np.array([-1.0, -0.5, 0.0, 3.0])).round(5).tolist()
    [0.98661, 0.84828, 0.0, -1.0]
    """
    near = 2.0 / (1.0 + np.exp(5.0 * np.minimum(position, _BEHIND))) - 1.0
    found: FloatArray = np.where(position >= _BEHIND, -1.0, near)
    return found


def worth(file: Scored, profile: Profile) -> tuple[FloatArray, IntArray]:
    """What an alarm is worth at each row [rows], and the window each row lies in [rows], -1 for none."""
    rows = np.arange(len(file.scores))
    value = np.full(len(rows), -profile.false_alarm)
    window = np.full(len(rows), _OUTSIDE, dtype=np.int64)
    for first, last in file.windows:  # in order: the last window before a row counts
        after = rows[last + 1 :]
        value[last + 1 :] = profile.false_alarm * sigmoid((after - last) / max(last - first, 1))
    most = float(sigmoid(np.array([-1.0]))[0])
    for number, (first, last) in enumerate(file.windows):
        mine = slice(first, last + 1)
        value[mine] = profile.hit * sigmoid((rows[mine] - last - 1) / (last - first + 1)) / most
        window[mine] = number
    return value, window


def best_threshold(files: Sequence[Scored], profile: Profile) -> Best:
    """The best normalised score: 0 for a detector that never speaks, 100 for a perfect one.

    A window that lies in probation as a whole counts neither as found nor as missed.
    """
    rows = _Rows.of(files, profile)
    silent = -profile.miss * rows.windows
    standing = np.full(rows.windows, -profile.miss)
    best, threshold, total = silent, SILENT, silent
    order = np.argsort(-rows.scores, kind="stable")
    for n, row in enumerate(order):
        window = rows.window[row]
        if window == _OUTSIDE:
            total += rows.worth[row]
        elif rows.worth[row] > standing[window]:
            total += rows.worth[row] - standing[window]
            standing[window] = rows.worth[row]
        last = n + 1 == len(order) or rows.scores[order[n + 1]] < rows.scores[row]
        if last and total > best:
            best, threshold = total, float(rows.scores[row])
    return Best(normalised(best, rows.windows, profile), threshold)


def at_threshold(files: Sequence[Scored], profile: Profile, threshold: float) -> float:
    """The normalised score if a row at or above the threshold is an alarm; nan without windows."""
    return normalised(*raw(files, profile, threshold), profile)


def raw(files: Sequence[Scored], profile: Profile, threshold: float) -> tuple[float, int]:
    """(score, windows) before it is normalised; both add up over files."""
    rows = _Rows.of(files, profile)
    return _total(rows, profile, threshold), rows.windows


def normalised(total: float, windows: int, profile: Profile) -> float:
    """From -miss a window, as 0, to +hit a window, as 100; nan without windows."""
    if not windows:
        return float("nan")
    silent = -profile.miss * windows
    return float(100.0 * (total - silent) / (profile.hit * windows - silent))


def found_and_false(files: Sequence[Scored], threshold: float) -> tuple[int, int, int]:
    """How many windows there are, how many have an alarm, and how many alarms lie in none."""
    rows = _Rows.of(files, PROFILES[0])
    alarms = rows.scores >= threshold
    found = np.unique(rows.window[alarms & (rows.window != _OUTSIDE)])
    return rows.windows, len(found), int((alarms & (rows.window == _OUTSIDE)).sum())


def _total(rows: _Rows, profile: Profile, threshold: float) -> float:
    alarms = rows.scores >= threshold
    inside = rows.window != _OUTSIDE
    standing = np.full(rows.windows, -profile.miss)
    np.maximum.at(standing, rows.window[alarms & inside], rows.worth[alarms & inside])
    return float(standing.sum() + rows.worth[alarms & ~inside].sum())


@dataclass(frozen=True, slots=True)
class _Rows:
    """Every row behind probation, of all files: score, worth, number of its window over all files."""

    scores: FloatArray
    worth: FloatArray
    window: IntArray
    windows: int

    @classmethod
    def of(cls, files: Sequence[Scored], profile: Profile) -> _Rows:
        parts = list(_behind_probation(files, profile))
        if not parts:
            return cls(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64), 0)
        scores, value, window = (np.concatenate(column) for column in zip(*parts, strict=True))
        named, number = np.unique(window, return_inverse=True)
        outside = int(np.searchsorted(named, 0))  # 1 if any row lies in no window
        return cls(scores, value, number - outside, len(named) - outside)


def _behind_probation(
    files: Sequence[Scored], profile: Profile
) -> Iterator[tuple[FloatArray, FloatArray, IntArray]]:
    before = 0
    for file in files:
        first = probation(len(file.scores))
        value, window = worth(file, profile)
        numbered = np.where(window == _OUTSIDE, _OUTSIDE, window + before)
        yield file.scores[first:], value[first:], numbered[first:]
        before += len(file.windows)
