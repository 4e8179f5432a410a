"""The pages: what stands where, in both languages, well formed and safe."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from api_desk import NOW_US, county, fill, made, open_desk
from html_page import Page
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.core.alerts import Level
from riskwatch.core.clock import HOUR_US, MovableClock
from riskwatch.core.errors import RiskwatchError
from riskwatch.desk import Desk
from riskwatch.messages.catalogue import Catalogue, fields_of

ROUTES = ["/", "/alerts", "/alerts?shown=0", "/alerts?state=closed", "/nowhere", "/?area=ATLANTIS"]
ALERTS = [f"/alerts/{alert.id}" for alert in county()]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("route", ROUTES + ALERTS)
def test_every_page_is_well_formed_and_carries_the_headers(
    browser: TestClient, route: str, lang: str
) -> None:
    """Tags are balanced, ids unique, styles and scripts in files only, and the policy is sent."""
    answer = browser.get(route, headers={"cookie": f"lang={lang}"})
    page = Page(answer.text)
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert page.styles == 0
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert f'<html lang="{Catalogue(lang).text("lang.tag")}">' in answer.text


@pytest.mark.parametrize("route", ROUTES + ALERTS)
def test_no_english_shows_through_the_chinese_page(browser: TestClient, route: str) -> None:
    """No message of the English catalogue stands on a Chinese page."""
    text = Page(browser.get(route, headers={"cookie": "lang=zh"}).text).text.lower()
    en = Catalogue("en")
    english = [en.template(k) for k in en.keys if k.startswith(("page.", "alert.", "table.", "problem."))]
    shown = [t for t in english if not fields_of(t) and len(t) > 6 and t.lower() in text]
    assert shown == []


def test_the_first_screen_sorts_alerts_by_what_they_ask_for(browser: TestClient) -> None:
    """New and rising, then open, then notices, then what waits for a verdict; graver first."""
    html = browser.get("/").text
    order = [
        html.index(mark)
        for mark in (
            'id="new"',
            "/alerts/rw-000000000002",  # red
            "/alerts/rw-000000000001",
            'id="open"',
            "/alerts/rw-000000000003",  # acknowledged
            'id="notices"',
            "/alerts/rw-000000000008",
            'id="ended"',
            "/alerts/rw-000000000005",
            'id="feeds"',
        )
    ]
    assert order == sorted(order)
    assert html.index('id="open"') < html.index("/alerts/rw-000000000010") < html.index('id="notices"')
    assert "/alerts/rw-000000000004" not in html  # inhibited
    assert "/alerts/rw-000000000007" not in html  # closed


def test_a_level_is_number_word_and_shape(browser: TestClient) -> None:
    """Colour is never alone."""
    html = browser.get("/").text
    assert '<polygon points="15,3 33,3' in html
    assert "I red" in Page(html).text
    assert "II orange" in Page(html).text


def test_the_first_screen_tells_the_time_the_feeds_and_what_is_hidden(browser: TestClient) -> None:
    """When the engine last ticked, that the store is replayed, and the account of each source."""
    text = Page(browser.get("/").text).text
    assert "Last tick 2016-02-10 10:45" in text
    assert "A replayed store. It stands at 2016-02-10 11:00" in text
    assert "1 more alert rests on the same calls as one shown here: list them" in text
    assert "montco911 ● speaks 1,234 1,200 4 20 10" in text
    assert "All feeds speak." in text


def test_a_county_storm_is_one_happening_and_what_is_not_listed_is_counted(desk: Desk) -> None:
    """Ninety towns of one incident under one card, sixty of them named; of forty others 24 cards."""
    storm = [made(200 + n, area="HATBORO", incident="ri-storm") for n in range(90)]
    others = [made(300 + n, area="HATBORO", level=Level.YELLOW) for n in range(40)]
    fill(desk, [*storm, *others])
    html = TestClient(make_app(desk)).get("/?area=HATBORO").text
    text = Page(html).text
    assert "New and rising 130" in text
    assert html.count("<article") == 25
    assert "and 89 more alerts of the same incident" in text
    assert html.count('<span class="badge') == 60
    assert "and 29 more" in text
    assert 'href="/alerts?shown=1&amp;kind=risk&amp;state=open&amp;area=HATBORO">and 16 more</a>' in html


def test_a_silent_feed_is_told_at_the_top(desk: Desk) -> None:
    """A blind feed is named with the time since when, before any alert."""
    fill(desk, [], down={"montco911": NOW_US - 3 * HOUR_US})
    html = TestClient(make_app(desk)).get("/").text
    text = Page(html).text
    assert "Blind: montco911 since 08:00. Neither safe nor alarming" in text
    assert "✕ silent since 08:00" in text
    assert html.index("Blind:") < html.index('id="new"')


def test_a_live_engine_that_does_not_tick_is_told_loudly(desk: Desk) -> None:
    """Three ticks and the lateness may pass; then the page warns, in live mode alone."""
    clock = desk.clock
    assert isinstance(clock, MovableClock)
    live, replayed = TestClient(make_app(desk, live=True)), TestClient(make_app(desk))
    clock.move(timedelta(minutes=45))
    assert "has not ticked" not in live.get("/").text
    assert live.get("/v1/health").json()["status"] == "ok"
    clock.move(timedelta(minutes=1))
    assert "The engine has not ticked for 61 minutes." in Page(live.get("/").text).text
    assert live.get("/v1/health").json()["status"] == "stale"
    assert "has not ticked" not in replayed.get("/").text


def test_filters_narrow_to_an_area_with_all_below_it_and_a_level(browser: TestClient) -> None:
    """The county has all of it, a town its own; a level brings the graver ones too."""
    assert browser.get("/?area=MONTGOMERY COUNTY").text.count("<article") == browser.get("/").text.count(
        "<article"
    )
    town = browser.get("/?area=LOWER MERION").text
    assert "/alerts/rw-000000000002" in town
    assert "/alerts/rw-000000000001" not in town
    assert "Filtered: Lower Merion." in Page(town).text
    red = browser.get("/?level=1").text
    assert "/alerts/rw-000000000002" in red
    assert "/alerts/rw-000000000001" not in red


def test_the_list_has_every_alert_and_its_filters(browser: TestClient) -> None:
    """All ten; the hidden one alone; those of a kind; those of a state."""
    assert browser.get("/alerts").text.count("<article") == 10
    for query, count in (
        ("shown=0", 1),
        ("shown=1", 9),
        ("kind=schema", 1),
        ("state=closed", 1),
        ("limit=3", 3),
    ):
        assert browser.get(f"/alerts?{query}").text.count("<article") == count, query
    assert "Older alerts" in browser.get("/alerts?limit=3").text
    assert "No alert fits this filter." in browser.get("/alerts?state=closed&kind=schema").text


def test_one_alert_tells_why_how_sure_and_what_changed(browser: TestClient) -> None:
    """Sentence, chart, contributions, level history, life, versions and configuration."""
    html = browser.get("/alerts/rw-000000000001").text
    text = Page(html).text
    assert (
        "Collegeville, orange: 4 nausea or vomiting calls since 03:00, usually one in 25 days; rising. "
        "Owner: Public health desk." in text
    )
    assert 'aria-labelledby="chart-title chart-desc"' in html
    assert "nausea or vomiting calls 4 0.02 12 h 03:00 0.04 a day one in 1,000,000 +5.00 100% 100%" in text
    assert "II orange 2016-02-10 10:00" in text
    assert "2016-02-10 10:00 opened II orange engine" in text
    assert "bundle 0.1" in text
    assert "0123456789abcdef" in text
    assert "Acknowledge" in text


def test_what_came_from_outside_is_escaped(browser: TestClient) -> None:
    """A code and a note are shown as text, never as tags."""
    assert "&lt;TRAIN&gt; CRASH" in browser.get("/alerts/rw-000000000009").text
    closed = browser.get("/alerts/rw-000000000007").text
    assert "two &lt;schools&gt;" in closed
    assert "Closed by" in closed
    assert "<form method" not in closed


def test_the_language_is_asked_for_once_and_remembered(browser: TestClient) -> None:
    """`?lang=zh` answers in Chinese and sets a cookie; the link keeps the filters of the page."""
    html = browser.get("/?level=2").text
    assert 'href="/?level=2&amp;lang=zh"' in html
    answer = browser.get("/?level=2&lang=zh")
    assert "新发与上升" in answer.text
    assert "lang=zh" in answer.headers["set-cookie"]
    assert "新发与上升" in browser.get("/").text
    assert "New and rising" in browser.get("/?lang=en").text
    assert "New and rising" in browser.get("/?lang=xx").text


def test_the_default_language_is_the_servers(read_desk: Desk) -> None:
    """A desk in China serves Chinese; a language without a catalogue is refused at the start."""
    assert "新发与上升" in TestClient(make_app(read_desk, "zh")).get("/").text
    with pytest.raises(RiskwatchError, match="language 'fr' is unknown"):
        make_app(read_desk, "fr")


def test_an_empty_store_says_what_to_do_next(tmp_path: Path) -> None:
    """The commands that fill it stand on the page."""
    client = TestClient(make_app(open_desk(tmp_path / "store")))
    text = Page(client.get("/").text).text
    assert "Nothing has been read yet" in text
    assert "riskwatch replay FILE --source montco911" in text
    assert client.get("/v1/health").json()["status"] == "empty"


def test_an_unknown_alert_is_a_page_that_helps(browser: TestClient) -> None:
    """404, what was asked for, and where to look."""
    answer = browser.get("/alerts/rw-nothing")
    assert answer.status_code == 404
    assert "There is no alert 'rw-nothing' in this store." in Page(answer.text).text
    assert browser.get("/nowhere").status_code == 404


def test_an_unknown_filter_names_the_known_ones(browser: TestClient) -> None:
    """400, and at most eight of those there are."""
    answer = browser.get("/?level=9")
    assert answer.status_code == 400
    assert "Level '9' is unknown; use one of 1, 2, 3, 4." in Page(answer.text).text
    assert browser.get("/alerts?limit=0").status_code == 422


def test_many_ended_alerts_are_counted_not_listed(desk: Desk) -> None:
    """The first screen keeps room for what is new."""
    fill(desk, [made(100 + n, area="AMBLER", state="returned", closed_at_us=NOW_US) for n in range(20)])
    text = Page(TestClient(make_app(desk)).get("/").text).text
    assert "Ended, waiting for a verdict 21" in text
    assert "and 13 more" in text


def test_the_static_files_are_served(browser: TestClient) -> None:
    """Style, script and icon come from here and nowhere else."""
    for name in ("style.css", "page.js", "icon.svg"):
        assert browser.get(f"/static/{name}").status_code == 200
    assert "http" not in browser.get("/").text.replace("http://www.w3.org", "")
