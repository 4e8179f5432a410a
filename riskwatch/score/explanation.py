"""The explanation of an alert: which indicators, over which window, how far beyond the usual."""

from __future__ import annotations

import numpy as np

from riskwatch.core.alerts import Contribution
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.readings import Reading
from riskwatch.core.scores import Evidential
from riskwatch.score.composite import Judged

_LEAST_SHARE = 0.01


def contributions(
    judged: Judged, row: int, volume: Evidential, registry: IndicatorRegistry
) -> tuple[Contribution, ...]:
    """One entry an indicator, strongest first; shares add up to 1, log-odds to the composite's.

    An indicator speaks through several windows; the entry shows the one that adds most, and its
    log-odds are those of all its windows together. What adds less than a hundredth is joined to
    the strongest, so that the sums still hold.
    """
    log_odds = judged.log_odds(row)
    added = log_odds.sum(axis=1)
    total = float(added.sum())
    if total <= 0:
        return ()
    cells = judged.cells
    areas = cells.areas_of(row)
    tail = volume.tail(cells, row)
    order = np.argsort(-added, kind="stable")
    kept = [i for n, i in enumerate(order) if n == 0 or added[i] >= _LEAST_SHARE * total]
    rest = total - float(added[kept].sum())
    found: list[Contribution] = []
    for n, i in enumerate(kept):
        window = int(log_odds[i].argmax())
        mine = float(added[i]) + (rest if n == 0 else 0.0)
        index = int(cells.indicators[i])
        gauged = cells.gauged
        if gauged is not None and gauged.nats[row, i].any():
            at, since_us = (row, int(i)), int(gauged.since_us[row, i])
            found.append(
                Reading(
                    indicator=registry.ids[index],
                    window_h=float(volume.windows_h[window]),
                    observed=int(gauged.readings[at]),
                    expected=0.0,
                    p=float(np.exp(-gauged.nats[row, i, window])),
                    share=mine / total,
                    log_odds=mine,
                    since_us=None if since_us < 0 else since_us,
                    value=float(gauged.value[at]),
                    usual=float(gauged.usual[at]),
                )
            )
            continue
        found.append(
            Contribution(
                indicator=registry.ids[index],
                window_h=float(volume.windows_h[window]),
                observed=int(cells.observed[row, i, window]),
                expected=float(cells.expected[row, i, window]),
                p=float(tail[i, window]),
                share=mine / total,
                log_odds=mine,
                since_us=volume.first_instant(areas, [index], window),
                usual_per_day=volume.daily_rate(areas, [index]),
            )
        )
    return tuple(found)
