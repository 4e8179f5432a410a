"""An expectation that knows its doubt: every stream's level, how fast it drifts, and its size, by Bayes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.made_streams import STEPS_A_DAY
from benchmarks.detection.stream_profiles import Profiles, slot_of
from riskwatch.core.compiled import compiled

FloatArray = NDArray[np.float64]

DRIFTS = (0.02, 0.06, 0.18)  # sd of a day's walk of the log level
INVERSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # inverse sizes
PROFILE_FROM_DAY = 7
LEAST_TRUST = 0.1  # of a step, however sure an incident is: a lasting change of level must be learnt
_MOST = 400  # a larger count is no better evidence of a size


class Levels:
    """Mean and inverse size of every stream's next step, from the past alone.

    For each of DRIFTS the level has a gamma distribution: a step widens it by the walk's variance, a
    count narrows it by what a negative-binomial count tells. The drifts, and apart from them INVERSES,
    are weighed in each stream by how well they foresaw its counts, and a priori by how many of all
    streams they suit (empirical Bayes, renewed every day).
    """

    def __init__(self, streams: int) -> None:
        self._walk = np.array(DRIFTS) ** 2 / STEPS_A_DAY
        self._inverses = np.array(INVERSES)
        self._drift_fit, self._drift_prior = np.zeros((len(DRIFTS), streams)), even(len(DRIFTS))
        self._size_fit, self._size_prior = np.zeros((len(INVERSES), streams)), even(len(INVERSES))
        self._shape, self._rate = np.full((len(DRIFTS), streams), 0.5), np.zeros((len(DRIFTS), streams))
        self._profiles = Profiles(streams)
        self._gammas = np.array(
            [
                [math.lgamma(count + 1 / g) - math.lgamma(1 / g) for count in range(_MOST + 1)]
                for g in INVERSES
            ]
        )
        self._mean, self._doubt, self._inverse = np.ones(streams), np.ones(streams), np.ones(streams)
        self._n = 0

    def read(self) -> tuple[FloatArray, FloatArray]:
        """([streams] mean of the next step, [streams] its inverse size, the level's doubt included)."""
        if self._n:
            _foresee(
                self._profiles.shape[slot_of(self._n)],
                self._shape,
                self._rate,
                weights(self._drift_fit, self._drift_prior),
                self._walk,
                self._mean,
                self._doubt,
            )
            self._inverse = self._inverses @ weights(self._size_fit, self._size_prior)
        return self._mean, self._inverse + self._doubt + self._inverse * self._doubt

    @property
    def inverse(self) -> FloatArray:
        """[streams] inverse size that was read last, without the level's doubt."""
        return self._inverse

    @property
    def doubt(self) -> FloatArray:
        """[streams] relative variance of the level that was read last."""
        return self._doubt

    def update(self, counts: FloatArray, trust: FloatArray) -> None:
        """Learn the step that was read last; `trust` [streams] is the chance that nothing was going on."""
        if not self._n:
            self._rate[:] = self._shape / max(counts.mean(), 1e-2)
        else:
            slot = slot_of(self._n)
            _learn(
                counts,
                np.maximum(trust, LEAST_TRUST),
                (self._mean, self._inverse, self._profiles.shape[slot]),
                (self._shape, self._rate, self._drift_fit, self._walk),
                (self._inverses, self._gammas, self._size_fit),
                (self._profiles.seen[slot], self._profiles.usual[slot]),
            )
        self._n += 1
        if self._n % STEPS_A_DAY == 0:
            self._drift_prior = weights(self._drift_fit, self._drift_prior).mean(axis=1)
            self._size_prior = weights(self._size_fit, self._size_prior).mean(axis=1)
            if self._n >= PROFILE_FROM_DAY * STEPS_A_DAY:
                self._profiles.fit()


def even(n: int) -> FloatArray:
    """[n] the same weight for each."""
    return np.full(n, 1.0 / n)


def weights(fit: FloatArray, prior: FloatArray) -> FloatArray:
    """[n, streams] posterior weights of log-likelihoods and a prior that leaves none out."""
    prior = np.maximum(prior, 1e-4)
    found = np.exp(fit - fit.max(axis=0)) * prior[:, None]
    whole: FloatArray = found / found.sum(axis=0)
    return whole


@compiled
def _foresee(profile, shape, rate, weight, walk, mean, doubt):
    """Widen each level by a step's walk; the mean and relative variance of their mixture."""
    drifts, streams = shape.shape
    for i in range(streams):
        first, second = 0.0, 0.0
        for j in range(drifts):
            narrower = 1.0 / (1.0 + walk[j] * shape[j, i])
            shape[j, i] *= narrower
            rate[j, i] *= narrower
            level = shape[j, i] / rate[j, i]
            first += weight[j, i] * level
            second += weight[j, i] * level * level * (1.0 + 1.0 / shape[j, i])
        mean[i] = max(first * profile[i], 1e-4)
        doubt[i] = max(second / (first * first) - 1.0, 0.0)


@compiled
def _learn(counts, trust, foreseen, level, sizes, profile):
    """A step's lesson for levels, drifts, sizes and the profile's slot, each as far as it is trusted."""
    mean, inverse, usual_shape = foreseen
    shape, rate, drift_fit, walk = level
    inverses, gammas, size_fit = sizes
    seen, usual = profile
    for i in range(len(counts)):
        count, much = counts[i], trust[i]
        for g in range(len(inverses)):
            size = 1.0 / inverses[g]  # what is the same for every size is left out
            size_fit[g, i] += much * (
                gammas[g, min(int(count), gammas.shape[1] - 1)]
                - (count + size) * math.log(size + mean[i])
                + size * math.log(size)
            )
        for j in range(len(walk)):
            expected = shape[j, i] / rate[j, i] * usual_shape[i]
            wide = (1.0 + inverse[i]) * (1.0 + 1.0 / shape[j, i]) - 1.0
            size = 1.0 / wide
            drift_fit[j, i] += much * (
                math.lgamma(count + size)
                - math.lgamma(size)
                - count * math.log1p(size / max(expected, 1e-9))
                - size * math.log1p(expected / size)
            )
            told = much / (
                1.0 + inverse[i] * expected
            )  # a count of any inverse size, as so many Poisson ones
            shape[j, i] += told * count
            rate[j, i] += told * usual_shape[i]
        told = much / (1.0 + inverse[i] * mean[i])
        seen[i] += told * count
        usual[i] += told * mean[i] / usual_shape[i]
