"""Pictures of counts: blocks for the terminal, an SVG for the page."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from deliver_town import chart, words
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.alerts import Chart
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.deliver.spark import chart_svg, sparkline

NS = "{http://www.w3.org/2000/svg}"


def svg(made: Chart, lang: str = "en") -> ElementTree.Element:
    """The parsed picture; a badly formed one fails here."""
    return ElementTree.fromstring(chart_svg(made, words(lang)))  # noqa: S314 - our own text


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1))
def test_a_sparkline_has_one_block_a_value(values: list[float]) -> None:
    """The largest is the full block, unless there is nothing at all."""
    line = sparkline(values)
    assert len(line) == len(values)
    assert line[values.index(max(values))] == ("█" if max(values) > 0 else "▁")


def test_the_chart_says_to_a_screen_reader_what_it_shows() -> None:
    """Title and description name what is drawn, how much of it, and where it peaks."""
    picture = svg(chart(0, 1, 5))
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "chart-title chart-desc"
    assert picture.findtext(f"{NS}title") == "Observed against usual, per hour"
    assert picture.findtext(f"{NS}desc") == "6 observed in 3 hours, 6 were usual; most at 09:45: 5."


def test_observed_and_usual_differ_in_shape() -> None:
    """Bars for what came, a dashed line for what was usual; colour is not needed to tell them apart."""
    picture = svg(chart(0, 1, 5))
    bars = [r for r in picture.findall(f"{NS}rect") if r.find(f"{NS}title") is not None]
    assert [bar.findtext(f"{NS}title") for bar in bars] == ["08:45: 1", "09:45: 5"]
    line = picture.find(f"{NS}polyline")
    assert line is not None
    assert line.get("stroke-dasharray")
    assert len(line.get("points", "").split()) == 3


def test_the_axis_is_in_local_time() -> None:
    """Two days that end at 10:45 in New York are marked at round local hours, each day once."""
    picture = svg(chart(*([1] * 48)))
    labels = [text.text for text in picture.findall(f"{NS}text")]
    assert labels[3:] == [
        *(
            "12:00",
            "8 Feb",
            "18:00",
            "00:00",
            "9 Feb",
            "06:00",
            "12:00",
            "18:00",
            "00:00",
            "10 Feb",
            "06:00",
        ),
        *("observed", "usual"),
    ]
    assert "2月9日" in [text.text for text in svg(chart(*([1] * 48)), "zh").findall(f"{NS}text")]


@pytest.mark.parametrize("step_us", [15 * MINUTE_US, HOUR_US, DAY_US])
def test_any_step_and_size_makes_a_picture(step_us: int) -> None:
    """Quarter hours, hours and days are drawn, empty ones and large ones too."""
    for counts in ((), (0,), (0, 0, 0), tuple(range(200)), (12345, 1)):
        picture = svg(chart(*counts, step_us=step_us))
        assert "nan" not in ElementTree.tostring(picture, encoding="unicode")
