"""Observed counts as bars against a line of what was expected, in characters of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

_HEIGHT = 8
_PARTS = " ▁▂▃▄▅▆▇█"


def bar_chart(observed: Sequence[int], expected: Sequence[float], height: int = _HEIGHT) -> list[str]:
    """Lines from top to bottom, the scale in front; `─` marks the expected height where no bar is.

    >>> for line in bar_chart([0, 1, 2, 8], [2, 2, 2, 2], height=4):
    ...     print(line)
    8 ┤   █
      ┤   █
      ┤   █
    0 ┤─▄██
    """
    top = max([*observed, *expected, 1])
    label = f"{top:.0f}"
    lines = []
    for row in range(height, 0, -1):
        cells = [
            _cell(o / top * height, e / top * height, row) for o, e in zip(observed, expected, strict=True)
        ]
        scale = label if row == height else "0" if row == 1 else ""
        lines.append(f"{scale:>{len(label)}} ┤{''.join(cells)}")
    return lines


def _cell(bar: float, line: float, row: int) -> str:
    """One character: the part of the bar in this row, else the expected line if it runs here."""
    filled = round(8 * min(max(bar - (row - 1), 0.0), 1.0))
    if filled:
        return _PARTS[filled]
    return "─" if row - 1 < line <= row else " "
