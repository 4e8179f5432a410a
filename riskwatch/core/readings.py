"""What a gauge adds to an alert: the contribution and the chart of readings in place of counts."""

from __future__ import annotations

from dataclasses import dataclass

from riskwatch.core.alerts import Chart, Contribution


@dataclass(frozen=True, slots=True)
class Reading(Contribution):
    """What one gauge brings to the likelihood.

    `value` is what it showed last and `usual` what is usual at that hour of the week, in its unit.
    `observed` are its readings of the last day that lay beyond their past, of which none is usual,
    `since_us` is the tick of the first of them, `p` how many of its readings beyond
    their past lie as far.
    """

    value: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadingChart(Chart):
    """Readings of one gauge against what was usual, a step each; None where nothing was read."""

    indicator: str = ""
    observed: tuple[float | None, ...]  # type: ignore[assignment] # readings in place of counts
    expected: tuple[float, ...]
