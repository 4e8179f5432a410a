"""Life cycle on a fake clock: what operators do, what time does, and what is told again."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from life_line import MILD, SEEN, START, gastro

from riskwatch.alert.actions import ActionKind, ActionRefused, OrderKind
from riskwatch.core.alerts import Level, Reason, State, Verdict
from riskwatch.core.clock import HOUR_US, MINUTE_US, SECOND_US, iso
from riskwatch.core.side_states import Mode, ReleaseState, Step
from riskwatch.live import Live
from riskwatch.testing import Timeline


def test_five_steps_of_a_hotline_desk(line: Timeline) -> None:
    """Accept, hand out, handle, report back, evaluate: each leaves a row with who, from, to and why."""
    alert = gastro(line)
    assert line.stands(alert).duty.step is Step.ACCEPT
    assert line.acknowledge(alert).duty.step is Step.HAND_OUT
    assert line.act(ActionKind.HAND_OUT, alert, to="Li").duty.step is Step.HANDLE
    assert line.act(ActionKind.HANDLE, alert, actor="Li").duty.step is Step.REPORT_BACK
    assert line.act(ActionKind.REPORT, alert, note="canteen closed").duty.step is Step.EVALUATE
    assert line.close(alert).duty is None
    rows = [(str(c.came_from), str(c.alert.state)) for c in line.changes(alert) if c.actor != "engine"]
    assert rows == [
        ("open", "acknowledged"),
        ("acknowledged", "acknowledged"),
        ("acknowledged", "handling"),
        ("handling", "handling"),
        ("handling", "closed"),
    ]
    assert [c.why for c in line.changes(alert, Reason.REPORTED)] == ["canteen closed"]


def test_a_step_not_done_in_time_is_overdue_once(line: Timeline) -> None:
    """An orange alert that nobody accepts is overdue at the tick behind its limit, and only once."""
    alert = gastro(line)
    due_us = line.stands(alert).duty.due_us
    (late,) = line.changes(alert, Reason.OVERDUE, by="2025-02-06 06:00")
    assert late.alert.duty.overdue_since_us == due_us <= late.at_us
    assert (late.why, late.actor) == ("accept", "engine")
    assert line.acknowledge(alert).overdue is False


def test_a_step_is_overdue_when_its_limit_runs_out_and_not_at_the_next_tick(line: Timeline) -> None:
    """67 minutes behind its last rise, between two ticks: not a second before, and once."""
    line.config("desk.yaml", {"duties": {"accept": {"orange_min": 67, "red_min": 67}}})
    alert = line.stands(gastro(line))
    due_us = alert.duty.due_us
    assert (alert.level <= Level.ORANGE, due_us % (15 * MINUTE_US)) == (True, 7 * MINUTE_US)
    assert line.changes(alert, Reason.OVERDUE, by=iso(due_us - SECOND_US)) == []
    (late,) = line.changes(alert, Reason.OVERDUE, by=iso(due_us))
    assert late.at_us == late.alert.duty.overdue_since_us == due_us
    assert len(line.changes(alert, Reason.OVERDUE, by="2025-02-06 05:00")) == 1


def test_the_live_loop_tells_the_time_when_a_limit_runs_out(line: Timeline) -> None:
    """It appends the clock at that instant, rests until it, and only then; a restart does the same."""
    line.config("desk.yaml", {"duties": {"accept": {"orange_min": 67, "red_min": 67}}})
    alert = line.stands(gastro(line))
    due_us, clock = alert.duty.due_us, line.desk.clock
    line.pass_until(iso(due_us - 5 * SECOND_US))
    live = Live(line.desk, {}, threading.Event(), lambda _: None, poll_s=60.0)
    with line.desk.engine() as pipeline:
        before = line.desk.inbox.last()
        live.step(pipeline)
        assert line.desk.inbox.last() == before
        assert (pipeline.next_limit_us(), live._pause_s(pipeline)) == (due_us, 5.0)
        clock.move(timedelta(seconds=5))
        live.step(pipeline)
        live.step(pipeline)
        assert line.desk.inbox.last() == before + 1
    (late,) = line.changes(alert, Reason.OVERDUE)
    assert late.at_us == due_us


def test_an_acknowledged_step_starts_a_clock_of_its_own(line: Timeline) -> None:
    """Accepted in time, then handed out to nobody: the second step is overdue, and the first never was."""
    line.config("desk.yaml", {"duties": {"accept": {"orange_min": 90}, "hand_out": {"orange_min": 30}}})
    alert = gastro(line)
    line.acknowledge(alert)
    rows = line.changes(alert, Reason.OVERDUE, by="2025-02-06 05:00")
    assert [c.why for c in rows] == ["hand_out"]


def test_who_handles_it_is_not_asked_to_accept_it_again(line: Timeline) -> None:
    """A rise in level asks again; more calls at the same level do not."""
    alert = gastro(line)
    line.act(ActionKind.HANDLE, alert)
    line.at("2025-02-06 03:10").calls("vomiting", "SMALL", n=1)
    assert line.stands(alert, by="2025-02-06 04:00").state is State.HANDLING


def test_a_rise_reopens_what_is_being_handled(line: Timeline) -> None:
    """What rises is open again, with a new time limit to accept it."""
    alert = gastro(line, n=5)
    line.act(ActionKind.HANDLE, alert)
    line.at("2025-02-06 03:05").calls("vomiting", "SMALL", n=40, over_min=60)
    risen = line.stands(alert, by="2025-02-06 04:15")
    assert risen.level < alert.level
    assert (risen.state, risen.duty.step) == (State.OPEN, Step.ACCEPT)


def test_a_fall_needs_the_dwell(line: Timeline) -> None:
    """Hours after the last call the level stands still; it falls only after the dwell."""
    alert = gastro(line)
    assert line.stands(alert, by="2025-02-06 08:00").closed_at_us is None
    ended = line.stands(alert, by="2025-02-16 00:00")
    assert ended.closed_at_us - alert.opened_at_us >= 6 * HOUR_US


def test_chlorine_in_one_town_during_a_county_storm(line: Timeline) -> None:
    """Another signature in the same place is shown, is its own incident, and an ack of one binds one."""
    for n in range(8):
        line.at("2025-02-06 14:05").calls("wires_down", f"T{n}", n=2, over_min=25)
        line.at("2025-02-06 14:10").calls("tree_down", f"T{n}", n=2, over_min=40)
    line.at("2025-02-06 14:20").calls("vomiting", "T1", n=8, over_min=30)
    storm = line.expect(area="COUNTY", by="2025-02-06 15:45", since=START, signature="storm")
    leak = line.expect(level="orange", area="T1", by="2025-02-06 15:45", since=START, signature="gastro")
    assert (leak.inhibited_by, leak.shown) == (None, True)
    assert leak.incident != storm.incident
    line.acknowledge(storm)
    assert line.stands(leak).state is State.OPEN


def test_a_storm_over_many_towns_is_one_incident(line: Timeline) -> None:
    """County and towns share an incident; the same illness far later is another."""
    for n in range(8):
        line.at("2025-02-06 14:05").calls("wires_down", f"T{n}", n=3, over_min=25)
    every = line.alerts(by="2025-02-06 16:00", since="2025-02-06 14:00", shown=False)
    assert len(every) > 1
    assert len({a.incident for a in every}) == 1
    later = gastro(line, at="2025-02-10 02:00", by="2025-02-10 03:00")
    assert later.incident not in {a.incident for a in every}


def test_an_alert_goes_up_and_down_the_tree(line: Timeline) -> None:
    """It always has one holder; who gets it has to accept it."""
    alert = gastro(line)
    assert alert.holder == "SMALL"
    line.acknowledge(alert)
    up = line.hand(alert, "COUNTY")
    assert (up.holder, up.state, up.duty.step) == ("COUNTY", State.OPEN, Step.ACCEPT)
    with pytest.raises(ActionRefused, match="neither above nor below"):
        line.hand(line.hand(alert, "T1"), "T2")
    assert [c.reason for c in line.changes(alert, Reason.HANDED_UP, Reason.HANDED_DOWN)] == [
        Reason.HANDED_UP,
        Reason.HANDED_DOWN,
    ]
    assert line.stands(alert, by="2025-02-16 00:00").holder == "T1"


def test_an_alert_opened_by_hand_stays_until_it_is_closed(line: Timeline) -> None:
    """The engine neither clears it nor grades it; it is owed the same steps."""
    line.pass_until("2025-02-06 01:00")
    alert = line.opened_by_hand("T1", "gastro", "yellow", what="a canteen reports twelve ill")
    assert (alert.by_hand, alert.duty.step, alert.detail) == (
        True,
        Step.ACCEPT,
        "a canteen reports twelve ill",
    )
    assert line.stands(alert, by="2025-02-09 00:00").state is State.OPEN
    assert line.close(alert, Verdict.AVERTED).state is State.CLOSED


def test_orange_is_published_by_a_second_person(line: Timeline) -> None:
    """The desk has it at once; the outside only when somebody else approved it."""
    alert = gastro(line)
    drafted = line.act(ActionKind.DRAFT, alert, actor="Ana")
    assert (drafted.release.state, drafted.released) == (ReleaseState.DRAFTED, False)
    with pytest.raises(ActionRefused, match="a second person approves"):
        line.act(ActionKind.APPROVE, alert, actor="Ana")
    assert line.act(ActionKind.APPROVE, alert, actor="Bo").released


def test_a_draft_that_nobody_decides_lapses(line: Timeline) -> None:
    """At the tick behind its half hour; it is said, and it can be drafted again."""
    alert = gastro(line)
    line.act(ActionKind.DRAFT, alert, actor="Ana")
    (gone,) = line.changes(alert, Reason.LAPSED, by="2025-02-06 04:00")
    assert iso(gone.at_us) == "2025-02-06T03:30:00Z"
    with pytest.raises(ActionRefused, match="has no draft to decide"):
        line.act(ActionKind.APPROVE, alert, actor="Bo")
    assert line.act(ActionKind.DRAFT, alert, actor="Ana").release.state is ReleaseState.DRAFTED


def test_a_town_may_not_issue_what_is_the_countys(line: Timeline) -> None:
    """By the matrix of administrative levels; handed up, the county may."""
    line.config("release.yaml", {"levels": {"county": ["red", "orange"], "town": ["blue"]}})
    alert = gastro(line)
    with pytest.raises(ActionRefused, match="a town may not issue orange"):
        line.act(ActionKind.DRAFT, alert)
    line.hand(alert, "COUNTY")
    assert line.act(ActionKind.DRAFT, alert).release.area == "COUNTY"


def test_a_real_orange_ends_a_drill(line: Timeline) -> None:
    """The exercise's alerts end with it, in their own namespace, and say why."""
    line.pass_until("2025-02-06 01:00")
    line.order(OrderKind.DRILL, name="spring drill", until="2025-02-06 12:00")
    inject = line.opened_by_hand("T1", "storm", "red", mode=Mode.EXERCISE, drill="spring drill")
    assert (inject.id[:3], inject.mode) == ("rx-", Mode.EXERCISE)
    real = gastro(line)
    assert (real.id[:3], real.mode) == ("rw-", Mode.ACTUAL)
    (ended,) = line.changes(inject, Reason.DRILL_ENDED)
    assert ended.why == f"real: {real.id}"
    assert (ended.alert.state, ended.alert.verdict) == (State.RETURNED, None)


