"""The pages of an alert that a gauge carries: values and points in place of counts and bars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from api_desk import county, fill, open_desk
from html_page import Page
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.core.alerts import Alert
from riskwatch.core.clock import HOUR_US
from riskwatch.core.readings import Reading, ReadingChart


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Alert, TestClient]:
    """A store whose red alert is carried by a gauge that missed an hour."""
    first = next(a for a in county() if a.contributions and a.chart)
    assert first.chart
    indicator = first.contributions[0].indicator
    reading = Reading(indicator, 3.0, 9, 0.0, 1e-4, 1.0, 2.0, first.opened_at_us, value=4.27, usual=3.1)
    chart = ReadingChart(
        first.chart.end_us, HOUR_US, (3.1, None, 4.27), (3.0, 3.0, 3.1), indicator=indicator
    )
    alert = replace(first, contributions=(reading,), chart=chart)
    home: Path = tmp_path_factory.mktemp("gauged") / "store"
    desk = open_desk(home)
    fill(desk, [alert])
    return alert, TestClient(make_app(desk))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_a_gauge_is_well_formed_and_shows_values(read, lang):
    """What it shows and what is usual, a point for each hour that was read."""
    alert, browser = read
    answer = browser.get(f"/alerts/{alert.id}", headers={"cookie": f"lang={lang}"})
    page = Page(answer.text)
    assert page.faults == []
    assert "4.27" in page.text
    assert answer.text.count('<rect class="observed"') == 3  # two hours and the legend


def test_the_list_draws_its_trend(read):
    """A blank for the hour without a reading."""
    _, browser = read
    assert "▁ █" in browser.get("/alerts").text


def test_the_api_gives_value_usual_and_unit(read):
    """Beside the keys that counts have."""
    alert, browser = read
    (told,) = browser.get(f"/v1/alerts/{alert.id}").json()["contributions"]
    assert (told["value"], told["usual"], told["observed"]) == (4.27, 3.1, 9)
    assert "unit" in told
