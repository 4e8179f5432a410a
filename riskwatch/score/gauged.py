"""What gauges bring beside calls: readings behind an assessment, and what they weigh in its impact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import FloatArray, Gauged
from riskwatch.score.spoken_for import strongest_window

_WHOLE_SCALE = 100.0  # calls that a gauge weighs as where it stands beyond its past by all of its range


def readings_behind(gauged: Gauged) -> NDArray[np.int64]:
    """[areas, windows] readings of the last day beyond their past, of gauges with evidence in a window."""
    behind: NDArray[np.int64] = (gauged.readings[:, :, None] * (gauged.nats > 0.0)).sum(axis=1)
    return behind


def readings_as_calls(nats: FloatArray, gauged: Gauged, gravity: FloatArray) -> FloatArray:
    """[areas] calls beyond the usual that weigh as much on the scale of impact, each by its gravity."""
    calls = np.expm1(np.minimum(gauged.height, 1.0) * np.log1p(_WHOLE_SCALE))
    weighed: FloatArray = (calls * gravity * _carry(nats, gauged)).sum(axis=1)
    return weighed


def _carry(nats: FloatArray, gauged: Gauged) -> NDArray[np.bool_]:
    """[areas, indicators] which gauges have evidence in their area's strongest window."""
    window = strongest_window(nats)[0]
    carries: NDArray[np.bool_] = gauged.nats[np.arange(len(window)), :, window] > 0.0
    return carries
