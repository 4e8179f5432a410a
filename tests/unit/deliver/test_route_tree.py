"""The routing tree, held against a slow and plain reading of the same file."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.alerts import AlertKind, Level
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.documents import Document, parse_document
from riskwatch.core.sends import Planner
from riskwatch.deliver.hours import Calendar, Window
from riskwatch.deliver.planner import RoutePlanner
from riskwatch.deliver.route_faults import unreachable_receivers
from riskwatch.deliver.routes import Match, Receiver, Route, Routes, RouteTest, Step, load_routes
from riskwatch.deliver.routing import Facts, RouteTree, announced, ladder

ROOT = Path(__file__).parents[3]
WORDS = ("blue", "yellow", "orange", "red")
FIELDS = {
    "areas": ("COUNTY", "TOWN", "VILLAGE", "EAST"),
    "domains": ("public_health", "natural_hazard"),
    "signatures": ("gas", "storm"),
    "kinds": ("risk", "data_health"),
    "during": ("night", "morning"),
    "calendars": ("weekend",),
}
BASE: dict[str, Any] = {
    "receivers": {"desk": {"pages": True}, "duty": {"pages": True}, "file": {}},
    "windows": {"night": {"from": "18:00", "to": "08:00"}, "morning": {"from": "06:00", "to": "12:00"}},
    "calendars": {"weekend": {"weekdays": ["sat", "sun"]}},
    "tests": [{"level": "blue", "at": "2026-03-04T12:00:00", "expect": {0: "file"}}],
}


def routes(route: dict[str, Any]) -> Routes:
    whole = BASE | {"route": {"name": "all", "receivers": ["desk", "file"]} | route}
    return parse_document(whole, Routes, "routes.yaml")


def test_facts_are_matched_by_any_value_of_every_key_given():
    """A list is alternatives, keys are conditions, a level is at least, an area is its subtree."""
    tree = RouteTree(
        routes(
            {
                "routes": [
                    {"name": "a", "match": {"areas": ["TOWN", "EAST"], "level": "orange"}},
                    {"name": "b", "match": {"areas": "COUNTY"}},
                ]
            }
        ),
        "UTC",
    )

    def way(line: tuple[str, ...], level: Level) -> str:
        (rule,) = tree.match(Facts(line, "public_health", "gas", "risk", level), 0)
        return rule.path[-1]

    assert way(("VILLAGE", "TOWN", "COUNTY"), Level.RED) == "a"
    assert way(("VILLAGE", "TOWN", "COUNTY"), Level.ORANGE) == "a"
    assert way(("VILLAGE", "TOWN", "COUNTY"), Level.YELLOW) == "b"
    assert way(("ELSEWHERE",), Level.RED) == "all"


def test_a_child_has_of_its_parent_what_it_does_not_say():
    """Receivers, steps, repeat, page and updates, each on its own."""
    child = {"name": "child", "receivers": "duty"}
    given_ = {"steps": [{"after_min": 5, "receivers": "duty"}], "repeat_min": 7, "updates": True}
    (rule,) = RouteTree(routes({**given_, "page": False, "routes": [child]}), "UTC").match(facts(), 0)
    assert rule.receivers == ("duty",)
    assert rule.steps[1:] == ((5 * MINUTE_US, ("duty",)),)
    assert (rule.repeat_s, rule.page, rule.updates) == (420.0, False, True)
    over = {**child, "steps": [], "repeat_min": 9, "page": True, "updates": False}
    (rule,) = RouteTree(routes({**given_, "page": False, "routes": [over]}), "UTC").match(facts(), 0)
    assert (rule.steps[1:], rule.repeat_s, rule.page, rule.updates) == ((), 540.0, True, False)


def facts(level: Level = Level.RED) -> Facts:
    return Facts(("TOWN", "COUNTY"), "public_health", "gas", "risk", level)


# --- the reference -----------------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """A route as a mapping, any depth; names are numbered by the test."""
    match: dict[str, Any] = {}
    for key in draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=2)):
        match[key] = draw(st.lists(st.sampled_from(FIELDS[key]), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        match["level"] = draw(st.sampled_from(WORDS))
    below = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    return {"match": match, "continue": draw(st.booleans()), "routes": below}


def numbered(tree: dict[str, Any], name: str = "all") -> dict[str, Any]:
    below = [numbered(r, f"{name}.{n}") for n, r in enumerate(tree["routes"])]
    return {**tree, "name": name, "routes": below}


def plainly(route: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """The names of the routes that speak: Alertmanager's rule, word by word."""
    for key, value in route["match"].items():
        if key == "level":
            if WORDS.index(told["level"]) < WORDS.index(value):
                return []
        elif not set(value) & set(told[key]):
            return []
    found: list[str] = []
    for child in route["routes"]:
        theirs = plainly(child, told)
        found.extend(theirs)
        if theirs and not child["continue"]:
            return found
    return found if found else [route["name"]]


