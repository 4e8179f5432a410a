"""What could be found at all: the odds of an incident where the law of incidents is known as well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.made_streams import (
    FACTOR,
    INCIDENTS_A_DAY,
    LASTS,
    LEAST_MORE,
    STEPS_A_DAY,
    STREAMS,
)

FloatArray = NDArray[np.float64]

POINTS = 2  # of each law an incident's size is drawn by; three find no more
MOST_NATS, MOST_ODDS = 30.0, 1e10  # keep a float finite


class KnownLaw:
    """Log-odds that an incident is going on, of every start, size and length the generator draws.

    A semi-Markov state: odds [sizes, steps since the start, streams], moved on by the chance that an
    incident so old goes on, multiplied by a step's likelihood ratio.
    """

    def __init__(self, streams: int = STREAMS) -> None:
        points = (np.arange(POINTS) + 0.5) / POINTS
        factors = np.exp(np.log(FACTOR[0]) + points * np.log(FACTOR[1] / FACTOR[0]))
        leasts = LEAST_MORE[0] + points * (LEAST_MORE[1] - LEAST_MORE[0])
        self._sizes = [(factor, least) for factor in factors for least in leasts]
        shortest, longest = LASTS
        over = longest + 1 - np.arange(1, longest + 2)  # lengths of so many steps and more
        lasting = np.minimum(over / (longest + 1 - shortest), 1.0)
        self._goes_on = (lasting[1:] / lasting[:-1]).astype(np.float32)[:, None]
        self._begins = INCIDENTS_A_DAY / STREAMS / STEPS_A_DAY / len(self._sizes)
        self._odds = np.zeros((len(self._sizes), longest, streams), np.float32)

    def step(self, counts: FloatArray, mean: FloatArray, inverse: FloatArray) -> FloatArray:
        """[streams] log-odds after a step."""
        size = 1.0 / inverse
        ended = np.zeros(len(counts))
        for odds, (factor, least) in zip(self._odds, self._sizes, strict=True):
            more = np.maximum(mean * factor, mean + least)
            nats = counts * np.log(more / mean) - (counts + size) * np.log((size + more) / (size + mean))
            ended += (odds * (1.0 - self._goes_on)).sum(axis=0)
            odds[1:] = odds[:-1] * self._goes_on[:-1]
            odds[0] = self._begins
            np.multiply(odds, np.exp(np.minimum(nats, MOST_NATS)).astype(np.float32), out=odds)
        np.minimum(self._odds, MOST_ODDS, out=self._odds)
        self._odds /= (1.0 + ended).astype(np.float32)
        found: FloatArray = np.log(self._odds.sum(axis=(0, 1)).astype(float))
        return found
