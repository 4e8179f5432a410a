"""Small pictures of readings: the trend in a line and an SVG, for gauges; of counts, those of `spark`."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from riskwatch.core.alerts import Chart
from riskwatch.core.readings import ReadingChart
from riskwatch.deliver.spark import (
    BLOCKS,
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    chart_svg,
    hours_axis,
    legend,
    sparkline,
    step_start,
    step_x,
)
from riskwatch.messages.readings import number, valued
from riskwatch.messages.sentence import Words

_STEPS = 24
_POINT = 7


def trend(chart: Chart) -> str:
    """The last day of a chart as a line of blocks."""
    if isinstance(chart, ReadingChart):
        return reading_line(chart.observed[-_STEPS:])
    return sparkline(chart.observed[-_STEPS:])


def whole_trend(chart: ReadingChart) -> str:
    """All of a chart in as many blocks: what was read last in each stretch."""
    width = max(1, -(-len(chart.observed) // _STEPS))
    parts = [chart.observed[n : n + width] for n in range(0, len(chart.observed), width)]
    return reading_line([next((v for v in reversed(part) if v is not None), None) for part in parts])


def picture(chart: Chart, words: Words) -> str:
    """A chart as an SVG."""
    return readings_svg(chart, words) if isinstance(chart, ReadingChart) else chart_svg(chart, words)


def reading_line(values: Sequence[float | None]) -> str:
    """One block a value, from the lowest to the highest of them; a blank where nothing was read.

    >>> reading_line([2.0, None, 3.0, 4.0]), reading_line([1.5, 1.5]), reading_line([None])
    ('▁ ▅█', '▁▁', ' ')
    """
    known = [v for v in values if v is not None]
    low, span = (min(known), max(known) - min(known)) if known else (0.0, 0.0)
    steps = len(BLOCKS) - 1
    return "".join(
        " " if v is None else BLOCKS[int((v - low) / span * steps + 0.5) if span > 0 else 0] for v in values
    )


def readings_svg(chart: ReadingChart, words: Words) -> str:
    """An SVG of readings as points, none where nothing was read, and the usual as a dashed line."""
    title, told = escape(_title(chart, words)), escape(_description(chart, words))
    values = [v for v in (*chart.observed, *chart.expected) if v is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.05 * (high - low) or 1.0
    low, high = low - room, high + room

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    return "".join(
        (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'role="img" aria-labelledby="chart-title chart-desc">'
            f'<title id="chart-title">{title}</title><desc id="chart-desc">{told}</desc>',
            *(
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}" '
                f'stroke="#c9ccd1"/><text class="axis" x="{LEFT - 6}" y="{y(v) + 4:.1f}" '
                f'text-anchor="end" font-size="12">{escape(number(v))}</text>'
                for v in (low + room, (low + high) / 2, high - room)
            ),
            *(
                f'<rect class="observed" x="{step_x(chart, n + 0.5) - _POINT / 2:.1f}" '
                f'y="{y(v) - _POINT / 2:.1f}" width="{_POINT}" height="{_POINT}" fill="#1f5fbf">'
                f"<title>{escape(_told(chart, n, v, words))}</title></rect>"
                for n, v in enumerate(chart.observed)
                if v is not None
            ),
            '<polyline class="expected" points="',
            " ".join(f"{step_x(chart, n + 0.5):.1f},{y(v):.1f}" for n, v in enumerate(chart.expected)),
            '" fill="none" stroke="#1b1e23" stroke-width="2" stroke-dasharray="5 3"/>',
            *hours_axis(chart, words),
            legend(words),
            "</svg>",
        )
    )


def _told(chart: ReadingChart, step: int, value: float, words: Words) -> str:
    at = words.local.told(step_start(chart, step), on_us=chart.end_us)
    return f"{at}: {valued(value, chart.indicator, words)}"


def _title(chart: ReadingChart, words: Words) -> str:
    gauge = words.registry.gauges.get(chart.indicator)
    unit = gauge.unit_in(words.lang) if gauge else ""
    return words.text("chart.readings", name=words.indicator(chart.indicator), unit=unit)


def _description(chart: ReadingChart, words: Words) -> str:
    known = [(v, n) for n, v in enumerate(chart.observed) if v is not None]
    if not known:
        return words.text("chart.not_read")
    most, at = max(known, key=lambda pair: (pair[0], -pair[1]))
    last, newest = known[-1]
    return words.text(
        "chart.readings_desc",
        name=words.indicator(chart.indicator),
        last=valued(last, chart.indicator, words),
        span=words.local.lasted(len(chart.observed) * chart.step_us),
        usual=valued(chart.expected[newest], chart.indicator, words),
        at=words.local.told(step_start(chart, at), on_us=chart.end_us),
        most=valued(most, chart.indicator, words),
    )
