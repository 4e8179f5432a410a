"""One incident, one chain: what is told of alerts that belong together, on a fake clock."""

from __future__ import annotations

from pathlib import Path

from routing_line import PAGED, Line

from riskwatch.core.alerts import Level
from riskwatch.core.sends import SendReason
from riskwatch.deliver.planner import RoutePlanner
from riskwatch.deliver.routes import load_routes
from riskwatch.testing import Timeline

ROOT = Path(__file__).parents[2]


def storm(line: Line, names: range, level: str = "orange") -> Line:
    """An entry in which so many towns open an alert of one storm."""
    made = [line.made(f"t{n:02}", level, area=f"T{n}", signature="storm", incident="inc-1") for n in names]
    return line.entry(made)


def test_sixty_townships_are_one_message() -> None:
    """One page and one line of the file, both with the key of the incident."""
    line = storm(Line(), range(60))
    assert line.told("desk", "file") == ["12:00 desk first t00", "12:00 file first t00"]
    assert {s.key for _, s in line.outbox.sent} == {"inc-1/storm"}


def test_gravest_speaks_for_its_incident() -> None:
    """Not the first by name."""
    line = Line()
    one, other = (line.made(n, g, incident="i") for n, g in (("a", "orange"), ("b", "red")))
    assert line.entry([one, other]).told() == ["12:00 desk first b"]


def test_township_that_joins_does_not_page_again() -> None:
    """One chain an incident; the file hears of it."""
    line = storm(storm(Line(), range(3)).at("12:05"), range(3, 5)).at("12:11")
    assert line.told() == ["12:00 desk first t00", "12:10 duty escalated t00"]
    assert line.told("file") == ["12:00 file first t00", "12:05 file first t03"]


def test_township_that_joins_at_red_pages_anew() -> None:
    """The incident rose; the orange chain ends where the red one begins."""
    line = storm(storm(Line(), range(3)).at("12:05"), range(3, 4), "red").at("12:16")
    assert line.told() == ["12:00 desk first t00", "12:05 desk first t03", "12:15 duty escalated t03"]


def test_township_that_joins_a_held_incident_does_not_page() -> None:
    """Somebody has it at that level; at red it pages all the same."""
    line = storm(storm(Line(), range(3)).at("12:05").acked("t00"), range(3, 4)).at("13:00")
    assert line.told() == ["12:00 desk first t00"]
    assert storm(line, range(4, 5), "red").told()[-1] == "13:00 desk first t04"


def test_chain_is_carried_on_when_its_alert_ends_first() -> None:
    """The first town clears, the second still burns: the steps keep their instants."""
    line = storm(Line(), range(2)).at("12:05").clears("t00").at("12:26")
    pages = [t for t in line.told() if "resolved" not in t]
    assert pages == ["12:00 desk first t00", *(p.replace(" a", " t01") for p in PAGED[1:])]
    assert line.acked("t01").at("15:00").told()[-1].startswith("12:25")


def test_end_of_one_township_does_not_wake_those_paged_for_the_incident() -> None:
    """The file hears of it; the desk hears of the end of the one that it was paged for."""
    line = storm(Line(), range(2)).at("12:05").clears("t01").at("12:08")
    assert line.told("desk", "file") == [
        "12:00 desk first t00",
        "12:00 file first t00",
        "12:05 file resolved t01",
    ]
    assert line.clears("t00").told("desk", "file")[-2:] == [
        "12:08 desk resolved t00",
        "12:08 file resolved t00",
    ]


def test_chlorine_leak_during_a_county_storm_pages_on_its_own() -> None:
    """Even if somebody put it to the same incident: it is another signature, with a chain of its own."""
    line = Line().opens("storm", "red", area="COUNTY", signature="storm", incident="inc-1").acked("storm")
    line.at("12:30").opens("leak", "orange", signature="gas", incident="inc-1").at("12:41")
    assert line.told(since="2026-03-04 12:30") == ["12:30 desk first leak", "12:40 duty escalated leak"]


def test_night_after_a_storm_is_not_owed_as_silence() -> None:
    """A storm that paged and was closed leaves nothing behind that holds the next alert back."""
    line = storm(Line(), range(60)).at("12:20").acked("t00").at("16:00")
    for n in range(60):
        line.clears(f"t{n:02}")
    line.at("2026-03-05 02:00").opens("next", "orange", area="T3", signature="storm", incident="inc-2")
    assert line.told(since="2026-03-05 00:00") == ["02:00 desk first next"]


# --- the engine itself -------------------------------------------------------------------------


def test_storm_of_the_engine_pages_once_and_a_leak_in_it_again(line: Timeline) -> None:
    """Real alerts of a county storm and of an illness in a small town, through the routes shipped."""
    for n in range(8):
        line.at("2025-02-06 14:05").calls("wires_down", f"T{n}", n=2, over_min=25)
        line.at("2025-02-06 14:10").calls("tree_down", f"T{n}", n=2, over_min=40)
    line.at("2025-02-06 14:19").calls("vomiting", "SMALL", n=6, over_min=30)
    every = line.alerts(by="2025-02-06 15:45", since="2025-02-05 00:00", kind="risk", shown=False)
    changes = sorted(
        (c for a in every for c in line.desk.alerts.changes(a.id)), key=lambda c: (c.at_us, c.alert.id)
    )
    planner = RoutePlanner(load_routes(ROOT / "configs" / "routes.yaml"), line.desk.settings.world)
    planned = planner.plan_all(changes, [])
    pages = [s for s in planned.add if s.until_ack and s.step == 0]
    grave = {c.alert.id for c in changes if c.alert.level <= Level.ORANGE and c.alert.shown}
    assert {s.alert for s in pages} == grave
    assert {c.alert.signature for c in changes if c.alert.id in grave} == {"storm", "gastro"}
    hidden = {c.alert.id for c in changes if not c.alert.shown}
    assert hidden
    assert {s.alert for s in planned.add} & hidden == set()
    assert {s.reason for s in pages} <= {SendReason.FIRST, SendReason.LEVEL_RAISED}
