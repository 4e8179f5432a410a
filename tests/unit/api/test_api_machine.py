"""The JSON API: the same keys as everywhere, filters, actions and health."""

from __future__ import annotations

import pytest
from api_desk import ACCOUNT
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.desk import Desk

OPEN = "rw-000000000001"


def ids(browser: TestClient, query: str = "") -> list[int]:
    """The numbers of the alerts in an answer."""
    return [int(a["id"][3:]) for a in browser.get(f"/v1/alerts{query}").json()["alerts"]]


def test_open_alerts_come_graver_first(browser: TestClient) -> None:
    """Ended and closed ones are left out unless all are asked for."""
    assert ids(browser)[0] == 2
    assert set(ids(browser)) == {1, 2, 3, 4, 8, 9, 10}
    assert set(ids(browser, "?all=true")) == set(range(1, 11))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?area=LOWER MERION", {2}),
        ("?level=1", {2}),
        ("?kind=data_health", {8}),
        ("?shown=false", {4}),
        ("?shown=true", {1, 2, 3, 8, 9, 10}),
    ],
)
def test_filters_narrow_the_list(browser: TestClient, query: str, expected: set[int]) -> None:
    """Area with all below, level and graver, kind, shown."""
    assert set(ids(browser, query)) == expected


def test_the_count_tells_what_the_limit_cuts(browser: TestClient) -> None:
    """Nothing is silently left out."""
    body = browser.get("/v1/alerts?all=1&limit=3").json()
    assert (body["count"], len(body["alerts"])) == (10, 3)


def test_one_alert_by_id_or_its_beginning_in_a_language(browser: TestClient) -> None:
    """The document of the alert, its sentence in the language asked for."""
    body = browser.get(f"/v1/alerts/{OPEN}?lang=zh").json()
    assert body["id"] == OPEN
    assert body["sentence"].startswith("Collegeville，橙色：")
    assert body["level_word"] == "orange"
    assert browser.get("/v1/alerts/rw-00000000001").json()["id"] == "rw-000000000010"


def test_an_unknown_alert_or_filter_is_told_as_json(browser: TestClient) -> None:
    """A word for machines, a reason and a fix for people."""
    answer = browser.get("/v1/alerts/none")
    assert answer.status_code == 404
    assert answer.json()["error"] == "unknown_alert"
    answer = browser.get("/v1/alerts?kind=opinion")
    assert answer.status_code == 400
    assert answer.json()["reason"] == "Kind 'opinion' is unknown; use one of risk, data_health, schema."
    assert browser.get("/v1/alerts?limit=none").status_code == 422


def test_an_alert_is_acknowledged_then_closed(actor: TestClient) -> None:
    """Each action answers with the alert after it; a second acknowledgement is refused."""
    acked = actor.post(f"/v1/alerts/{OPEN}/ack", json={"as": "Ana"})
    assert (acked.status_code, acked.json()["state"]) == (200, "acknowledged")
    again = actor.post(f"/v1/alerts/{OPEN}/ack", json={"as": "Ana"})
    assert (again.status_code, again.json()["error"]) == (409, "refused")
    closed = actor.post(f"/v1/alerts/{OPEN}/close", json={"as": "Ana", "verdict": "true", "note": "n"})
    assert closed.json()["verdict"] == "true"
    assert closed.json()["actor"] == "Ana (unverified)"


@pytest.mark.parametrize("body", [{}, {"as": 3}, {"as": "Ana", "colour": "red"}])
def test_a_body_that_does_not_fit_is_refused(browser: TestClient, body: dict[str, object]) -> None:
    """422 with the place and what is wrong there."""
    answer = browser.post(f"/v1/alerts/{OPEN}/ack", json=body)
    assert answer.status_code == 422
    assert answer.json()["reason"].startswith("body.")


def test_a_page_of_another_site_cannot_use_the_api(browser: TestClient, read_desk: Desk) -> None:
    """By its origin, or because it may not send JSON without asking first."""
    ack = f"/v1/alerts/{OPEN}/ack"
    answer = browser.post(ack, json={"as": "Eve"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    plain = {"content-type": "text/plain"}
    assert browser.post(ack, content='{"as": "Eve"}', headers=plain).status_code == 422
    assert len(read_desk.alerts.changes(OPEN)) == 1


def test_health_tells_the_last_tick_and_the_account(browser: TestClient) -> None:
    """What a monitor needs, in one answer."""
    assert browser.get("/v1/health").json() == {
        "status": "ok",
        "live": False,
        "now": "2016-02-10T16:00:00Z",
        "last_tick": "2016-02-10T15:45:00Z",
        "age_s": 900,
        "ticks": 960,
        "position": 0,
        "silent_since": {},
        "accounts": {"montco911": ACCOUNT},
        "backlog": {},
        "corrections": {},
    }


def test_a_name_it_does_not_answer_to_is_refused(read_desk: Desk) -> None:
    """A rebound DNS name reaches the port, but not the desk."""
    client = TestClient(make_app(read_desk, hosts=["127.0.0.1"]))
    assert client.get("/", headers={"host": "127.0.0.1:8750"}).status_code == 200
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