def test_a_drill_ends_by_itself(line: Timeline) -> None:
    """When its time is up, and nothing real happened."""
    line.pass_until("2025-02-06 01:00")
    line.order(OrderKind.DRILL, name="night", until="2025-02-06 02:00")
    inject = line.opened_by_hand("T1", "storm", "blue", mode=Mode.EXERCISE, drill="night")
    (ended,) = line.changes(inject, Reason.DRILL_ENDED, by="2025-02-06 03:00")
    assert (iso(ended.at_us), ended.why) == ("2025-02-06T02:00:00Z", "its time is up")


def test_a_test_alert_ends_after_an_hour(line: Timeline) -> None:
    """It has an id of its own namespace and leaves no work behind."""
    line.pass_until("2025-02-06 01:00")
    test = line.opened_by_hand("COUNTY", "storm", "red", mode=Mode.TEST, drill="siren")
    assert test.id[:3] == "rt-"
    gone = line.stands(test, by="2025-02-06 02:15")
    assert (gone.closed_at_us is None, gone.duty) == (False, None)


def test_an_exercise_does_not_teach(line: Timeline) -> None:
    """A verdict of a drill is no label: the next real alert was judged by none."""
    line.pass_until("2025-02-06 01:00")
    inject = line.opened_by_hand("T1", "gastro", "red", mode=Mode.EXERCISE, drill="x")
    line.close(inject, Verdict.FALSE)
    assert gastro(line).judged == (0, 0)


