"""What is held back on a fake clock: shelves, maintenance windows and flapping, and what is told after."""

from __future__ import annotations

import pytest
from life_line import MILD, gastro

from riskwatch.alert.actions import ActionRefused, OrderKind
from riskwatch.core.alerts import Level, Reason, State
from riskwatch.core.clock import iso
from riskwatch.core.side_states import Quiet, Step
from riskwatch.testing import Timeline


def test_a_shelf_ends_and_what_still_burns_is_told_again(line: Timeline) -> None:
    """Shelved, it is quiet but listed; when the time is over it is open and its clock starts anew."""
    alert = gastro(line)
    line.acknowledge(alert)
    shelved = line.shelve(alert, until="2025-02-06 06:00")
    assert (shelved.quiet, shelved.duty) == (Quiet.SHELVED, None)
    assert alert.id in [a.id for a in line.desk.alerts.find(shown_only=True)]
    assert line.stands(alert, by="2025-02-06 05:50").shelved is not None
    (again,) = line.changes(alert, Reason.UNSHELVED, by="2025-02-06 06:15")
    assert (again.alert.state, again.alert.shelved, again.alert.quiet) == (State.OPEN, None, None)
    assert again.alert.duty.since_us == again.at_us
    assert again.why == "known noise"


def test_a_shelf_may_not_be_longer_than_the_bound(line: Timeline) -> None:
    """Four hours for orange; the refusal says so and nothing is changed."""
    alert = gastro(line)
    with pytest.raises(ActionRefused, match="may be shelved for 4 h at most"):
        line.shelve(alert, until="2025-02-07 03:00")
    assert line.stands(alert).shelved is None


def test_a_rise_takes_an_alert_off_the_shelf(line: Timeline) -> None:
    """What was put aside at orange is news at red, before its time on the shelf is over."""
    alert = gastro(line, n=5)
    line.shelve(alert, until="2025-02-06 06:50")
    line.at("2025-02-06 03:05").calls("vomiting", "SMALL", n=40, over_min=60)
    risen = line.stands(alert, by="2025-02-06 04:30")
    assert risen.level < alert.level
    assert (risen.shelved, risen.state) == (None, State.OPEN)


def test_a_shelf_survives_a_restart(line: Timeline) -> None:
    """Another life of the engine ends it at the same tick."""
    alert = gastro(line)
    line.shelve(alert, until="2025-02-06 06:00")
    (again,) = line.restart().changes(alert, Reason.UNSHELVED, by="2025-02-06 08:00")
    assert iso(again.at_us) == "2025-02-06T06:00:00Z"


def test_what_clears_on_the_shelf_is_not_told_again(line: Timeline) -> None:
    """It ended; nothing burns any more."""
    line.config("desk.yaml", {"shelving": {"red_h": 300, "orange_h": 300}})
    alert = gastro(line)
    line.shelve(alert, until="2025-02-17 00:00")
    ended = line.stands(alert, by="2025-02-18 00:00")
    assert ended.state is State.RETURNED
    assert ended.shelved is None
    assert line.changes(alert, Reason.UNSHELVED) == []


def test_maintenance_ends_and_what_still_burns_is_told_again(line: Timeline) -> None:
    """Blue or yellow within a window is listed and quiet; at its end it is told, with the window's name."""
    line.config("alerts.yaml", MILD)
    line.pass_until("2025-02-06 01:00")
    line.suppress("SMALL", "gastro", until="2025-02-06 05:00")
    alert = gastro(line)
    assert (alert.level, alert.quiet, alert.duty) == (Level.YELLOW, Quiet.SUPPRESSED, None)
    assert alert.suppressed.reason == "planned work"
    (again,) = line.changes(alert, Reason.RELEASED, by="2025-02-06 06:00")
    assert iso(again.at_us) == "2025-02-06T05:00:00Z"
    assert (again.why, again.alert.suppressed, again.alert.quiet) == ("rm-SMALL", None, None)
    assert again.alert.duty.step is Step.ACCEPT


