"""The public feed: only what was released, each message whole, and nothing of the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from api_desk import NOW_US, fill, made, open_desk
from lxml import etree
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.api.publishing import Publishing
from riskwatch.core.alerts import Level, State
from riskwatch.core.side_states import Release, ReleaseState
from riskwatch.deliver.cap_rules import cap_faults
from riskwatch.deliver.publications import publications
from riskwatch.desk import Desk

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def released(level: int, state: ReleaseState = ReleaseState.APPROVED) -> Release:
    return Release(state, level, "COLLEGEVILLE", "Ana", NOW_US)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    opened = open_desk(tmp_path / "store")
    fill(
        opened,
        [
            made(1, release=released(2)),
            made(2, area="AMBLER", release=released(2, ReleaseState.DRAFTED)),
            made(3, area="ABINGTON"),
            made(4, area="LOWER MERION", level=Level.RED, release=released(2)),
            made(5, area="UPPER MERION", level=Level.YELLOW, release=released(2)),
            made(6, area="SKIPPACK", shown=False, release=released(2)),
        ],
    )
    return opened


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    return TestClient(make_app(desk), follow_redirects=False)


def test_the_feed_lists_what_was_released_at_its_level(browser):
    """A draft, an alert nobody released, one that rose since and one that is hidden are not in it."""
    answer = browser.get("/cap/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.content)
    titles = [t.text for t in feed.findall("a:entry/a:title", ATOM)]
    assert len(titles) == 2
    assert any("COLLEGEVILLE" in t.upper() for t in titles)
    assert any("UPPER MERION" in t.upper() for t in titles)


def test_each_entry_links_to_a_message_that_keeps_the_rules(browser):
    """The link answers with CAP 1.2."""
    feed = etree.fromstring(browser.get("/cap/feed.atom").content)
    links = [e.get("href") for e in feed.findall("a:entry/a:link", ATOM)]
    assert links
    for link in links:
        answer = browser.get(link)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/cap+xml")
        assert cap_faults(answer.content) == []


def test_the_feed_speaks_the_language_that_is_asked_for(browser):
    """As the pages do."""
    assert "预警" in browser.get("/cap/feed.atom?lang=zh").text
    assert "warning" in browser.get("/cap/feed.atom?lang=en").text


@pytest.mark.parametrize(
    "name", ["rw-000000000003.1", "rw-000000000002.1", "rw-999999999999.1", "rw-000000000001.9", "x"]
)
def test_a_message_that_was_not_released_is_not_found(browser, name):
    """Nothing tells it apart from one that never was."""
    assert browser.get(f"/cap/{name}.xml").status_code == 404


def test_alerts_of_one_second_get_identifiers_a_second_apart(desk):
    """In the national dialect an identifier is a second."""
    publishing = Publishing(desk)
    names = set()
    for number in (1, 3, 5):
        changes = desk.alerts.changes(f"rw-{number:012d}")
        name, document = publishing.national(publications(changes)[0])
        names.add(etree.fromstring(document).findtext("{http://com.icss.amp}identifier"))
        assert name.endswith("_ALERT.XML")
    assert len(names) == 3


def test_the_end_of_what_was_told_is_told_even_if_the_release_lapsed(desk):
    """Nobody is left with a warning that is over."""
    changes = desk.alerts.changes("rw-000000000001")

    ended = replace(changes[0].alert, state=State.RETURNED, release=None, revision=2)
    after = [*changes, replace(changes[0], alert=ended, at_us=NOW_US)]
    assert [str(m.type) for m in publications(after, released_only=True)] == ["Alert", "Cancel"]
