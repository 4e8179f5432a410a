"""Overdispersion: how much more than Poisson counts vary, by depth of the tree, window and column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import State

FloatArray = NDArray[np.float64]


class Dispersion:
    """`value` [depths, windows, columns]: the variance of a count is mu + mu**2 * value.

    Method of moments over all areas of a depth, looked at every hour, fading over months; one
    residual counts for at most 25 variances, so that one storm does not blind the rest.
    """

    _FADE = 0.9997  # an hour: a half-life of 96 days

    def __init__(self, depth: NDArray[np.int32], n_windows: int, columns: int, day_window: int) -> None:
        self._depth = depth
        depths = int(depth.max(initial=0)) + 1
        shape = (depths, n_windows, columns)
        self.value: FloatArray = np.full(shape, 0.02)
        self._day_window = day_window
        self._excess = np.zeros(shape)
        self._mean_sq = np.zeros(shape)

    def daily(self) -> FloatArray:
        """[depths, columns] of the window that is a day long."""
        return self.value[:, self._day_window]

    def learn(
        self, observed: FloatArray, expected: FloatArray, inverse_size: FloatArray, window: int
    ) -> None:
        """One look at one window: arrays [areas, columns]."""
        variance = expected + expected**2 * inverse_size
        residual = np.minimum((observed - expected) ** 2, 25.0 * np.maximum(variance, 0.04)) - expected
        for d in range(len(self.value)):
            here = self._depth == d
            self._excess[d, window] = self._excess[d, window] * self._FADE + residual[here].sum(axis=0)
            self._mean_sq[d, window] = self._mean_sq[d, window] * self._FADE + (expected[here] ** 2).sum(
                axis=0
            )
        raw = (self._excess[:, window] + 0.05) / (self._mean_sq[:, window] + 1.0)
        self.value[:, window] = np.clip(raw, 0.002, 5.0)

    def state(self) -> State:
        """The sums the values are estimated from."""
        return {"value": self.value, "excess": self._excess, "mean_sq": self._mean_sq}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.value = np.array(state["value"])
        self._excess, self._mean_sq = np.array(state["excess"]), np.array(state["mean_sq"])
