"""Clumps: how many rows one happening tends to make at once, per indicator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.areas import AreaTree
from riskwatch.core.scores import State
from riskwatch.extract.evidence import clumped

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_PRIOR = 20.0  # ticks with a call that the prior of one row a happening is worth


class Clumps:
    """`size` [indicators] >= 1: rows a happening, as in a compound Poisson count.

    One accident is dispatched to fire, ambulance and traffic police and makes three rows. Seen
    at the leaves of the tree: the mean count of ticks that have any, against the 1 + mu / 2 that
    a Poisson count of small mean mu has given that it is not zero. Evidence in nats is divided by
    it, since a clumped count carries the information of its happenings, not of its rows. Sums tell
    nothing of this: theirs stays 1, and how they scatter is left to the dispersion.
    """

    def __init__(self, tree: AreaTree, indicators: int, columns: int) -> None:
        self._leaf = ~np.isin(np.arange(len(tree)), tree.parent)
        self._indicators, self._columns = indicators, columns
        self._rows = np.zeros(indicators)
        self._poisson = np.zeros(indicators)
        self.size = self._sizes()  # [indicators] rows a happening

    def _sizes(self) -> FloatArray:
        return np.maximum((self._rows + _PRIOR) / (self._poisson + _PRIOR), 1.0)

    def learn(
        self,
        series: IntArray,
        counts: IntArray,
        rate: FloatArray,
        shape: FloatArray,
        summed: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take in a tick's counts; expected ones are rate [areas, columns] * shape [columns].

        Of `summed` indicators all is forgotten.
        """
        rows, poisson = clumped((series, counts), self._leaf, self._indicators, rate, shape)
        self._rows += rows
        self._poisson += poisson
        if summed is not None and len(summed):
            self._rows[summed] = self._poisson[summed] = 0.0
        self.size = self._sizes()

    def state(self) -> State:
        """The sums the sizes are estimated from."""
        return {"rows": self._rows, "poisson": self._poisson}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._rows, self._poisson = np.array(state["rows"]), np.array(state["poisson"])
        self.size = self._sizes()
