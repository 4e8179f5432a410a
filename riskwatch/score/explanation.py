"""The explanation of an alert: which indicators, over which window, how far beyond the usual."""

from __future__ import annotations

import numpy as np

from riskwatch.core.alerts import Contribution
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import Evidential
from riskwatch.score.composite import Judged

_LEAST_SHARE = 0.01


def contributions(
    judged: Judged, volume: Evidential, registry: IndicatorRegistry
) -> tuple[Contribution, ...]:
    """One entry an indicator, strongest first; shares add up to 1, log-odds to the composite's.

    An indicator speaks through several windows; the entry shows the one that adds most, and its
    log-odds are those of all its windows together. What adds less than a hundredth is joined to
    the strongest, so that the sums still hold.
    """
    added = judged.log_odds.sum(axis=1)
    total = float(added.sum())
    if total <= 0:
        return ()
    tail = volume.tail(judged.cells)
    order = [i for i in np.argsort(-added, kind="stable") if added[i] > 0]
    kept = [i for i in order if added[i] >= _LEAST_SHARE * total]
    rest = total - float(added[kept].sum())
    found = []
    for n, i in enumerate(kept):
        window = int(judged.log_odds[i].argmax())
        log_odds = float(added[i]) + (rest if n == 0 else 0.0)
        index = int(judged.cells.indicators[i])
        found.append(
            Contribution(
                indicator=registry.ids[index],
                window_h=float(volume.windows_h[window]),
                observed=int(judged.cells.observed[i, window]),
                expected=float(judged.cells.expected[i, window]),
                p=float(tail[i, window]),
                share=log_odds / total,
                log_odds=log_odds,
                since_us=volume.first_instant(judged.area, [index], window),
                usual_per_day=volume.daily_rate(judged.area, [index]),
            )
        )
    return tuple(found)