def test_orange_is_told_during_maintenance_and_says_so(line: Timeline) -> None:
    """A window never silences orange or red: it is not quiet, and its sentence names the window."""
    line.pass_until("2025-02-06 01:00")
    line.suppress("COUNTY", None, until="2025-02-06 12:00")
    alert = line.stands(gastro(line))
    assert alert.level <= Level.ORANGE
    assert (alert.quiet, alert.suppressed.window) == (None, "rm-COUNTY")
    assert alert.duty.step is Step.ACCEPT


def test_maintenance_is_bound_to_its_area_and_signature(line: Timeline) -> None:
    """A window over storms of another town says nothing about an illness here."""
    line.pass_until("2025-02-06 01:00")
    line.suppress("SMALL", "storm", until="2025-02-06 12:00").suppress("T1", None, until="2025-02-06 12:00")
    assert gastro(line).suppressed is None


def test_a_window_may_be_lifted(line: Timeline) -> None:
    """What burns is told at once."""
    line.config("alerts.yaml", MILD)
    line.pass_until("2025-02-06 01:00")
    line.suppress("SMALL", None, until="2025-02-06 12:00")
    alert = gastro(line)
    line.order(OrderKind.LIFT, window="rm-SMALL")
    assert line.stands(alert).quiet is None
    assert [c.reason for c in line.changes(alert)][-1] is Reason.RELEASED


def test_a_declared_window_begins_over_an_open_alert(line: Timeline) -> None:
    """A window of the file is a change when it begins and another when it ends."""
    window = {
        "area": "COUNTY",
        "starts": "2025-02-06T04:00:00+00:00",
        "ends": "2025-02-06T06:00:00+00:00",
        "reason": "sewers are flushed",
        "owner": "Water company",
    }
    line.config("alerts.yaml", MILD).config("maintenance.yaml", {"windows": {"sewers": window}})
    alert = gastro(line)
    assert alert.quiet is None
    rows = line.changes(alert, Reason.SUPPRESSED, Reason.RELEASED, by="2025-02-06 07:00")
    assert [(c.reason, iso(c.at_us)) for c in rows] == [
        (Reason.SUPPRESSED, "2025-02-06T04:00:00Z"),
        (Reason.RELEASED, "2025-02-06T06:00:00Z"),
    ]


def test_what_opens_again_and_again_flaps_and_is_held_openly(line: Timeline) -> None:
    """The third opening within the window of two is marked, quiet while it is yellow, and told later."""
    line.config("alerts.yaml", MILD | {"clear": {"factor": 0.9, "dwell_h": 0.25}})
    line.config("desk.yaml", {"flapping": {"times": 2, "within_h": 400, "hold_h": 1}})
    first = gastro(line)
    for day in ("11", "16"):
        last = gastro(line, at=f"2025-02-{day} 02:00", by=f"2025-02-{day} 03:00", n=8)
        assert last.id != first.id
    assert (last.flapping.times, last.quiet) == (3, Quiet.FLAPPING)
    (again,) = line.changes(last, Reason.RELEASED, by="2025-02-16 05:00")
    assert (again.alert.flapping, again.alert.quiet, again.why) == (None, None, "flapping")


def test_a_window_by_command_survives_a_restart(line: Timeline) -> None:
    """It is an entry of the inbox: another life knows it, and ends it."""
    line.config("alerts.yaml", MILD)
    line.pass_until("2025-02-06 01:00")
    line.suppress("SMALL", None, until="2025-02-06 05:00")
    alert = gastro(line.restart())
    assert alert.quiet is Quiet.SUPPRESSED
    assert line.restart().stands(alert, by="2025-02-06 05:15").quiet is None


def test_clocks_change_within_a_window(line: Timeline) -> None:
    """Declared in local time over the night of the change: it ends at the instant that was meant."""
    window = {
        "area": "SMALL",
        "starts": "2025-03-09T01:00:00-05:00",
        "ends": "2025-03-09T04:00:00-04:00",  # two hours later, not three
        "reason": "night works",
        "owner": "Water company",
    }
    line.config("alerts.yaml", MILD).config("maintenance.yaml", {"windows": {"night": window}})
    alert = gastro(line, at="2025-03-09 06:05", by="2025-03-09 07:00")
    assert alert.quiet is Quiet.SUPPRESSED
    (again,) = line.changes(alert, Reason.RELEASED, by="2025-03-09 09:00")
    assert iso(again.at_us) == "2025-03-09T08:00:00Z"
