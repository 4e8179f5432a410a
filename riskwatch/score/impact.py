"""Impact: what a harm would touch, as the geometric mean of exposure, vulnerability and magnitude."""

from __future__ import annotations

import numpy as np

from riskwatch.core.areas import Area
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.score.composite import Judged

_UNKNOWN_EXPOSURE = 5.0


def impact_index(area: Area, judged: Judged, registry: IndicatorRegistry) -> float:
    """0 (nothing) to 10, after the INFORM risk index: (exposure * vulnerability * magnitude)^(1/3).

    Exposure rises with the log of the population (100 people: 0, a million: 10; unknown: 5),
    vulnerability is the area's. Magnitude grows with the calls beyond the usual, each weighed by
    the gravity of its harm, over the window that carries most: three calls of full gravity make
    half of the scale.
    """
    window = int(judged.nats.sum(axis=0).argmax())
    excess = np.maximum(judged.cells.observed[:, window] - judged.cells.expected[:, window], 0.0)
    gravity = np.array([registry.indicators[i].gravity for i in judged.cells.indicators])
    magnitude = 10.0 * (1.0 - 0.5 ** (float(excess @ gravity) / 3.0))
    return float(np.cbrt(exposure(area) * 10.0 * area.vulnerability * magnitude))


def exposure(area: Area) -> float:
    """0 to 10 by the log of the population."""
    if area.population is None:
        return _UNKNOWN_EXPOSURE
    return float(np.clip(10.0 * (np.log10(max(area.population, 1)) - 2.0) / 4.0, 0.0, 10.0))
