"""Hour-of-week profiles: when in the local week people call about what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_HOURS = np.arange(24) + 0.5

_DAY: dict[str, tuple[float, tuple[tuple[float, float, float], ...], float]] = {
    # name: (night level, (height, centre in local h, width in h) of each bump, Saturday and Sunday factor)
    "round_the_clock": (0.45, ((1.0, 11.0, 3.0), (1.1, 17.5, 3.5)), 0.95),
    "office": (0.08, ((1.5, 10.0, 1.8), (1.2, 15.0, 2.0)), 0.35),
    "clinic": (0.06, ((1.7, 9.5, 1.7), (0.9, 15.0, 2.2)), 0.5),
    "home": (0.15, ((1.0, 8.0, 1.8), (1.4, 19.0, 2.8)), 1.2),
    "evening": (0.35, ((0.5, 12.0, 3.0), (1.5, 19.5, 3.0)), 1.1),
    "traffic": (0.2, ((1.3, 8.0, 1.5), (0.5, 12.5, 2.0), (1.7, 17.5, 2.0)), 0.8),
}


def hour_of_week_profile(name: str, strength: float = 1.0) -> FloatArray:
    """[168] factors from Monday 00:00 local time, mean 1; `strength` is an exponent (0 makes it flat).

    A night level plus Gaussian bumps on the 24 h circle, times a weekend factor. The emergency
    ones have their trough near 5 h and their top late in the afternoon, as call counts of
    emergency services do (Channouf et al. 2007, Health Care Management Science 10).

    >>> week = hour_of_week_profile("traffic")
    >>> round(float(week.mean()), 9), bool(week[17] > 3 * week[3])
    (1.0, True)
    """
    night, bumps, weekend = _DAY[name]
    day = np.full(24, night)
    for height, centre, width in bumps:
        apart = np.abs(_HOURS - centre)
        apart = np.minimum(apart, 24 - apart)
        day += height * np.exp(-0.5 * (apart / width) ** 2)
    week = np.concatenate([np.tile(day, 5), np.tile(day, 2) * weekend]) ** strength
    return np.asarray(week / week.mean(), dtype=np.float64)
