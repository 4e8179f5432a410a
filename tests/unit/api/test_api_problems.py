"""What goes wrong outside a form, and how a large county is filtered."""

from __future__ import annotations

import pytest
from api_desk import ROOT
from web_client import TestClient

from riskwatch.alert.lifecycle import ActionKind
from riskwatch.api.application import make_app
from riskwatch.api.filters import Filter, area_options
from riskwatch.api.refusals import Refusal
from riskwatch.core.alerts import Level, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import StoreError
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.desk import Desk
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.names import Names

OPEN = "rw-000000000001"


def test_an_act_that_the_engine_has_not_applied_yet_is_told_as_pending(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with the reason, to people and machines: the act is kept."""

    def act(*_: object, **__: object) -> None:
        raise StoreError("the running engine has not applied the action within 10 s")

    monkeypatch.setattr(desk, "act", act)
    client = TestClient(make_app(desk))
    form = client.post(f"/alerts/{OPEN}/ack", data={"as": "Ana"}, headers={"origin": "http://testserver"})
    assert form.status_code == 503
    assert "it is kept and will be applied" in form.text
    answer = client.post(f"/v1/alerts/{OPEN}/ack", json={"as": "Ana"})
    assert answer.status_code == 503
    assert answer.json()["error"] == "pending"


def test_a_wrong_method_is_refused(browser: TestClient) -> None:
    """405, on the page and in the API, with the headers of every answer."""
    assert browser.post("/").status_code == 405
    answer = browser.delete(f"/v1/alerts/{OPEN}")
    assert answer.status_code == 405
    assert answer.json()["error"] == "refused"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_answer_is_never_kept_by_a_cache(browser: TestClient) -> None:
    """An old first screen is worse than none; only static files may be kept."""
    assert browser.get("/").headers["cache-control"] == "no-store"
    assert "no-store" not in browser.get("/static/style.css").headers.get("cache-control", "")


def test_a_large_tree_is_walked_down_step_by_step() -> None:
    """Above 400 areas the choice is the way to the chosen one and what lies directly below it."""
    towns = [Area(f"T{n}", f"Town {n}", f"D{n % 5}", "town") for n in range(500)]
    tree = AreaTree(
        [Area("C", "County", None, "county")]
        + [Area(f"D{n}", f"D {n}", "C", "d") for n in range(5)]
        + towns
    )
    names = Names(tree, IndicatorRegistry([], []), Catalogue(), "UTC")
    assert [code for code, _ in area_options(tree, names, None)] == ["C", "D0", "D1", "D2", "D3", "D4"]
    below = [code for code, _ in area_options(tree, names, "D3")]
    assert below[:3] == ["C", "D3", "T3"]
    assert len(below) == 102
    assert area_options(tree, names, "T8")[-1] == ("T8", "\u2003\u2003Town 8")


def test_a_small_tree_is_listed_whole_in_its_order() -> None:
    """What lies below an area stands under it, indented."""
    tree = AreaTree(
        [
            Area("C", "C", None, "c"),
            Area("A", "A", "C", "d"),
            Area("B", "B", "C", "d"),
            Area("A1", "A1", "A", "t"),
        ]
    )
    names = Names(tree, IndicatorRegistry([], []), Catalogue(), "UTC")
    assert [code for code, _ in area_options(tree, names, None)] == ["C", "A", "A1", "B"]


def test_a_filter_is_told_in_words() -> None:
    """Area, level and what is graver, kind, state."""
    tree = AreaTree([Area("C", "Kent", None, "county")])
    names = Names(tree, IndicatorRegistry([], []), Catalogue(), "UTC")
    chosen = Filter.of(tree, area="C", level="2", kind="risk", state="open")
    assert (chosen.level, chosen.state) == (Level.ORANGE, State.OPEN)
    assert chosen.told(names) == "Kent, II orange and graver, risk and open"
    with pytest.raises(
        Refusal, match=r"^state 'gone' is unknown; use one of open, acknowledged, handling,"
    ):
        Filter.of(tree, area="", level="", state="gone")


def test_the_actions_of_the_page_are_those_of_the_life_cycle() -> None:
    """Each kind of action has a form on the alert's page."""
    template = (ROOT / "riskwatch/api/templates/alert.html").read_text(encoding="utf-8")
    own = {kind for kind in ActionKind if f'action="/alerts/{{{{ alert.id }}}}/{kind}"' in template}
    assert own == {ActionKind.ACK, ActionKind.CLOSE}
    assert all(f"'{kind}'" in template for kind in ActionKind)
