"""Counted: what the windows hold of every place and what is usual there; opened up by signature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.extract.expectation import Expectation
from riskwatch.extract.opening import opened
from riskwatch.extract.windows import WindowSums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Counted:
    """Windows and expectation, read as arrays of places (`riskwatch.extract.places`)."""

    def __init__(self, windows: WindowSums, expectation: Expectation) -> None:
        self._windows, self._expectation, self._places = windows, expectation, expectation.places
        self._columns = expectation.rate.shape[1]
        self._sums: NDArray[np.int32] | None = None

    def forget(self) -> None:
        """Another panel is in: sums of vicinities are to be made anew."""
        self._sums = None

    def by_area(self) -> NDArray[np.int32]:
        """[areas, columns, windows] counts."""
        return self._windows.by_series.reshape(self._places.areas, self._columns, -1)

    def sums(self) -> NDArray[np.int32]:
        """[places, columns, windows] counts; made once a panel."""
        if self._sums is None:
            self._sums = self._places.sums(self.by_area())
        return self._sums

    def usual(self) -> tuple[FloatArray, FloatArray]:
        """[places, columns] rates, and the inverse sizes of the levels' own doubt."""
        return self._places.usual(self._expectation.rate, self._expectation.level)

    def opened(self, places: IntArray, members: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(observed, expected, inverse sizes) [places, members, windows]."""
        expectation, (rate, level) = self._expectation, self.usual()
        usual = (rate, expectation.exposure, expectation.dispersion.value, level)
        return opened(self.sums(), usual, self._places.depth, places, members)
