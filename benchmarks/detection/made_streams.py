"""60,000 made streams of counts with a daily cycle and drift, and the incidents planted in them.

A stream is a negative-binomial count a step. Its mean is a level of its own (log-normal, median 0.3 a
step, sd 1.2 in logs), times a daily profile, times a weekly one, times a slow drift (a random walk of
its log, 3% a day, 10% of the streams 10%). Its inverse size is drawn log-normally about 0.3.
An incident multiplies the mean of one stream by a log-uniform factor, but brings at least 1.2 to 4 extra
counts a step, over 2 to 12 steps; there are 14 a day on average.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STREAMS = 60_000
STEPS_A_DAY = 8
WARM_DAYS, DAYS = 28, 30
INCIDENTS_A_DAY = 14
FACTOR, LEAST_MORE = (1.4, 4.0), (1.2, 4.0)  # an incident's factor; the least it adds to a step
LASTS = (2, 12)  # steps


@dataclass(frozen=True, slots=True)
class Incidents:
    """[n] planted incidents: the stream, the first step, the step behind the last, the size."""

    stream: IntArray
    start: IntArray
    end: IntArray
    factor: FloatArray
    least: FloatArray


class MadeStreams:
    """One draw of streams by its seed; `steps` gives the counts of each step, oldest first.

    `usual` is the true mean of the step given last, incidents left out: for oracles alone.
    """

    def __init__(self, seed: int, streams: int = STREAMS) -> None:
        self.rng = np.random.default_rng(seed)
        rng = self.rng
        self.streams = streams
        self.level = np.exp(rng.normal(np.log(0.3), 1.2, streams)).clip(0.005, 60.0)
        self.inverse = np.exp(rng.normal(np.log(0.3), 0.8, streams)).clip(0.01, 3.0)
        self.walk = np.where(rng.random(streams) < 0.1, 0.10, 0.03) / np.sqrt(STEPS_A_DAY)
        angle = 2 * np.pi * np.arange(STEPS_A_DAY) / STEPS_A_DAY
        depth, phase = rng.uniform(0.2, 0.9, streams), rng.normal(0.0, 0.5, streams)
        daily = 1.0 + depth[:, None] * np.cos(angle[None, :] - np.pi - phase[:, None])
        self.daily = daily / daily.mean(axis=1, keepdims=True)
        self.weekend = rng.uniform(0.6, 1.1, streams)
        self.incidents = self._planted(streams)
        self.usual = np.zeros(streams)

    def _planted(self, streams: int) -> Incidents:
        rng, first, last = self.rng, WARM_DAYS * STEPS_A_DAY, (WARM_DAYS + DAYS) * STEPS_A_DAY
        n = rng.poisson(INCIDENTS_A_DAY * DAYS * streams / STREAMS)
        stream = rng.choice(streams, n, replace=False)
        start = rng.integers(first, last - 12, n)
        return Incidents(
            stream,
            start,
            start + rng.integers(LASTS[0], LASTS[1] + 1, n),
            np.exp(rng.uniform(np.log(FACTOR[0]), np.log(FACTOR[1]), n)),
            rng.uniform(*LEAST_MORE, n),
        )

    def steps(self) -> Iterator[IntArray]:
        """[streams] counts, step after step."""
        rng, drift = self.rng, np.zeros(self.streams)
        size = 1.0 / self.inverse
        told = self.incidents
        for step in range((WARM_DAYS + DAYS) * STEPS_A_DAY):
            drift += rng.normal(0.0, 1.0, self.streams) * self.walk
            mean = self.level * np.exp(drift) * self.daily[:, step % STEPS_A_DAY]
            if step // STEPS_A_DAY % 7 >= 5:
                mean = mean * self.weekend
            self.usual = mean.copy()
            on = (told.start <= step) & (step < told.end)
            at = told.stream[on]
            mean[at] = np.maximum(mean[at] * told.factor[on], mean[at] + told.least[on])
            yield rng.poisson(rng.gamma(size, mean / size))