LINES = (("VILLAGE", "TOWN", "COUNTY"), ("TOWN", "COUNTY"), ("EAST", "COUNTY"), ("COUNTY",))


@settings(max_examples=150)
@given(
    trees(),
    st.sampled_from(LINES),
    st.sampled_from([("public_health", "gas"), ("natural_hazard", "storm"), ("", "feed")]),
    st.sampled_from(["risk", "data_health", "schema"]),
    st.sampled_from(WORDS),
    st.integers(0, 24 * 14),
)
def test_the_tree_takes_the_way_of_the_reference(tree, line, subject, kind, level, hour):
    """Depth first, the first that matches unless it continues, the parent where no child does."""
    tree = numbered({**tree, "match": {}})
    at_us = hour * HOUR_US  # 1970-01-01 was a Thursday
    day, of_day = (3 + hour // 24) % 7, hour % 24
    told = {
        "areas": line,
        "domains": [subject[0]],
        "signatures": [subject[1]],
        "kinds": [kind],
        "level": level,
        "during": (["night"] if of_day >= 18 or of_day < 8 else [])
        + (["morning"] if 6 <= of_day < 12 else []),
        "calendars": ["weekend"] if day >= 5 else [],
    }
    made = RouteTree(routes(tree), "UTC")
    got = made.match(Facts(line, *subject, kind, Level[level.upper()]), at_us)
    assert [rule.path[-1] for rule in got] == plainly(tree, told)
    possible = {rule.path for rule in made.ever(Facts(line, *subject, kind, Level[level.upper()]))}
    assert {rule.path for rule in got} <= possible


# --- the ladder --------------------------------------------------------------------------------


def test_only_the_last_step_is_repeated():
    """Until then the next step is the repeat."""
    steps = [{"after_min": 5, "receivers": "duty"}, {"after_min": 9, "receivers": "desk"}]
    rungs = ladder(RouteTree(routes({"steps": steps, "repeat_min": 20}), "UTC"), facts(), 0)
    assert [(r.due_us // MINUTE_US, r.receivers) for r in rungs] == [
        (0, (("desk", None),)),
        (5, (("duty", None),)),
        (9, (("desk", 1200.0),)),
    ]


def test_a_chain_of_one_step_is_repeated_hourly_unless_said_otherwise():
    """So that no chain ever runs out."""
    (rung,) = ladder(RouteTree(routes({}), "UTC"), facts(), 0)
    assert rung.receivers == (("desk", 3600.0),)


def test_one_who_is_in_two_chains_is_told_once_a_step():
    """And repeated after the shorter of both."""
    both = [
        {"name": "a", "repeat_min": 50, "continue": True},
        {"name": "b", "repeat_min": 40},
    ]
    (rung,) = ladder(RouteTree(routes({"routes": both}), "UTC"), facts(), 0)
    assert rung.receivers == (("desk", 2400.0),)


def test_a_route_that_does_not_page_has_no_ladder():
    """Its receivers that do not page are told all the same."""
    tree = RouteTree(routes({"page": False}), "UTC")
    assert ladder(tree, facts(), 0) == ()
    assert [r.receivers for r in announced(tree, facts(), 0)] == [(("file", None),)]


# --- the page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Routes, Route, Match, Step, Receiver, RouteTest, Window, Calendar])
def test_the_page_names_every_key(model: type[Document]):
    """docs/routing.md, in backquotes."""
    page = (ROOT / "docs" / "routing.md").read_text(encoding="utf-8")
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {k for k in keys if f"`{k}`" not in page} == set()


def test_the_page_shows_the_routes_that_are_shipped():
    """Word by word, so that the example cannot lag behind."""
    page = (ROOT / "docs" / "routing.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert shown == (ROOT / "configs" / "routes.yaml").read_text(encoding="utf-8")


def test_the_shipped_routes_stay_on_this_machine():
    """A console that pages and a file that does not: the demo sends nothing anywhere."""
    shipped = load_routes(ROOT / "configs" / "routes.yaml")
    assert {name: r.pages for name, r in shipped.receivers.items()} == {"console": True, "file": False}


def test_a_receiver_without_a_channel_is_told():
    """Its name is not in receivers.yaml."""
    (fault,) = unreachable_receivers(routes({}), {"desk", "file"})
    assert str(fault) == (
        "routes.yaml: receivers.duty: no channel of receivers.yaml reaches it; "
        "add it to receivers.yaml, or use one of desk, file"
    )


def test_every_kind_can_be_matched():
    """The words of the kinds are those of the alerts."""
    for kind in AlertKind:
        assert Match.model_validate({"kinds": str(kind)}).kinds == (kind,)


def test_the_planner_keeps_the_contract_of_the_pipeline():
    """What `core.sends` asks of a planner, by name and argument."""
    asked = inspect.signature(Planner.plan_all).parameters
    assert list(inspect.signature(RoutePlanner.plan_all).parameters) == list(asked)
