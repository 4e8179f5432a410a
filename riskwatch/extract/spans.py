"""Spans: how far back each window reaches, and in which steps its beginning moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.scores import CHART_H

GRAINS_US = (
    (HOUR_US, 0),
    (6 * HOUR_US, 15 * MINUTE_US),
    (48 * HOUR_US, HOUR_US),
)
"""Up to this width, a window moves in steps of so long (0: of a tick)."""
COARSEST_US = 6 * HOUR_US
"""The step of what is wider still."""


@dataclass(frozen=True)  # no slots: a cached property needs somewhere to keep its value
class Spans:
    """Widths and grains of windows in ticks: what a window of width W and grain g covers is defined here.

    As of a tick, it begins with the first tick of the grid of g (ticks divisible by g) that is not
    further back than W, and ends with the tick. So it is never longer than W and never as much as a
    grain shorter, and its trailing edge moves once in g ticks. Grains divide each other, so one
    row of cells serves all windows. `kept` are pairs (width, grain) that no window sums, but somebody asks.

    >>> spans = Spans((4, 12), (1, 4))
    >>> [spans.begins(tick) for tick in (98, 99, 100)]
    [(95, 88), (96, 88), (97, 92)]
    """

    widths: tuple[int, ...]
    grains: tuple[int, ...]
    kept: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, windows_h: Sequence[float], tick_us: int) -> Spans:
        """Those of windows of so many hours, and of the hours of a chart."""
        widths = tuple(int(h * HOUR_US) // tick_us for h in windows_h)
        steps = (*(step_us for _, step_us in GRAINS_US), COARSEST_US)
        grains = [1]
        for step_us in steps[1:]:
            before = grains[-1]
            grains.append(max(step_us // tick_us // before, 1) * before)
        limits = [width_us // tick_us for width_us, _ in GRAINS_US]
        mine = tuple(grains[sum(width > limit for limit in limits)] for width in widths)
        hour = HOUR_US // tick_us
        return cls(widths, mine, ((CHART_H * hour, hour),))

    def begins(self, tick: int) -> tuple[int, ...]:
        """The first tick of each window that ends with this one."""
        pairs = zip(self.widths, self.grains, strict=True)
        return tuple(begin(tick, width, grain) for width, grain in pairs)

    @cached_property
    def longest(self) -> int:
        """The most ticks that anybody looks back."""
        return self.stages[-1][0]

    @cached_property
    def stages(self) -> tuple[tuple[int, int], ...]:
        """(reach, grain), finest first: ticks are held apart by this grain as far back as this."""
        reach: dict[int, int] = {}
        for width, grain in (*zip(self.widths, self.grains, strict=True), *self.kept):
            reach[grain] = max(reach.get(grain, 0), width)
        rising: list[tuple[int, int]] = []
        for grain in sorted(reach):
            rising.append((max([reach[grain], *(r for r, _ in rising)]), grain))
        return tuple(rising)


def begin(tick: int, width: int, grain: int) -> int:
    """The first tick of a window that ends with this tick."""
    return -((width - tick - 1) // grain) * grain
