"""Routes that change in the middle of an escalation: what is under way is neither lost nor told twice."""

from __future__ import annotations

from routing_line import PAGED, Line, routes, world

from riskwatch.deliver.planner import RoutePlanner

PEOPLE = {name: {"pages": True} for name in ("desk", "night", "duty")}


def reload(line: Line, **changes: object) -> Line:
    """Other routes from now on."""
    line.planner = RoutePlanner(routes(**changes), world())
    pending = list(line.outbox.pending.values())
    line.outbox.apply(line.planner.reloaded(list(line.alerts.values()), pending, line.now_us))
    return line.pass_min(0)


def test_reload_in_the_middle_of_an_escalation_keeps_its_steps() -> None:
    """New minutes are for new alerts; the chain under way is neither lost nor told twice."""
    line = Line().opens("a", "orange").at("12:05")
    reload(line, route={"steps": [{"after_min": 60, "receivers": "chief"}]})
    assert line.at("12:30").told() == PAGED
    line.acked("a").opens("b", "orange").at("13:31")
    assert line.told(since="2026-03-04 12:30") == ["12:30 desk first b", "13:30 chief escalated b"]


def test_reload_that_takes_every_receiver_of_a_chain_begins_anew() -> None:
    """A page to one who is no longer there says so, and those who are there are paged at once."""
    line = Line().opens("a", "orange").opens("b", "orange").acked("b").at("12:05")
    night = {"night": {"pages": True}, "file": {}}
    reload(line, receivers=night, route={"receivers": ["night", "file"], "steps": []})
    assert line.at("12:30").told("night") == ["12:05 night repeated a"]
    assert line.why("chief")[-1] == "receiver 'chief' is no longer in routes.yaml"


def test_reload_that_takes_one_receiver_of_a_chain_goes_on_with_the_others() -> None:
    """The chief is gone, duty is paged as planned, and nothing begins anew."""
    line = Line().opens("a", "orange").at("12:05")
    steps = [{"after_min": 10, "receivers": "duty"}]
    reload(line, receivers={**PEOPLE, "file": {}}, route={"steps": steps})
    assert line.at("12:26").told("desk", "duty") == [t for t in PAGED if "chief" not in t]


def test_reload_there_and_back_pages_each_time() -> None:
    """Whoever comes back is paged again: a new message, not one that was sent before."""
    line = Line().opens("a", "orange")
    for minute, name in enumerate(("night", "desk", "night", "desk"), start=1):
        line.at(f"12:0{minute}")
        alone = {name: {"pages": True}, "file": {}}
        reload(line, receivers=alone, route={"receivers": [name, "file"], "steps": []})
    assert line.told("night", "desk") == [
        "12:00 desk first a",
        "12:01 night repeated a",
        "12:02 desk repeated a",
        "12:03 night repeated a",
        "12:04 desk repeated a",
    ]