def test_a_verdict_teaches_even_after_the_alert_expired(line: Timeline) -> None:
    """Nobody judged it for the days that the rules give: it leaves the list, and may be judged still."""
    line.config("desk.yaml", {"verdict_days": 1})
    alert = gastro(line)
    (gone,) = line.changes(alert, Reason.EXPIRED, by="2025-02-20 00:00")
    assert (gone.alert.state, gone.alert.duty) == (State.RETURNED, None)
    assert line.close(alert, Verdict.TRUE).state is State.CLOSED
    assert gastro(line, at="2025-02-25 02:00", by="2025-02-25 03:00").judged == (1, 1)


def test_a_backlog_after_an_outage_is_no_surge(line: Timeline) -> None:
    """Calls of a day that arrive at once, when the line is back, are counted when they occurred."""
    line.at("2025-02-06 00:00").silent("clinics", hours=30)
    line.at("2025-02-07 06:30").calls("vomiting", "SMALL", n=1)
    line.pass_until("2025-02-07 12:00")
    risks = line.alerts(by="2025-02-08 00:00", since="2025-02-06 00:00", kind="risk")
    assert [a for a in risks if a.signature == "gastro" and a.level <= Level.ORANGE] == []


def test_two_lives_end_the_same(line: Timeline, tmp_path: Path) -> None:
    """Restarted between every step, the store holds the same rows as without."""
    other = line.fork(tmp_path / "other")
    rows = []
    for one, restarts in ((line, False), (other, True)):
        alert = gastro(one)
        for step in (
            lambda t, a: t.acknowledge(a),
            lambda t, a: t.shelve(a, until="2025-02-06 05:00"),
            lambda t, a: t.pass_until("2025-02-06 08:00"),
            lambda t, a: t.hand(a, "COUNTY"),
            lambda t, a: t.pass_until("2025-02-16 00:00"),
            lambda t, a: t.close(a),
        ):
            if restarts:
                one.restart()
            step(one, alert)
        rows.append(one.changes(alert))
    assert rows[0] == rows[1]


