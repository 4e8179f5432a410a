"""Overdispersion: how much more than Poisson counts vary, by depth of the tree, window and column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import State
from riskwatch.extract.evidence import residuals

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
        self,
        sums: NDArray[np.int32],
        rate: FloatArray | Sequence[FloatArray],
        exposure: FloatArray,
        level: FloatArray,
    ) -> None:
        """One look: counts [areas, columns, windows] against rate * exposure.

        The rate is [areas, columns], or one for each window; the exposure [windows, columns].

        `level` [areas, columns] is the inverse size that a level's own uncertainty adds.
        """
        opened, process = np.ascontiguousarray(exposure.T), self.by_column()
        if isinstance(rate, np.ndarray):
            excess, mean_sq = residuals(sums, (rate, opened, process, level), self._depth)
        else:
            excess, mean_sq = np.zeros(process.shape), np.zeros(process.shape)
            for w, each in enumerate(rate):
                one = np.s_[:, :, w : w + 1]
                usual = (each, np.ascontiguousarray(opened[:, w : w + 1]), process[one].copy(), level)
                excess[one], mean_sq[one] = residuals(sums[one].copy(), usual, self._depth)
        self._excess = self._excess * self._FADE + np.moveaxis(excess, 1, 2)
        self._mean_sq = self._mean_sq * self._FADE + np.moveaxis(mean_sq, 1, 2)
        self.value = np.clip((self._excess + 0.05) / (self._mean_sq + 1.0), 0.002, 5.0)

    def by_column(self) -> FloatArray:
        """[depths, columns, windows], contiguous."""
        return np.ascontiguousarray(np.moveaxis(self.value, 1, 2))

    def state(self) -> State:
        """The sums the values are estimated from."""
        return {"value": self.value, "excess": self._excess, "mean_sq": self._mean_sq}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.value = np.array(state["value"])
        self._excess, self._mean_sq = np.array(state["excess"]), np.array(state["mean_sq"])
