"""Pictures of readings: a trend of blocks, an SVG with the unit, and blanks where nothing was read."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from deliver_town import alert, chart, words

from riskwatch.core.clock import HOUR_US
from riskwatch.core.gauges import Gauge
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.deliver.public_text import public_text
from riskwatch.deliver.publications import MessageType, Publication
from riskwatch.deliver.reading_chart import picture, reading_line, trend, whole_trend
from riskwatch.deliver.spark import chart_svg, sparkline
from riskwatch.messages.sentence import Words

NS = "{http://www.w3.org/2000/svg}"
RIVER = Gauge(unit={"en": "m", "zh": "米"}, lowest=-2, highest=15)


def told(lang: str = "en") -> Words:
    """The town, whose first indicator is a gauge."""
    plain = words(lang)
    first, *rest = plain.registry.indicators
    registry = IndicatorRegistry([replace(first, gauge=RIVER), *rest], plain.registry.signatures)
    return Words(plain.tree, registry, plain.catalogue, plain.local.timezone)


def readings(*observed: float | None) -> ReadingChart:
    counted = chart(*(0 for _ in observed))
    gauge = told().registry.ids[0]
    return ReadingChart(counted.end_us, HOUR_US, observed, tuple(3.0 for _ in observed), indicator=gauge)


def svg(made: ReadingChart, lang: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(picture(made, told(lang)))  # noqa: S314 - our own text


def test_a_trend_runs_from_the_lowest_to_the_highest_and_leaves_gaps_blank():
    """A river at 3 m that rises to 4 is a rise, not a line at the top."""
    assert trend(readings(3.0, 3.2, None, 4.0)) == "▁▂ █"
    assert trend(chart(0, 1, 2)) == sparkline([0, 1, 2])
    assert reading_line([]) == ""
    two_days = readings(*(float(n) if n % 2 else None for n in range(48)))
    assert whole_trend(two_days) == reading_line([float(n) for n in range(1, 48, 2)])


def test_the_picture_says_value_unit_and_usual_to_a_screen_reader():
    """In the language of the page."""
    made = readings(3.0, None, -0.5, 4.25)
    assert "in m" in (svg(made).findtext(f"{NS}title") or "")
    assert (svg(made).findtext(f"{NS}desc") or "").endswith("4.25 m.")
    assert "4.25米" in (svg(made, "zh").findtext(f"{NS}desc") or "")


def test_every_reading_is_a_point_within_the_picture_and_a_gap_is_none():
    """Also below zero."""
    made = svg(readings(3.0, None, -0.5, 4.25))
    points = made.findall(f"{NS}rect")[:-1]  # the last is the legend's
    assert len(points) == 3
    heights = [float(p.get("y", "nan")) for p in points]
    assert heights[2] < heights[0] < heights[1]
    assert all(0 < h < 250 for h in heights)


@pytest.mark.parametrize("observed", [(None, None), (2.0, 2.0), (3.0,)])
def test_nothing_read_or_nothing_moved_is_still_a_picture(observed):
    """No division by an empty range."""
    made = svg(readings(*observed))
    assert len(made.findall(f"{NS}rect")) == 1 + sum(v is not None for v in observed)
    if observed == (None, None):
        assert made.findtext(f"{NS}desc") == "nothing was read in these two days"


def test_counts_keep_their_own_picture():
    """The same function draws both."""
    assert picture(chart(0, 1, 5), told()) == chart_svg(chart(0, 1, 5), told())


def test_the_public_reads_a_level_and_not_a_small_count():
    """A reading is of a place: nothing of it is withheld, and no number of readings is told as calls."""
    reading = Reading(told().registry.ids[0], 3.0, 2, 0.0, 1e-4, 1.0, 2.0, value=4.2, usual=3.1)
    message = Publication(MessageType.ALERT, replace(alert(), contributions=(reading,)), 0)
    assert "has stood at 4.2 m" in public_text(message, told(), 10).description
    assert "4.2米" in public_text(message, told("zh"), 10).description
