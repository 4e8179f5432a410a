"""What each contender of the streams benchmark makes of a step: expectation, scores, the held cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from benchmarks.detection.made_streams import STEPS_A_DAY
from riskwatch.extract.tails import EmpiricalTail, log_likelihood_ratio

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SCAN = (1, 2, 4, 8)
SIZES = ((2.0, 3.0), (3.0, 4.0), (4.0, 6.0), (8.0, 9.0))  # an incident's factor, and the least it adds
START, GO_ON = 3e-5, 0.85  # how often one begins at a step, and how often it goes on to the next
HALF_LIFE_DAYS = 14.0
AT_ONCE = 2.0  # nats over the cut that need no second look


class Expectation:
    """Mean and inverse size of every stream's next step, from the past alone.

    A fast level (exponentially forgotten) times a profile of the day's steps, weekend apart, shrunk
    towards that of all streams; inverse size by moments, shrunk too. One count teaches no more than
    four standard deviations above its mean.
    """

    def __init__(self, streams: int) -> None:
        slots = 2 * STEPS_A_DAY
        self._keep = 0.5 ** (1.0 / (HALF_LIFE_DAYS * STEPS_A_DAY))
        self._seen, self._weight = np.zeros(streams), np.zeros(streams)
        self._slot_seen, self._slot_usual = np.zeros((slots, streams)), np.zeros((slots, streams))
        self._excess, self._square = np.zeros(streams), np.zeros(streams)
        self.n = 0

    def _slot(self) -> int:
        day, step = divmod(self.n, STEPS_A_DAY)
        return step + (STEPS_A_DAY if day % 7 >= 5 else 0)

    def read(self) -> tuple[FloatArray, FloatArray]:
        """([streams] mean of the next step, [streams] its inverse size, the level's doubt included)."""
        slot = self._slot()
        everywhere = (self._seen.sum() + 1.0) / (self._weight.sum() + 1.0)
        level = (self._seen + everywhere) / (self._weight + 1.0)
        pooled = (self._slot_seen[slot].sum() + 1.0) / (self._slot_usual[slot].sum() + 1.0)
        shape = (self._slot_seen[slot] + 8.0 * pooled) / (self._slot_usual[slot] + 8.0)
        common = max(self._excess.sum() / max(self._square.sum(), 1.0), 0.02)
        inverse = np.maximum((self._excess + 12.0 * common) / (self._square + 12.0), 0.02)
        doubt = 1.0 / (self._seen + 1.0) + 1.0 / (self._slot_seen[slot] + 8.0 * shape)
        return level * shape, inverse + np.minimum(doubt, 1.0)

    def update(self, counts: FloatArray, mean: FloatArray, inverse: FloatArray) -> None:
        """Learn the step that was judged by this mean."""
        spread = np.sqrt(mean + inverse * mean**2)
        held = np.minimum(counts, mean + 4.0 * np.maximum(spread, 0.5))
        slot = self._slot()
        level = (self._seen + 1e-3) / (self._weight + 1e-3)
        shape = mean / np.maximum(level, 1e-6)
        self._seen = self._keep * self._seen + held
        self._weight = self._keep * self._weight + np.clip(shape, 0.05, 20.0)
        slow = 1.0 - 1.0 / 120.0
        self._slot_seen[slot] = slow * self._slot_seen[slot] + held
        self._slot_usual[slot] = slow * self._slot_usual[slot] + level
        self._excess = self._keep * self._excess + (held - mean) ** 2 - mean
        self._square = self._keep * self._square + mean**2
        self.n += 1


def poisson_surprise(counts: FloatArray, mean: FloatArray) -> FloatArray:
    """Minus the log of the nominal Poisson tail."""
    tail = np.where(counts > 0, special.gammainc(np.maximum(counts, 1.0), mean), 1.0)
    return -np.log(np.maximum(tail, 1e-300))


def negative_binomial_surprise(counts: FloatArray, mean: FloatArray, inverse: FloatArray) -> FloatArray:
    """Minus the log of the nominal negative-binomial tail."""
    size = 1.0 / inverse
    tail = np.where(counts > 0, special.betainc(np.maximum(counts, 1.0), size, mean / (size + mean)), 1.0)
    return -np.log(np.maximum(tail, 1e-300))


class Scan:
    """The engine's evidence over 1, 2, 4 and 8 steps, each surprise by its stratum's empirical tail."""

    def __init__(self, streams: int, widths: tuple[int, ...] = SCAN, *, tail: bool = True) -> None:
        self._tail = EmpiricalTail(1, len(widths)) if tail else None
        self._widths = widths
        self._last: list[tuple[FloatArray, FloatArray]] = []
        self._signature = np.zeros(streams, np.int64)

    def step(self, counts: FloatArray, mean: FloatArray, inverse: FloatArray) -> FloatArray:
        """[streams] surprise of the strongest window, its evidence where there is no tail."""
        self._last = [*self._last, (counts, mean)][-self._widths[-1] :]
        evidence = np.zeros((len(counts), len(self._widths)))
        for n, width in enumerate(self._widths):
            seen = np.sum([c for c, _ in self._last[-width:]], axis=0)
            usual = np.sum([m for _, m in self._last[-width:]], axis=0)
            evidence[:, n] = log_likelihood_ratio(seen, usual, inverse / (0.5 + 0.5 * width))
        found: FloatArray = evidence.max(axis=1)
        if self._tail:
            found = calibrated(self._tail, evidence, mean * STEPS_A_DAY)
        return found


class Filter:
    """Log-odds that an incident is going on: one of any start, several sizes, a lasting of chance.

    A hidden state begins with START and goes on with GO_ON at each step; its odds are the old ones
    moved on and multiplied by the step's likelihood ratio, for each size, then summed over sizes.
    """

    def __init__(self, streams: int) -> None:
        self._log_odds = np.full((len(SIZES), streams), np.log(START / len(SIZES)))
        self._tail = EmpiricalTail(1, 1)

    def step(self, counts: FloatArray, mean: FloatArray, inverse: FloatArray) -> FloatArray:
        """[streams] log-odds after a step."""
        size = 1.0 / inverse
        for n, (factor, least) in enumerate(SIZES):
            more = np.maximum(mean * factor, mean + least)
            ratio = counts * np.log(more / mean) - (counts + size) * np.log((size + more) / (size + mean))
            moved = np.logaddexp(self._log_odds[n] + np.log(GO_ON), np.log(START / len(SIZES)))
            self._log_odds[n] = moved + ratio
        found: FloatArray = special.logsumexp(self._log_odds, axis=0)
        return found

    def surprise(self, log_odds: FloatArray, mean: FloatArray) -> FloatArray:
        """The log-odds against how often as much is really seen at streams of that rate."""
        nats = np.maximum(log_odds - np.log(START), 0.0)
        found: FloatArray = calibrated(self._tail, nats[:, None], mean * STEPS_A_DAY)
        return found


def calibrated(tail: EmpiricalTail, evidence: FloatArray, daily: FloatArray) -> FloatArray:
    """[streams] surprise of the strongest of [streams, windows] evidence; then the tail learns."""
    stratum = tail.stratum(daily)
    over = (evidence > tail.threshold).any(axis=1)
    none = np.zeros(int(over.sum()), np.int64)
    surprise = np.zeros(len(evidence))
    surprise[over] = tail.surprise_of(evidence[over], none, stratum[over]).max(axis=1, initial=0.0)
    looks = np.bincount(stratum, minlength=len(tail.strata) + 1).astype(float)[None]
    tail.learn(looks, evidence[over], none, stratum[over])
    return surprise


class SecondLook:
    """Scores of which a word is told at once if far over the cut, else when it is over it twice running.

    Where words are dear it is worth a step to see whether a burst goes on.
    """

    def __init__(self, streams: int) -> None:
        self._before = np.full(streams, -np.inf)

    def step(self, score: FloatArray) -> FloatArray:
        """[streams] the lesser of a score and the one before it, at least the score less AT_ONCE."""
        found: FloatArray = np.maximum(np.minimum(score, self._before), score - AT_ONCE)
        self._before = score.copy()
        return found


class HeldCut:
    """A cut that a controller moves so that its alerts stay under a ceiling a day, anti-windup built in.

    It integrates what the last days brought over the aim, which is a little under the ceiling, between
    bounds: it never falls below the cut that the quiet past needed by more than `room` nats.
    """

    def __init__(self, cut: float, ceiling: float, *, gain: float = 0.25, room: float = 3.0) -> None:
        self.cut, self._aim = cut, 0.96 * ceiling / STEPS_A_DAY
        self._gain, self._bounds = gain, (cut - room, cut + 3 * room)

    def update(self, alerts: int) -> None:
        """Move by what a step brought."""
        moved = self.cut + self._gain * (alerts - self._aim) / self._aim / np.sqrt(STEPS_A_DAY)
        self.cut = float(np.clip(moved, *self._bounds))


class Refractory:
    """A stream that was told of is silent for so many steps."""

    def __init__(self, streams: int, steps: int) -> None:
        self._until, self._steps, self._n = np.full(streams, -1), steps, 0

    def alerts(self, over: BoolArray) -> NDArray[np.int64]:
        """The streams told of now."""
        told = np.flatnonzero(over & (self._until < self._n))
        self._until[np.flatnonzero(over)] = self._n + self._steps  # it is one incident while it burns
        self._n += 1
        return told
