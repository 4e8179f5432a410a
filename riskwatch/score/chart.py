"""The chart of an assessment: what was counted and what is usual, an hour a bar."""

from __future__ import annotations

import numpy as np

from riskwatch.core.alerts import Assessment, Chart
from riskwatch.core.clock import HOUR_US
from riskwatch.core.scores import Evidential, World

_CHART_H = 48


def chart(world: World, volume: Evidential, end_us: int, assessed: Assessment) -> Chart:
    """Hourly counts of the indicators that carry it, over the two days up to an instant."""
    carried = [c.indicator for c in assessed.contributions] or list(
        world.registry.signature(assessed.signature).indicators
    )
    per_hour = HOUR_US // world.grid.tick_us
    observed, expected = volume.history(
        world.tree.index[assessed.area], [world.registry.index[i] for i in carried], _CHART_H * per_hour
    )
    hours = (_CHART_H, per_hour)
    usual = np.zeros(len(observed))
    usual[: len(expected)] = expected
    return Chart(
        end_us=end_us,
        step_us=HOUR_US,
        observed=tuple(np.reshape(observed, hours).sum(axis=1).tolist()),
        expected=tuple(round(mean, 4) for mean in usual.reshape(hours).sum(axis=1).tolist()),
    )
