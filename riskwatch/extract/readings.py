"""What gauges showed in each tick: one reading a gauge, as its indicator takes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import World

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Readings:
    """Splits readings off from counts, and makes one a tick of those of each gauge.

    Nothing is rolled up: a reading is of the area it was sent for, and of no other. What comes
    out does not depend on the order in which readings came: of two at the same instant, the
    larger is the later one, and a mean is summed in the order of time.
    """

    def __init__(self, world: World, columns: int) -> None:
        self._columns = columns
        gauges = [world.registry.gauges.get(i) for i in world.registry.ids]
        self._is_gauge = np.array([g is not None for g in gauges], dtype=bool)
        self._taken = np.array([g.taken if g else "" for g in gauges])
        self.any = bool(self._is_gauge.any())

    def of(self, series: IntArray) -> NDArray[np.bool_]:
        """Which of these leaf series are gauges."""
        found: NDArray[np.bool_] = self._is_gauge[series % self._columns]
        return found

    def taken(
        self, tick: IntArray, series: IntArray, occurred_us: IntArray, bits: IntArray
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """(tick, series, reading), one a gauge and tick, ascending by both."""
        value = bits.view(np.float64)
        order = np.lexsort((value, occurred_us, series, tick))
        tick, series, value = tick[order], series[order], value[order]
        if not len(tick):
            return tick, series, value
        fresh = np.r_[True, (np.diff(tick) != 0) | (np.diff(series) != 0)]
        first = np.flatnonzero(fresh)
        many = np.diff(np.r_[first, len(tick)])
        how = self._taken[series[first] % self._columns]
        found = value[np.r_[first[1:], len(tick)] - 1].copy()
        for name, reduce in (("max", np.maximum), ("min", np.minimum)):
            found[how == name] = reduce.reduceat(value, first)[how == name]
        for n in np.flatnonzero(
            (how == "mean") & (many > 1)
        ):  # pairwise sums would depend on what is beside
            found[n] = np.add.accumulate(value[first[n] : first[n] + many[n]])[-1] / many[n]
        return tick[first], series[first], found
