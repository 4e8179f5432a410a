"""The chart of an assessment: what was counted or read and what is usual, an hour a step."""

from __future__ import annotations

from typing import cast

import numpy as np

from riskwatch.core.alerts import Assessment, Chart
from riskwatch.core.clock import HOUR_US
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.core.scores import Evidential, Gauging, World

_CHART_H = 48


def chart(world: World, volume: Evidential, end_us: int, assessed: Assessment) -> Chart:
    """Hourly counts of the indicators that carry it, over the two days up to an instant.

    Where a gauge carries most, its readings.
    """
    carried = [c.indicator for c in assessed.contributions] or list(
        world.registry.signature(assessed.signature).indicators
    )
    leading = assessed.contributions[0] if assessed.contributions else None
    if isinstance(leading, Reading):
        return _readings(world, cast(Gauging, volume), end_us, assessed.area, leading.indicator)
    carried = [c for c in carried if c not in world.registry.gauges] or carried
    per_hour = HOUR_US // world.grid.tick_us
    observed, expected = volume.history(
        world.tree.index[assessed.area], [world.registry.index[i] for i in carried], _CHART_H * per_hour
    )
    hours = (_CHART_H, per_hour)
    usual = np.zeros(len(observed))
    usual[: len(expected)] = expected
    counted = np.array(observed).reshape(hours).sum(axis=1).tolist()
    return Chart(
        end_us=end_us,
        step_us=HOUR_US,
        observed=tuple(counted),
        expected=tuple([round(mean, 4) for mean in usual.reshape(hours).sum(axis=1).tolist()]),
    )


def _readings(world: World, volume: Gauging, end_us: int, area: str, indicator: str) -> ReadingChart:
    shown, usual = volume.readings(world.tree.index[area], world.registry.index[indicator], _CHART_H)
    return ReadingChart(
        end_us=end_us,
        step_us=HOUR_US,
        observed=tuple(None if np.isnan(v) else round(v, 4) for v in shown.tolist()),
        expected=tuple(round(v, 4) for v in usual.tolist()),
        indicator=indicator,
    )
