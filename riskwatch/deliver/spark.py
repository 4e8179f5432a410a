"""Small pictures of counts: a line of blocks for the terminal, an SVG of observed against usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from riskwatch.core.alerts import Chart
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.messages.numbers import amount
from riskwatch.messages.sentence import Words

BLOCKS = "▁▂▃▄▅▆▇█"
_QUARTER_US = 15 * MINUTE_US  # every local hour begins on a quarter, in every zone

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 30, 46


def sparkline(values: Sequence[float]) -> str:
    """One block a value, from nothing to the largest.

    >>> sparkline([0, 1, 2, 4]), sparkline([0, 0]), sparkline([])
    ('▁▃▅█', '▁▁', '')
    """
    top = max(values, default=0.0)
    if top <= 0:
        return BLOCKS[0] * len(values)
    steps = len(BLOCKS) - 1
    return "".join(BLOCKS[int(max(value, 0) / top * steps + 0.5)] for value in values)


def chart_svg(chart: Chart, words: Words) -> str:
    """An SVG of observed counts as bars against the usual as a dashed line, in local time.

    Shape tells the two apart, not colour; title and description say the same to a screen reader.
    """
    top = _nice(max((*chart.observed, *chart.expected, 1.0)))
    return "".join(
        (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-labelledby="chart-title chart-desc">'
            f'<title id="chart-title">{escape(_title(chart, words))}</title>'
            f'<desc id="chart-desc">{escape(_description(chart, words))}</desc>',
            *_grid(top),
            *_bars(chart, words, top),
            _line(chart, top),
            *hours_axis(chart, words),
            legend(words),
            "</svg>",
        )
    )


def _title(chart: Chart, words: Words) -> str:
    if chart.step_us == HOUR_US:
        return words.text("chart.title")
    return words.text("chart.title_step", span=words.local.lasted(chart.step_us))


def _description(chart: Chart, words: Words) -> str:
    most = max(chart.observed, default=0)
    at_us = step_start(chart, chart.observed.index(most)) if chart.observed else chart.end_us
    return words.text(
        "chart.desc",
        observed=sum(chart.observed),
        span=words.local.lasted(len(chart.observed) * chart.step_us),
        expected=amount(sum(chart.expected)),
        at=words.local.told(at_us, on_us=chart.end_us),
        most=most,
    )


def _nice(top: float) -> int:
    """The next round number that the axis can end with.

    >>> [_nice(v) for v in (0.2, 3, 5, 11, 47, 130)]
    [2, 4, 6, 20, 60, 200]
    """
    step = 1
    while True:
        for mark in (2, 4, 6, 10):
            if top <= mark * step and (mark * step) % 2 == 0:
                return mark * step
        step *= 10


def step_start(chart: Chart, step: int) -> int:
    """The instant a step begins at."""
    return chart.end_us - (len(chart.observed) - step) * chart.step_us


def step_x(chart: Chart, step: float) -> float:
    """Where a step begins, from the left."""
    return LEFT + step * (WIDTH - LEFT - RIGHT) / max(len(chart.observed), 1)


def _y(value: float, top: int) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)


def _grid(top: int) -> list[str]:
    lines = []
    for value in (0, top // 2, top):
        y = _y(value, top)
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#c9ccd1"/><text class="axis" x="{LEFT - 6}" y="{y + 4:.1f}" '
            f'text-anchor="end" font-size="12">{value}</text>'
        )
    return lines


def _bars(chart: Chart, words: Words, top: int) -> list[str]:
    width = max(step_x(chart, 1) - step_x(chart, 0) - 2, 1)
    bars = []
    for step, count in enumerate(chart.observed):
        if count <= 0:
            continue
        y = _y(count, top)
        when = words.local.told(step_start(chart, step), on_us=chart.end_us)
        bars.append(
            f'<rect class="observed" x="{step_x(chart, step) + 1:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{_y(0, top) - y:.1f}" fill="#1f5fbf"><title>{escape(when)}: {count}</title></rect>'
        )
    return bars


def _line(chart: Chart, top: int) -> str:
    points = " ".join(
        f"{step_x(chart, step + 0.5):.1f},{_y(value, top):.1f}" for step, value in enumerate(chart.expected)
    )
    return (
        f'<polyline class="expected" points="{points}" fill="none" stroke="#1b1e23" '
        'stroke-width="2" stroke-dasharray="5 3"/>'
    )


def hours_axis(chart: Chart, words: Words) -> list[str]:
    """Local times under the axis, the day once under its first one."""
    labels: list[str] = []
    day = None
    for instant_us, step in _marks(chart, words):
        x = step_x(chart, step)
        labels.append(
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{HEIGHT - BOTTOM}" '
            f'y2="{HEIGHT - BOTTOM + 5}" stroke="#c9ccd1"/>'
            + _label(x, HEIGHT - BOTTOM + 18, words.local.clock(instant_us))
        )
        if words.local.at(instant_us).date() != day:
            labels.append(_label(x, HEIGHT - 8, words.local.day(instant_us)))
            day = words.local.at(instant_us).date()
    return labels


def _marks(chart: Chart, words: Words) -> Iterator[tuple[int, float]]:
    """Round local hours within the chart, eight or so, and how many steps from its start they lie."""
    span_h = len(chart.observed) * chart.step_us / HOUR_US
    every_h = next((h for h in (1, 2, 3, 6, 12) if span_h <= 8 * h), 24)
    start_us = step_start(chart, 0)
    for instant_us in range(start_us - start_us % _QUARTER_US, chart.end_us + 1, _QUARTER_US):
        local = words.local.at(instant_us)
        if instant_us >= start_us and local.minute == 0 and local.hour % every_h == 0:
            yield instant_us, (instant_us - start_us) / chart.step_us


def _label(x: float, y: float, text: str) -> str:
    anchor = "middle" if x < WIDTH - 24 else "end"
    return (
        f'<text class="axis" x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="12">'
        f"{escape(text)}</text>"
    )


def legend(words: Words) -> str:
    """What is observed and what is usual."""
    observed, expected = escape(words.text("chart.observed")), escape(words.text("chart.expected"))
    return (
        f'<rect class="observed" x="{LEFT}" y="6" width="10" height="12" fill="#1f5fbf"/>'
        f'<text class="axis" x="{LEFT + 16}" y="16" font-size="12">{observed}</text>'
        f'<line class="expected" x1="{LEFT + 140}" x2="{LEFT + 168}" y1="12" y2="12" '
        f'stroke="#1b1e23" stroke-width="2" stroke-dasharray="5 3"/>'
        f'<text class="axis" x="{LEFT + 174}" y="16" font-size="12">{expected}</text>'
    )