def test_an_ack_binds_one_episode(line: Timeline) -> None:
    """The next episode of the same place and signature is open: nothing is acknowledged in advance."""
    first = gastro(line)
    line.acknowledge(first)
    line.expect_state(first, State.RESOLVED, by="2025-02-16 00:00")
    second = gastro(line, at="2025-02-18 02:00", by="2025-02-18 03:00")
    assert second.id != first.id
    assert line.stands(second).state is State.OPEN


def test_what_ended_waits_for_a_verdict(line: Timeline) -> None:
    """Ended before anyone acknowledged: returned, and an evaluation is owed, with its own limit."""
    alert = gastro(line)
    ended = line.stands(alert, by="2025-02-16 00:00")
    assert (ended.state, ended.duty.step) == (State.RETURNED, Step.EVALUATE)
    assert ended.duty.due_us is not None
    assert line.close(alert, Verdict.PLANNED).duty is None


def test_overdue_is_told_once_across_a_restart(line: Timeline) -> None:
    """Another life of the engine does not say it again, and goes on waiting for what is owed."""
    alert = gastro(line)
    assert len(line.changes(alert, Reason.OVERDUE, by="2025-02-06 03:30")) == 1
    assert len(line.restart().changes(alert, Reason.OVERDUE, by="2025-02-06 06:00")) == 1


def test_a_draft_lapses_with_its_alert(line: Timeline) -> None:
    """What ended is not published an hour later."""
    line.config("release.yaml", {"limit_min": 60 * 24 * 20})
    alert = gastro(line)
    line.act(ActionKind.DRAFT, alert, actor="Ana")
    ended = line.stands(alert, by="2025-02-16 00:00")
    assert (ended.state, ended.release.state) == (State.RETURNED, ReleaseState.LAPSED)
    with pytest.raises(ActionRefused, match="approve needs one that is open"):
        line.act(ActionKind.APPROVE, alert, actor="Bo")


def test_a_mountain_town_is_graded_by_rules_of_its_own(line: Timeline) -> None:
    """The same calls: graver where the file says why, as ever elsewhere."""
    kind = {
        "under": ["SMALL"],
        "justification": "One road in and out: help takes an hour longer than in the plain",
        "matrix": [["red"] * 4, ["red"] * 4, ["red"] * 4],
        "tests": [{"likelihood": 0.06, "impact": 2, "expect": "red"}],
    }
    line.config("alerts.yaml", MILD | {"kinds": {"one_road": kind}})
    line.at("2025-02-06 02:00").calls("vomiting", "SMALL", n=8, over_min=20)
    here = line.expect(level="red", area="SMALL", by=SEEN, since=START)
    line.at("2025-02-18 02:00").calls("vomiting", "T3", n=8, over_min=20)
    there = line.expect(area="T3", by="2025-02-18 03:00", since="2025-02-18 00:00")
    assert (here.level, there.level) == (Level.RED, Level.YELLOW)


def test_a_noted_alert_keeps_its_state(line: Timeline) -> None:
    """A note is a row of its own, whoever writes it, and restarts no clock."""
    alert = gastro(line)
    before = line.stands(alert)
    after = line.act(ActionKind.NOTE, alert, note="road is closed")
    assert (after.state, after.duty) == (before.state, before.duty)
    assert [c.why for c in line.changes(alert, Reason.NOTED)] == ["road is closed"]


def test_an_operator_cannot_end_what_time_ends_twice(line: Timeline) -> None:
    """Taken off the shelf by hand, it is not told a second time when its time would have been over."""
    alert = gastro(line)
    line.shelve(alert, until="2025-02-06 06:00")
    line.act(ActionKind.UNSHELVE, alert)
    assert len(line.changes(alert, Reason.UNSHELVED, by="2025-02-06 08:00")) == 1
