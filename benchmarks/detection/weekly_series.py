"""Weekly series with planted outbreaks, after the simulation design of Noufaily et al. (2013).

Noufaily, Enki, Farrington, Garthwaite, Andrews and Charlett: An improved algorithm for outbreak
detection in multiple surveillance systems. Statistics in Medicine 32 (2013) 1206-1222.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WEEKS = 624
PAST = (312, 575)
"""Weeks (from 0) in which past outbreaks start; the tested ones start in the 49 weeks behind."""
TESTED = (575, 624)
PAST_SIZES = (2, 3, 5, 10)
PAST_OUTBREAKS = 4
LARGEST = 10
LAG_SD = 0.5  # of the log of the reporting lag

# theta, beta, gamma1, gamma2, phi of seven sets; each with and without trend, with 0, 1 or 2 harmonics
_SETS = (
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the design: log mean = theta + beta t + harmonics, variance = phi * mean."""

    theta: float
    beta: float
    gamma1: float
    gamma2: float
    phi: float
    harmonics: int

    def mean(self, weeks: int = WEEKS) -> FloatArray:
        """[weeks] expected counts without outbreaks."""
        t = np.arange(1, weeks + 1)
        log = self.theta + self.beta * t
        for j in range(1, self.harmonics + 1):
            angle = 2 * np.pi * j * t / 52
            log = log + self.gamma1 * np.cos(angle) + self.gamma2 * np.sin(angle)
        return np.exp(log)


SCENARIOS = tuple(
    Scenario(theta, beta if trend else 0.0, gamma1, gamma2, phi, harmonics)
    for theta, beta, gamma1, gamma2, phi in _SETS
    for trend in (0, 1)
    for harmonics in (0, 1, 2)
)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Series [n, weeks] with what is true of them; `start` and `end` are the tested outbreak's weeks.

    `start` is -1 where no outbreak is planted; `end` is its last week with a case (or the start).
    """

    counts: IntArray
    mean: FloatArray
    phi: FloatArray
    scenario: IntArray
    start: IntArray
    end: IntArray

    def outbreak_weeks(self) -> NDArray[np.bool_]:
        """[n, weeks] from the start to the end of the tested outbreak."""
        week = np.arange(self.counts.shape[1])
        return (week >= self.start[:, None]) & (week <= self.end[:, None]) & (self.start[:, None] >= 0)


def draw(seed: int, series: int, *, planted: bool = True, spread: int = 1) -> Weekly:
    """`series` of each scenario; with `spread` > 1 an outbreak's cases fall on that many neighbours.

    Neighbours are `spread` consecutive series of the same scenario (so `series` is a multiple of it);
    the outbreak's size is drawn once for them, from the spread of one series.
    """
    rng = np.random.default_rng([seed, series, spread])
    scenario = np.repeat(np.arange(len(SCENARIOS)), series)
    mean = np.stack([s.mean() for s in SCENARIOS])[scenario]
    phi = np.array([s.phi for s in SCENARIOS])[scenario]
    counts = baseline(rng, mean, phi)
    for n in range(len(counts)):
        for start in rng.integers(*PAST, size=PAST_OUTBREAKS):
            size = rng.choice(PAST_SIZES)
            _plant(rng, counts[n : n + 1], int(start), size * np.sqrt(phi[n] * mean[n, start]), TESTED[0])
    start = np.full(len(counts), -1)
    end = np.full(len(counts), -1)
    if planted:
        for first in range(0, len(counts), spread):
            at = int(rng.integers(*TESTED))
            size = rng.integers(1, LARGEST + 1) * np.sqrt(phi[first] * mean[first, at])
            last = _plant(rng, counts[first : first + spread], at, size, TESTED[1])
            start[first : first + spread], end[first : first + spread] = at, last
    return Weekly(counts, mean, phi, scenario, start, end)


def baseline(rng: np.random.Generator, mean: FloatArray, phi: FloatArray) -> IntArray:
    """Negative binomial counts with variance phi * mean, so size = mean / (phi - 1); Poisson at phi 1."""
    over = np.maximum(phi - 1.0, 1e-9)[:, None]
    rate = np.where(phi[:, None] > 1.0, rng.gamma(mean / over) * over, mean)
    return rng.poisson(rate)


def _plant(rng: np.random.Generator, counts: IntArray, start: int, size: float, before: int) -> int:
    """Add Poisson(size) cases with lognormal lags in whole weeks; returns the last week with a case."""
    cases = int(rng.poisson(size))
    week = start + np.floor(rng.lognormal(0.0, LAG_SD, cases)).astype(int)
    series = rng.integers(0, len(counts), cases)
    week, series = week[week < before], series[week < before]
    np.add.at(counts, (series, week), 1)
    return int(max(start, week.max(initial=start)))
