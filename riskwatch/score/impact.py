"""Impact: what a harm would touch, as the geometric mean of exposure, vulnerability and magnitude."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import FloatArray
from riskwatch.score.composite import Judged
from riskwatch.score.gauged import readings_as_calls
from riskwatch.score.spoken_for import beyond_usual

_UNKNOWN_EXPOSURE = 5.0
_WHOLE_SCALE = 100.0  # calls of full gravity beyond the usual


class Impact:
    """0 (nothing) to 10, after the INFORM risk index: (exposure * vulnerability * magnitude)^(1/3).

    Exposure rises with the log of the population (100 people: 0, a million: 10; unknown: 5),
    vulnerability is the area's. Magnitude rises with the log of the calls beyond the usual, each
    weighed by the gravity of its harm, over the window that carries most: a hundred of full
    gravity are the whole scale, nine are half of it. A gauge that stands beyond its past by the
    whole of its range weighs as a hundred calls, by half of it as nine.
    """

    def __init__(self, tree: AreaTree, registry: IndicatorRegistry) -> None:
        self._tree = tree
        self._fixed = np.array([_touched([area]) for area in tree.areas])
        self._gravity = np.array([i.gravity for i in registry.indicators])

    def of(self, judged: Judged) -> FloatArray:
        """[areas] impact indices."""
        cells = judged.cells
        gravity = self._gravity[cells.indicators]
        weighed = beyond_usual(judged.nats, cells.observed, cells.expected, gravity)
        if cells.gauged is not None:
            weighed = weighed + readings_as_calls(judged.nats, cells.gauged, gravity)
        magnitude = np.minimum(10.0 * np.log1p(weighed) / np.log1p(_WHOLE_SCALE), 10.0)
        fixed = self._fixed[cells.areas]
        for row, near in enumerate(cells.around):
            if near:
                fixed[row] = _touched([self._tree.areas[area] for area in cells.areas_of(row)])
        impact: FloatArray = np.cbrt(fixed * magnitude)
        return impact


def _touched(areas: Sequence[Area]) -> float:
    """Exposure times vulnerability (0 to 100) of areas together, whose people are added up.

    Where a population is not known, it is of the one area that has most of both.
    """
    people = [area.population for area in areas]
    if None in people or len(areas) == 1:
        return max(exposure_of(area.population) * 10.0 * area.vulnerability for area in areas)
    known = [n for n in people if n is not None]
    weighed = sum(n * a.vulnerability for n, a in zip(known, areas, strict=True))
    return exposure_of(sum(known)) * 10.0 * weighed / max(sum(known), 1)


def exposure_of(population: int | None) -> float:
    """0 to 10 by the log of the population.

    >>> exposure_of(10_000), exposure_of(None), exposure_of(40)
    (5.0, 5.0, 0.0)
    """
    if population is None:
        return _UNKNOWN_EXPOSURE
    return float(np.clip(10.0 * (np.log10(max(population, 1)) - 2.0) / 4.0, 0.0, 10.0))
