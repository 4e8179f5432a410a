"""How surprising a count is: negative-binomial evidence and its calibration on what really happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from riskwatch.core.scores import State
from riskwatch.extract.evidence import nats_each, surprise_of

FloatArray = NDArray[np.float64]


def log_likelihood_ratio(
    observed: FloatArray, expected: FloatArray, inverse_size: FloatArray
) -> FloatArray:
    """Evidence in nats that a negative-binomial count runs above its expectation; 0 where it does not.

    The maximised ratio of mean q * expected (q >= 1) to mean expected, both with variance
    mu + mu**2 * inverse_size: the expectation-based scan statistic (Neill 2009), overdispersed.

    >>> log_likelihood_ratio(np.array([4.0, 0.0]), np.array([0.1, 0.1]), np.array([1e-9, 0.1])).round(1)
    array([10.9,  0. ])
    """
    x, mean, inverse = np.broadcast_arrays(observed, expected, inverse_size)
    flat = (np.ascontiguousarray(a, np.float64).ravel() for a in (x, mean, inverse))
    ratio: FloatArray = nats_each(*flat).reshape(x.shape)
    return ratio


def tail_probability(observed: FloatArray, expected: FloatArray, inverse_size: FloatArray) -> FloatArray:
    """P(count >= observed) of the same negative binomial; 1 for an observed count of 0.

    >>> tail_probability(np.array([0.0, 1.0]), np.array([0.1, 0.1]), np.array([1e-6, 1e-6])).round(3)
    array([1.   , 0.095])
    """
    size = 1.0 / np.maximum(inverse_size, 1e-6)
    share = size / (size + np.maximum(expected, 1e-9))
    positive = np.maximum(observed, 1.0)
    tail: FloatArray = np.where(observed <= 0, 1.0, special.betainc(positive, size, 1.0 - share))
    return tail


def cut_mean(mean: FloatArray, reach: float) -> FloatArray:
    """Mean of an exponential of these means given that it is below `reach`.

    >>> cut_mean(np.array([1.0, 1e6]), 6.0).round(3)
    array([0.985, 3.   ])
    """
    left: FloatArray = mean - reach / np.expm1(reach / mean)
    return left


class EmpiricalTail:
    """Surprise in nats: minus the log of how often evidence as strong is really seen.

    Nominal tails fail over many streams, so per (signature, window, rate stratum) the tail
    beyond `threshold` is taken as exponential, its frequency and mean excess learnt from the
    stream itself (peaks over threshold, Pickands 1975, shape 0), each with a prior weight.

    A look further than `reach` nats over the threshold teaches nothing: incidents are there, and one of
    some days is hundreds of looks. What is within it is taken as an exponential cut off there, of which
    the mean is known from what is left (maximum likelihood under truncation), and so is how often it
    would go beyond. So an incident does not widen the tail it is judged by.
    """

    def __init__(
        self,
        n_signatures: int,
        n_windows: int,
        *,
        threshold: float = 4.0,
        reach: float = 4.0,
        kinds: int = 1,
    ):
        self.strata = np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0])  # expected counts a day
        self.kinds, self._width = kinds, len(self.strata) + 1
        shape = (n_signatures, n_windows, kinds * self._width)
        self.threshold = threshold
        self._reach = reach
        self._means = np.geomspace(1.0, 4.0 * reach, 400)
        self._cut_means = cut_mean(self._means, reach)
        self._looks = np.zeros(shape)
        self._over = np.zeros(shape)
        self._excess = np.zeros(shape)
        self._rebuild()

    def stratum(self, daily_rate: FloatArray, kind: NDArray[np.int64] | int = 0) -> NDArray[np.int64]:
        """The rate stratum of each expected daily count; each kind of place has strata of its own."""
        found: NDArray[np.int64] = np.searchsorted(self.strata, daily_rate) + kind * self._width
        return found

    def surprise(
        self,
        evidence: FloatArray,
        signature: NDArray[np.int64],
        window: NDArray[np.int64],
        stratum: NDArray[np.int64],
    ) -> FloatArray:
        """Surprise of each evidence; 0 at or below the threshold, where all is ordinary."""
        at = (signature, window, stratum)
        beyond = evidence - self.threshold
        surprise: FloatArray = np.where(beyond > 0, self._rarity[at] + beyond / self._mean_excess[at], 0.0)
        return surprise

    def surprise_of(
        self, evidence: FloatArray, signature: NDArray[np.int64], stratum: NDArray[np.int64]
    ) -> FloatArray:
        """The same of evidence [n, windows] of places [n]."""
        return surprise_of(evidence, signature, stratum, (self._rarity, self._mean_excess), self.threshold)

    def _rebuild(self) -> None:
        """[signatures, windows, strata] surprise at the threshold, and the mean excess over it."""
        cut = (self._excess + 50.0 * self._cut_means[0]) / (self._over + 50.0)
        self._mean_excess = np.interp(cut, self._cut_means, self._means)
        over = self._over / -np.expm1(-self._reach / self._mean_excess)
        self._rarity = -np.log((over + 4.0) / (self._looks + 200.0))

    def learn(
        self,
        looks: FloatArray,
        evidence: FloatArray,
        signature: NDArray[np.int64],
        stratum: NDArray[np.int64],
    ) -> None:
        """One look at all places: how many [signatures, strata]; the rest is of those over the threshold.

        `evidence` is [n, windows], `signature` and `stratum` [n].
        """
        self._looks += looks[:, None, :]
        for w in range(evidence.shape[1]):
            beyond = evidence[:, w] - self.threshold
            ours, far = (beyond > 0) & (beyond < self._reach), beyond >= self._reach
            at = (signature[ours], stratum[ours])
            np.add.at(self._over[:, w], at, 1.0)
            np.add.at(self._excess[:, w], at, beyond[ours])
            np.subtract.at(self._looks[:, w], (signature[far], stratum[far]), 1.0)
        self._rebuild()

    def state(self) -> State:
        """The counts the tails are estimated from."""
        return {"looks": self._looks, "over": self._over, "excess": self._excess}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._looks, self._over, self._excess = (
            np.array(state[k], np.float64) for k in ("looks", "over", "excess")
        )
        self._rebuild()
