"""The chart of an assessment: what was counted or read and what is usual, an hour a step."""

from __future__ import annotations

from typing import cast

import numpy as np

from riskwatch.core.alerts import Assessment, Chart
from riskwatch.core.clock import HOUR_US
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.core.scores import CHART_H, Evidential, Gauging, World


def chart(world: World, volume: Evidential, end_us: int, assessed: Assessment) -> Chart:
    """Counts of the indicators that carry it in the last 48 hours of the clock, the running one included.

    Where a gauge carries most, its readings.
    """
    carried = [c.indicator for c in assessed.contributions] or list(
        world.registry.signature(assessed.signature).indicators
    )
    leading = assessed.contributions[0] if assessed.contributions else None
    if isinstance(leading, Reading):
        return _readings(world, cast(Gauging, volume), end_us, assessed.area, leading.indicator)
    carried = [c for c in carried if c not in world.registry.gauges] or carried
    places = [world.registry.index[i] for i in carried]
    areas = [world.tree.index[code] for code in (assessed.area, *assessed.around)]
    observed, expected = volume.history(areas, places, CHART_H)
    return Chart(
        end_us=end_us + -end_us % HOUR_US,
        step_us=HOUR_US,
        observed=tuple(observed),
        expected=tuple(round(mean, 4) for mean in expected),
    )


def _readings(world: World, volume: Gauging, end_us: int, area: str, indicator: str) -> ReadingChart:
    shown, usual = volume.readings(world.tree.index[area], world.registry.index[indicator], CHART_H)
    return ReadingChart(
        end_us=end_us,
        step_us=HOUR_US,
        observed=tuple(None if np.isnan(v) else round(v, 4) for v in shown.tolist()),
        expected=tuple(round(v, 4) for v in usual.tolist()),
        indicator=indicator,
    )
