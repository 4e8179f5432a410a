"""Route: the tree is drawn, and an alert tried on it says its way and who would be told when."""

from __future__ import annotations

import json

import pytest
from cli_town import write_town

NOON = "2026-06-01T12:00:00"


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The workspace of three places."""
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(write_town(tmp_path / "town")))
    return tmp_path / "town"


def test_an_orange_alert_says_its_way_and_its_steps(town, riskwatch):
    """On the desk's clocks, with how the chain ends."""
    result = riskwatch("route", "test", "--area", "EAST", "--level", "orange", "--at", NOON)
    assert result.code == 0
    assert result.out.splitlines() == [
        "orange in EAST, 2026-06-01 12:00 EDT",
        "path: all > east",
        "at once, 2026-06-01 12:00 EDT: desk, log",
        "after 15 min, 2026-06-01 12:15 EDT: chief",
        "the chain ends there; chief is told again every 60 min until somebody acknowledges",
    ]


def test_a_blue_alert_waits_for_the_handover_sheet(town, riskwatch):
    """What holds at that hour is said."""
    result = riskwatch("route", "test", "--level", "4", "--at", "2026-06-01T23:00:00")
    assert result.out.splitlines() == [
        "blue in COUNTY, 2026-06-01 23:00 EDT",
        "holding then: night",
        "path: all",
        "at once, 2026-06-01 23:00 EDT: log",
        "nobody is paged; it waits for the handover sheet",
    ]


def test_nobody_at_all_is_said_so(town, riskwatch):
    """A level that is for the handover sheet alone."""
    path = town / "configs" / "routes.yaml"
    path.write_text(path.read_text().replace("receivers: [desk, log]\n", "receivers: [desk]\n"))
    result = riskwatch("route", "test", "--level", "yellow", "--at", NOON)
    assert result.out.splitlines()[-1] == "nobody is told; it waits for the handover sheet"


def test_the_same_as_an_object(town, riskwatch):
    """With what a program needs: instants in UTC, who pages, what is repeated."""
    words = ("--area", "EAST", "--level", "red", "--signature", "burning", "--at", NOON, "--json")
    told = json.loads(riskwatch("route", "test", *words).out)
    assert told["told"][1] == {
        "after_min": 15.0,
        "at": "2026-06-01T16:15:00Z",
        "receivers": [{"name": "chief", "pages": True, "repeat_min": 60.0}],
    }
    assert (told["paths"], told["domain"]) == ([["all", "east"]], "accident_and_safety")
    assert (told["timezone"], told["holding"]) == ("America/New_York", [])


def test_a_notice_is_tried_by_its_kind(town, riskwatch):
    """It has a signature of its own and no domain."""
    words = ("--level", "yellow", "--kind", "data_health", "--json")
    told = json.loads(riskwatch("route", "test", *words).out)
    assert (told["signature"], told["domain"], told["kind"]) == ("feed", "", "data_health")


def test_it_speaks_chinese(town, riskwatch):
    """Levels and sentences."""
    result = riskwatch("route", "test", "--level", "red", "--area", "EAST", "--at", NOON, "--lang", "zh")
    assert result.out.splitlines()[0] == "EAST，红色，2026-06-01 12:00 EDT"
    assert "直到有人确认" in result.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--level", "purple"), "purple"),
        (("--level", "red", "--area", "ESAT"), "EAST"),
        (("--level", "red", "--signature", "flood"), "burning"),
    ],
)
def test_a_word_that_is_not_known_names_those_that_are(town, riskwatch, words, told):
    """It is a wrong use: 2."""
    result = riskwatch("route", "test", *words)
    assert result.code == 2
    assert told in result.err


def test_the_tree_is_drawn(town, riskwatch):
    """Each route with what it takes and says itself, then the receivers and the zone."""
    path = town / "configs" / "routes.yaml"
    more = "receivers: chief}], repeat_min: 5, page: false, continue: true, receivers: log}"
    path.write_text(path.read_text().replace("receivers: chief}]}", more))
    result = riskwatch("route", "show")
    assert result.out.splitlines() == [
        "all: takes all; tells desk, log",
        "└── east: takes areas EAST; level orange; tells log; after 15 min chief; again every 5 min; "
        "pages nobody; then goes on",
        "desk pages: new and rising orange and red",
        "chief pages: new and rising orange and red",
        "log does not page: every change that is shown",
        "Windows and calendars are those of America/New_York.",
    ]


def test_a_store_has_areas_of_its_own(store, riskwatch):
    """Those of the made county, not of the workspace's first source."""
    told = json.loads(riskwatch("route", "test", "--level", "red", "--store", store, "--json").out)
    assert told["area"] != "MONTGOMERY COUNTY"
    named = riskwatch("route", "test", "--level", "red", "--source", "montco911", "--json")
    assert json.loads(named.out)["area"] == "MONTGOMERY COUNTY"


def test_broken_routes_are_told_as_check_tells_them(town, riskwatch):
    """One line a fault."""
    path = town / "configs" / "routes.yaml"
    path.write_text(path.read_text().replace("receivers: [desk, log]", "receivers: [dsek, log]"))
    result = riskwatch("route", "show")
    assert result.code == 1
    assert (
        "routes.yaml: route.receivers: receiver 'dsek' is unknown; use one of desk, chief, log"
        in result.err
    )


def test_check_holds_receivers_against_their_channels(town, riskwatch):
    """A name that receivers.yaml does not have reaches nobody."""
    reached = "receivers: {desk: {channel: console}, log: {channel: console}}\n"
    (town / "configs" / "receivers.yaml").write_text(reached)
    result = riskwatch("check")
    assert result.code == 1
    assert "routes.yaml: receivers.chief: no channel of receivers.yaml reaches it" in result.err
