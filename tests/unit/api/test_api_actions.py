"""Acknowledging and closing, by form and by JSON, and who may not."""

from __future__ import annotations

import pytest
from html_page import Page
from web_client import TestClient

from riskwatch.core.alerts import Reason, State, Verdict
from riskwatch.desk import Desk

OPEN, CLOSED = "rw-000000000001", "rw-000000000007"
SAME = {"sec-fetch-site": "same-origin"}


def test_the_form_acknowledges_and_leads_back(actor: TestClient, desk: Desk) -> None:
    """303 to the alert, which is acknowledged by a name that nobody checked."""
    answer = actor.post(f"/alerts/{OPEN}/ack", data={"as": " Ana "}, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{OPEN}")
    alert = desk.alerts.get(OPEN)
    assert alert is not None
    assert (alert.state, alert.actor) == (State.ACKNOWLEDGED, "Ana (unverified)")
    page = Page(actor.get(answer.headers["location"]).text).text
    assert "acknowledged II orange Ana (unverified)" in page


def test_the_form_closes_with_a_verdict_and_a_note(actor: TestClient, desk: Desk) -> None:
    """The verdict and the note are kept, and the page tells them."""
    form = {"as": "Ana", "verdict": "averted", "note": "kitchen closed"}
    answer = actor.post(f"/alerts/{OPEN}/close", data=form, headers=SAME)
    assert answer.status_code == 303
    last = desk.alerts.changes(OPEN)[-1]
    assert (last.reason, last.alert.verdict, last.alert.note) == (
        Reason.CLOSED,
        Verdict.AVERTED,
        "kitchen closed",
    )
    page = Page(actor.get(f"/alerts/{OPEN}", headers={"cookie": "lang=zh"}).text).text
    assert "由Ana（未核实）关闭：已化解。" in page


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/testserver"},
        {},
    ],
)
def test_a_form_of_another_site_is_refused(
    browser: TestClient, read_desk: Desk, headers: dict[str, str]
) -> None:
    """403, and nothing was changed; a form without any mark of its origin is no better."""
    answer = browser.post(f"/alerts/{OPEN}/ack", data={"as": "Ana"}, headers=headers)
    assert answer.status_code == 403
    assert "came from another site" in answer.text
    assert len(read_desk.alerts.changes(OPEN)) == 1


@pytest.mark.parametrize(
    "headers", [{"origin": "http://testserver"}, {"referer": "http://testserver/alerts/x"}]
)
def test_a_form_of_this_site_passes_by_origin_or_referer(
    actor: TestClient, headers: dict[str, str]
) -> None:
    """Browsers that send no Sec-Fetch-Site are known by where the form stood."""
    assert actor.post(f"/alerts/{OPEN}/ack", data={"as": "Ana"}, headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ({}, "Give your name"),
        ({"as": "  "}, "Give your name"),
        ({"as": "x" * 81, "verdict": "true"}, "longer than 80 characters"),
        ({"as": "a\nb", "verdict": "true"}, "holds a line break"),
        ({"as": "Ana"}, "Choose a verdict"),
        ({"as": "Ana", "verdict": "perhaps"}, "Choose a verdict"),
        ({"as": "Ana", "verdict": "true", "note": "x" * 501}, "longer than 500 characters"),
    ],
)
def test_a_form_not_filled_in_says_what_is_missing(
    browser: TestClient, form: dict[str, str], what: str
) -> None:
    """422 with the one thing to do."""
    answer = browser.post(f"/alerts/{OPEN}/close", data=form, headers=SAME)
    assert answer.status_code == 422
    assert what in answer.text


def test_an_act_that_the_state_does_not_allow_is_refused_with_the_reason(actor: TestClient) -> None:
    """409 in words: a closed alert is neither acknowledged nor closed again."""
    answer = actor.post(f"/alerts/{CLOSED}/ack", data={"as": "Ana"}, headers=SAME)
    assert answer.status_code == 409
    assert "This alert is: closed. Only an open one can be acknowledged." in Page(answer.text).text
    again = {"as": "Ana", "verdict": "false"}
    answer = actor.post(f"/alerts/{CLOSED}/close", data=again, headers={**SAME, "cookie": "lang=zh"})
    assert answer.status_code == 409
    assert "已关闭" in answer.text


def test_an_act_on_an_unknown_alert_is_404(browser: TestClient) -> None:
    """There is nothing to act on."""
    assert browser.post("/alerts/rw-none/ack", data={"as": "Ana"}, headers=SAME).status_code == 404
    assert browser.post("/v1/alerts/rw-none/ack", json={"as": "Ana"}).status_code == 404
