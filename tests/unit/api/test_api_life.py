"""The life of an alert on the page and through JSON, refusals in words, and the handover page."""

from __future__ import annotations

import pytest
from api_desk import NOW_US
from html_page import Page
from web_client import TestClient

from riskwatch.core.alerts import State
from riskwatch.desk import Desk

OPEN, YELLOW_CLOSED = "rw-000000000001", "rw-000000000007"
SAME = {"sec-fetch-site": "same-origin"}


def test_the_page_takes_a_case_through_its_steps(actor: TestClient, desk: Desk) -> None:
    """Hand out, handle, report: each form leads back to the alert, which says what is next."""
    for kind, more in (
        ("hand_out", {"to": "Wang"}),
        ("handle", {}),
        ("report", {"note": "kitchen closed"}),
    ):
        answer = actor.post(f"/alerts/{OPEN}/{kind}", data={"as": "Ana", **more}, headers=SAME)
        assert answer.status_code == 303
    alert = desk.alerts.get(OPEN)
    assert alert is not None
    assert (alert.state, alert.handler) == (State.HANDLING, "Wang")
    page = Page(actor.get(f"/alerts/{OPEN}").text).text
    assert "being handled" in page
    assert "evaluate" in page
    assert "kitchen closed" in page
    chinese = Page(actor.get(f"/alerts/{OPEN}?lang=zh").text).text
    assert "处置中" in chinese
    assert "评价" in chinese


def test_a_shelved_alert_stands_in_its_own_section(actor: TestClient, desk: Desk) -> None:
    """Listed with until when and why; its form takes it off again."""
    form = {"as": "Ana", "hours": "2", "note": "known leak"}
    assert actor.post(f"/alerts/{OPEN}/shelve", data=form, headers=SAME).status_code == 303
    home = Page(actor.get("/").text).text
    assert "Shelved, in maintenance or flapping 1" in home
    assert "known leak" in home
    assert desk.alerts.get(OPEN).shelved.until_us > NOW_US  # type: ignore[union-attr] # it is there
    assert "Take off the shelf" in actor.get(f"/alerts/{OPEN}").text
    assert actor.post(f"/alerts/{OPEN}/unshelve", data={"as": "Ana"}, headers=SAME).status_code == 303


def test_an_alert_is_handed_up_on_the_page(actor: TestClient, desk: Desk) -> None:
    """To an area of the list, which are those above and below."""
    assert '<option value="MONTGOMERY COUNTY">' in actor.get(f"/alerts/{OPEN}").text
    form = {"as": "Ana", "to": "MONTGOMERY COUNTY"}
    assert actor.post(f"/alerts/{OPEN}/hand", data=form, headers=SAME).status_code == 303
    alert = desk.alerts.get(OPEN)
    assert alert is not None
    assert alert.holder == "MONTGOMERY COUNTY"
    assert "held by Montgomery County" in Page(actor.get("/").text).text


@pytest.mark.parametrize(
    ("kind", "form", "status", "en", "zh"),
    [
        (
            "shelve",
            {"hours": "999", "note": "x"},
            409,
            "may be shelved for 4 hours at most",
            "最多搁置4小时",
        ),
        ("shelve", {"note": "x"}, 409, "say until when", "将来的期限"),
        ("shelve", {"hours": "soon", "note": "x"}, 422, "Give the hours as a number", "数字"),
        ("shelve", {"hours": "1"}, 409, "Shelving needs a reason", "须有理由"),
        ("hand", {"to": "ABINGTON"}, 409, "neither above nor below", "既非其上级也非其下级"),
        ("hand", {"to": "x" * 81}, 422, "longer than 80 characters", "80"),
        ("report", {"note": "x"}, 409, "That does not go with it", "不能这样操作"),
        ("approve", {}, 409, "There is no draft to decide", "没有待审批的拟稿"),
        ("nonsense", {}, 422, "", ""),
    ],
)
def test_a_refusal_explains_itself(
    browser: TestClient, kind: str, form: dict[str, str], status: int, en: str, zh: str
) -> None:
    """In the language of the request."""
    for lang, told in (("en", en), ("zh", zh)):
        headers = {**SAME, "cookie": f"lang={lang}"}
        answer = browser.post(f"/alerts/{OPEN}/{kind}", data={"as": "Ana", **form}, headers=headers)
        assert answer.status_code == status
        assert told in Page(answer.text).text


def test_publication_is_approved_by_another_on_the_page(actor: TestClient) -> None:
    """The form of approval appears with a draft, and the drafter's name is refused."""
    assert "Approve the publication" not in actor.get(f"/alerts/{OPEN}").text
    actor.post(f"/alerts/{OPEN}/draft", data={"as": "Ana"}, headers=SAME)
    assert "Approve the publication" in actor.get(f"/alerts/{OPEN}").text
    assert "Drafts that wait for a second person 1" in Page(actor.get("/handover").text).text
    refused = actor.post(f"/alerts/{OPEN}/approve", data={"as": "Ana"}, headers=SAME)
    assert "a second person does" in Page(refused.text).text
    assert actor.post(f"/alerts/{OPEN}/approve", data={"as": "Bo"}, headers=SAME).status_code == 303
    assert actor.get(f"/v1/alerts/{OPEN}").json()["released"] is True


def test_json_acts_as_the_forms_do(actor: TestClient) -> None:
    """The answer is the alert after it."""
    made = actor.post(f"/v1/alerts/{OPEN}/shelve", json={"as": "Ana", "hours": 1, "note": "x"}).json()
    assert (made["quiet"], made["holder"]) == ("shelved", "COLLEGEVILLE")
    assert actor.post(f"/v1/alerts/{OPEN}/juggle", json={"as": "Ana"}).status_code == 422


def test_the_handover_page_has_every_section(browser: TestClient) -> None:
    """In both languages, narrowed to an area, and as JSON."""
    page = Page(browser.get("/handover").text).text
    for word in ("New", "Rising", "Also open", "Overdue", "Ended", "Blind feeds", "Planned"):
        assert word in page
    assert "交接班" in browser.get("/handover", headers={"cookie": "lang=zh"}).text
    every = browser.get("/v1/handover").json()
    part = browser.get("/v1/handover?area=ABINGTON&hours=100").json()
    count = [sum(len(h["alerts"]) for h in s["new"]) for s in (every, part)]
    assert count[0] > count[1] >= 1
    assert browser.get("/v1/handover?area=NOWHERE").status_code == 400
