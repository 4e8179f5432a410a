"""The outcome that likelihood is about: a signature's next hours exceed their seasonal percentile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The sum over `horizon_h` hours after the decision instant exceeds its seasonal `percentile`."""

    horizon_h: int = 6
    percentile: float = 99.0

    def bound(self, expected: FloatArray, inverse_size: FloatArray) -> FloatArray:
        """The seasonal percentile of such sums: of a negative binomial, whole numbers.

        >>> Outcome().bound(np.array([0.005, 0.5, 50.0]), np.array([0.01, 0.01, 0.01]))
        array([ 0.,  3., 72.])
        """
        size = 1.0 / np.maximum(inverse_size, 1e-6)
        mean = np.maximum(expected, 1e-9)
        bound: FloatArray = stats.nbinom.ppf(self.percentile / 100.0, size, size / (size + mean))
        return bound
