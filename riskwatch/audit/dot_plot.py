"""Dot plots with intervals as inline SVG that keeps its letters at any width; the report's page asks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Scale:
    """From a number to a place in percent of the width, with a margin on both sides.

    >>> Scale(0.0, 1.0).at(0.5), Scale.over([0.1, 0.83], floor=0.0).high
    (50.0, 1.0)
    """

    low: float
    high: float

    @classmethod
    def over(cls, numbers: Sequence[float], floor: float | None = None) -> Scale:
        """A scale with round ends over all of the numbers, and over `floor` if given."""
        low = min([*numbers, *([] if floor is None else [floor])], default=0.0)
        high = max([*numbers, *([] if floor is None else [floor])], default=1.0)
        span = (high - low) or abs(high) or 1.0
        step = 10.0 ** math.floor(math.log10(span))
        step = next(s for s in (step / 5, step / 2, step, step * 2) if span / s <= 5.0 + 1e-9)
        return cls(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)

    def at(self, x: float) -> float:
        """The place of a number, in percent."""
        share = (x - self.low) / (self.high - self.low)
        return round(2.0 + 96.0 * min(max(share, 0.0), 1.0), 2)

    def ticks(self) -> list[float]:
        """The ends and the middle."""
        return [self.low, (self.low + self.high) / 2, self.high]


@dataclass(frozen=True, slots=True)
class Dot:
    """A number with its interval; an open end has no bound. `named` gets another shape."""

    value: float | None
    low: float | None
    high: float | None
    named: bool = False


def strip(dot: Dot, scale: Scale, *, reference: float | None, told: str) -> Markup:
    """One row of a plot: interval, dot, and a dashed line at the reference; `told` says it in words."""
    parts = [Markup('<line class="base" x1="2%" x2="98%" y1="13" y2="13"/>')]
    if reference is not None:
        x = scale.at(reference)
        parts.append(Markup('<line class="ref" x1="{0}%" x2="{0}%" y1="1" y2="25"/>').format(x))
    if dot.low is not None:
        right = scale.at(dot.high) if dot.high is not None else 100.0
        parts.append(
            Markup('<line class="span" x1="{}%" x2="{}%" y1="13" y2="13"/>').format(
                scale.at(dot.low), right
            )
        )
        parts.append(_end(scale.at(dot.low)))
        parts.append(_end(right) if dot.high is not None else Markup(""))
    if dot.value is not None:
        x = scale.at(dot.value)
        shape = (
            '<svg x="{}%" y="13" overflow="visible"><path class="named" d="M0-8 8 0 0 8-8 0z"/></svg>'
            if dot.named
            else '<circle class="dot" cx="{}%" cy="13" r="5.5"/>'
        )
        parts.append(Markup(shape).format(x))  # noqa: S704 - both shapes are the literals above
    head = Markup('<svg class="strip" role="img" aria-label="{}" width="100%" height="26">').format(told)
    return head + Markup("").join(parts) + Markup("</svg>")


def _end(x: float) -> Markup:
    return Markup('<line class="span" x1="{0}%" x2="{0}%" y1="8" y2="18"/>').format(x)
