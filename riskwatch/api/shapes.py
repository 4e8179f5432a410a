"""The shape of each level, so that colour is never alone: octagon, diamond, triangle, circle."""

from __future__ import annotations

from riskwatch.core.alerts import Level
from riskwatch.messages.names import Names

_OUTLINES = {
    Level.RED: '<polygon points="15,3 33,3 45,15 45,33 33,45 15,45 3,33 3,15"/>',
    Level.ORANGE: '<polygon points="24,1 47,24 24,47 1,24"/>',
    Level.YELLOW: '<polygon points="24,3 47,45 1,45"/>',
    Level.BLUE: '<circle cx="24" cy="24" r="22"/>',
}
_BASELINE = {Level.YELLOW: 39}


def level_shape(level: Level) -> str:
    """An inline SVG of 48 units with the level's Roman number in it; the word stands beside it."""
    number = Names.level_number(level)
    return (
        '<svg class="shape" viewBox="0 0 48 48" aria-hidden="true" focusable="false">'
        f"{_OUTLINES[level]}"
        f'<text x="24" y="{_BASELINE.get(level, 30)}" text-anchor="middle">{number}</text></svg>'
    )
