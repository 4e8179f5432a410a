"""From an alert's change to a receiver that has it: what goes out, when, how often, and what does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from riskwatch.core.alerts import Level, Reason, State
from riskwatch.core.channels import ChannelError, Failure
from riskwatch.core.clock import MINUTE_US
from riskwatch.core.sends import Planned, Send, SendReason, send_id
from riskwatch.deliver.planning import TellEveryone
from riskwatch.testing import Timeline
from riskwatch.testing.post import Post, Recorder, served_by

DOWN = ChannelError("desk: no answer within 10 s")


def test_cold_start_sends_what_was_planned_while_nobody_delivered(post: Post) -> None:
    """Alerts that opened before the first worker ever ran are told when it does, once."""
    for n in range(3):
        post.open(f"rw-{n}", area=f"A{n}")
    assert post.sends(600) == 3
    assert post.sends(600) == 0
    assert post.desk.told() == ["first"] * 3


def test_history_that_was_replayed_is_not_told(post: Post) -> None:
    """What opened and ended more than a day before anyone delivered is cancelled, with the reason."""
    post.cleared(post.open())
    post.sends(3 * 86_400)
    assert post.desk.tried == []
    assert {(str(r.status), r.error) for r in post.rows()} == {
        ("cancelled", "it was due too long ago, and its alert is not open")
    }


def test_what_still_burns_is_told_however_old(post: Post) -> None:
    """A worker that was off for three days tells of what is still open."""
    post.open()
    post.sends(3 * 86_400)
    assert post.desk.told() == ["first"]


def test_retry_follows_the_schedule_and_then_grows(post: Post) -> None:
    """At once, then after 5, 15, 30, 60, 120 and 300 s, then 600, 1200, 2400 and an hour each."""
    post.desk.down = DOWN
    post.open()
    waits, last = [], post.clock.now()
    post.sends()
    while len(waits) < 11:
        tried = len(post.desk.tried)
        post.sends(1 if not waits or waits[-1] < 60 else 5)
        if len(post.desk.tried) > tried:
            waits.append((post.clock.now() - last).total_seconds())
            last = post.clock.now()
    assert waits == [5, 15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 3600]


def test_retry_is_bounded_by_a_day_and_ends_as_a_dead_letter(post: Post) -> None:
    """A receiver that is down for more than a day is a dead letter and a notice, never silence."""
    post.desk.down = DOWN
    post.open()
    post.sends()
    for _ in range(30):
        post.sends(3600)
    post.worker.step()
    (row,) = post.rows()
    assert (row.status, row.error) == ("dead", str(DOWN))
    assert 20 < len(post.desk.tried) <= 32
    assert [e.body["state"] for e in post.inbox.after(0)] == ["failing"]


def test_retry_after_is_obeyed_where_it_is_longer(post: Post) -> None:
    """A receiver that asks for ten minutes is left alone for ten minutes."""
    post.desk.fails.append(ChannelError("desk: answered 429", retry_after_s=600))
    post.open()
    post.sends()
    post.sends(599)
    assert len(post.desk.tried) == 1
    post.sends(1)
    assert post.desk.told() == ["first"]


def test_a_timeout_is_tried_again_under_the_same_id(post: Post) -> None:
    """The other side may have had it: the retry can be told from a second message."""
    post.desk.fails.append(DOWN)
    post.open()
    post.sends()
    post.sends(5)
    assert len(post.desk.tried) == 2
    assert len(set(post.desk.tried)) == 1


def test_resolved_while_the_receiver_was_down_is_still_told(post: Post) -> None:
    """When it is back it hears of the beginning and of the end, in this order."""
    post.desk.down = DOWN
    alert = post.open()
    post.sends()
    post.passes(60)
    post.cleared(alert)
    post.sends(60)
    post.desk.down = None
    post.sends(3600)
    post.sends()
    assert post.desk.told() == ["first", "resolved"]
    assert post.desk.told("sequence") == [1, 2]
    assert [d["state"] for d in post.desk.told("alert")] == ["open", "returned"]


def test_resolved_is_told_once(post: Post) -> None:
    """An alert that has ended is not repeated."""
    post.planner = TellEveryone(("desk",), repeat_s=1800)
    alert = post.open()
    post.sends()
    post.cleared(alert)
    for _ in range(5):
        post.sends(1800)
    assert post.desk.told() == ["first", "resolved"]


def test_repeat_is_silent_until_its_interval_passes(post: Post) -> None:
    """Nothing in the half hour, one message after it, and so on while nobody acknowledges."""
    post.planner = TellEveryone(("desk",), repeat_s=1800)
    post.open()
    post.sends()
    post.sends(1799)
    assert post.desk.told() == ["first"]
    post.sends(1)
    post.sends(1800)
    assert post.desk.told() == ["first", "repeated", "repeated"]
    assert len({m.id for m in post.desk.taken}) == 3


def test_repeat_tells_how_the_alert_stands_by_then(post: Post) -> None:
    """A repeat is about now, not about half an hour ago; each of its retries says the same."""
    post.planner = TellEveryone(("desk",), repeat_s=1800)
    alert = post.open()
    post.sends()
    post.change(replace(alert, likelihood=0.9), Reason.EVIDENCE_GREW)
    post.desk.fails.append(DOWN)
    post.sends(1800)
    post.sends(5)
    assert [d["likelihood"] for d in post.desk.told("alert")] == [None, 0.9]


def test_repeat_survives_a_restart_in_its_wait(post: Post) -> None:
    """The timer is a row: another worker, started in the middle of the wait, sends it on time."""
    post.planner = TellEveryone(("desk",), repeat_s=1800)
    post.open()
    post.sends()
    post.worker.close()
    again = Post(post.home, clock=post.clock)
    assert again.sends(1799) == 0
    assert again.sends(1) == 1
    assert again.desk.told() == ["repeated"]
    again.worker.close()


class Steps(TellEveryone):
    """Tells the desk at once and the chief after fifteen minutes without an acknowledgement."""

    def plan(self, change, pending):
        planned = super().plan(change, pending)
        if change.reason is not Reason.OPENED:
            return planned
        alert = change.alert
        given = {"receiver": "chief", "reason": SendReason.ESCALATED, "step": 1}
        step = Send(
            id=send_id(alert=alert.id, revision=alert.revision, **given),
            alert=alert.id,
            revision=alert.revision,
            area=alert.area,
            due_us=change.at_us + 15 * MINUTE_US,
            **given,
        )
        return Planned((*planned.add, step), planned.cancel)


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Post]:
    made = Post(tmp_path / "store", "desk", "chief")
    made.planner = Steps(("desk",))
    yield made
    made.worker.close()
    made.database.dispose()


def test_escalation_survives_a_restart_in_its_wait(steps: Post) -> None:
    """Nobody acknowledges: the chief is told at fifteen minutes, by a worker that began at ten."""
    steps.open()
    steps.sends()
    steps.worker.close()
    again = Post(steps.home, "desk", "chief", clock=steps.clock)
    assert again.sends(899) == 0
    again.sends(1)
    assert again.channels["chief"].told() == ["escalated"]
    again.worker.close()


def test_no_page_after_an_acknowledgement(steps: Post) -> None:
    """The acknowledgement cancels the escalation in its own transaction; the row says why."""
    alert = steps.open()
    steps.sends()
    steps.passes(14 * 60)
    steps.acknowledged(alert)
    steps.sends(600)
    assert steps.channels["chief"].tried == []
    (row,) = steps.rows(receiver="chief")
    assert (row.status, row.error) == ("cancelled", "the alert was acknowledged")


def test_no_page_after_an_acknowledgement_that_came_while_it_was_retried(steps: Post) -> None:
    """A page that failed and waits for its next try is cancelled too."""
    steps.desk.down = DOWN
    alert = steps.open()
    steps.sends()
    steps.acknowledged(alert)
    steps.desk.down = None
    steps.sends(3600)
    assert steps.desk.taken == []
    assert steps.statuses() == ["cancelled", "cancelled"]


def test_an_acknowledgement_of_what_is_on_its_way_stops_all_that_is_not(steps: Post) -> None:
    """The message that was going out is known to have arrived; no other follows it."""
    alert = steps.open()
    held, gate = Recorder(), threading.Event()
    held.gate = gate
    steps.worker = steps.another(desk=served_by(held, parallel=1))
    steps.open("rw-b", area="T")
    steps.worker.step()
    assert held.begun.wait(10)
    steps.acknowledged(alert)
    gate.set()
    steps.sends()
    first, *_ = steps.rows(alert="rw-a", receiver="desk")
    assert held.told("area") == ["T", "T"]
    assert first.status == "delivered"  # it was on its way, and its end is known
    assert steps.channels["chief"].tried == []


def test_an_acknowledged_alert_that_rises_is_told_again(steps: Post) -> None:
    """An acknowledgement is of what was known then."""
    alert = steps.open()
    steps.sends()
    alert = steps.acknowledged(alert)
    steps.sends(60)
    steps.raised(alert, Level.RED)
    steps.sends()
    assert steps.desk.told() == ["first", "level_raised"]


def test_reload_with_another_receiver_changes_what_comes_and_not_what_was_planned(post: Post) -> None:
    """What was planned for the old receiver is still sent to it; what comes goes to the new one."""
    post.open("rw-a")
    mail = Recorder()
    post.worker.close()
    post.planner = TellEveryone(("mail",))
    post.worker = post.another("after reload", mail=served_by(mail))
    post.open("rw-b")
    post.sends()
    assert (post.desk.told(), mail.told()) == (["first"], ["first"])


def test_a_message_that_is_refused_does_not_hold_up_those_behind_it(post: Post) -> None:
    """400 is about one message: the next of the same area goes out at once."""
    post.desk.fails.append(ChannelError("desk: answered 400", Failure.STOP))
    alert = post.open()
    post.raised(alert)
    post.sends()
    assert post.desk.told() == ["level_raised"]
    assert post.statuses() == ["dead", "delivered"]


def test_other_areas_do_not_wait_for_one_that_is_retried(post: Post) -> None:
    """Order holds within an area; a message that is retried holds up its own area alone."""
    post.desk.fails.append(ChannelError("desk: answered 429", retry_after_s=5))
    first = post.open("rw-a", area="A")
    post.sends()
    post.raised(first)
    post.open("rw-b", area="B")
    post.sends()
    assert [(m.document["area"], m.document["reason"]) for m in post.desk.taken] == [("B", "first")]
    post.sends(5)
    post.sends()
    assert [m.document["reason"] for m in post.desk.taken if m.document["area"] == "A"] == [
        "first",
        "level_raised",
    ]


def test_after_an_outage_red_goes_before_blue(post: Post) -> None:
    """Thirty blue towns wait longer; the red town is told first, and so is what stands before a red one."""
    post.desk.down = DOWN
    for n in range(30):
        post.open(f"rw-{n:02}", area=f"B{n}", level=Level.BLUE)
    post.open("rw-mild", area="MIXED", level=Level.BLUE)
    post.sends(1)
    post.open("rw-orange", area="O", level=Level.ORANGE)
    post.open("rw-grave", area="MIXED", level=Level.RED)
    post.open("rw-red", area="R", level=Level.RED)
    post.sends(0)
    post.desk.down = None
    worker = post.another("w2", desk=served_by(post.desk, parallel=1))
    post.passes(600)
    worker.drain()
    worker.close()
    told = [m.document["alert"]["id"] for m in post.desk.taken]
    assert told[:3] == ["rw-mild", "rw-red", "rw-orange"]
    assert told.index("rw-grave") < 6
    assert len(told) == len(set(told)) == 34
    assert [told[n] for n in (0, told.index("rw-grave"))] == ["rw-mild", "rw-grave"]


def test_a_batch_of_changes_is_told_whole_and_in_order(post: Post) -> None:
    """One entry that opens sixty alerts plans sixty messages in its one transaction."""
    fresh = [post.fresh(f"rw-{n:02d}", area="T") for n in range(60)]
    post.changes([(alert, Reason.OPENED) for alert in fresh])
    post.sends()
    assert [m.document["alert"]["id"] for m in post.desk.taken] == [a.id for a in fresh]


def test_a_burst_and_its_acknowledgement_in_one_entry_is_no_page(post: Post) -> None:
    """A later change of the same entry sees what the earlier one planned."""
    opened = replace(post.fresh(), revision=0)
    taken = replace(opened, state=State.ACKNOWLEDGED, revision=1)
    post.changes([(opened, Reason.OPENED), (taken, Reason.ACKNOWLEDGED)])
    post.sends()
    assert post.desk.tried == []
    assert post.statuses() == ["cancelled"]


def test_a_clock_that_is_set_back_sends_nothing_twice(post: Post) -> None:
    """A machine whose clock jumps back an hour waits; it does not repeat what was sent."""
    post.planner = TellEveryone(("desk",), repeat_s=1800)
    post.open()
    post.sends()
    post.clock.move(timedelta(hours=-1))
    post.sends()
    post.sends(3600)
    assert post.desk.told() == ["first"]
    post.sends(1800)
    assert post.desk.told() == ["first", "repeated"]


def test_the_real_pipeline_tells_of_an_outbreak_and_of_a_receiver_that_is_down(line: Timeline) -> None:
    """From calls to the receiver; a dead letter comes back as a notice, which ends when one arrives."""
    desk = line.desk
    desk.planner = TellEveryone(("desk",))
    post = Post(desk.place.home, clock=desk.clock)  # type: ignore[arg-type] # the line's is movable
    line.at("2025-02-06 02:19").calls("vomiting", "SMALL", n=6, over_min=30)
    alert = line.expect(level="orange", area="SMALL", by="2025-02-06 03:30", since="2025-02-05 00:00")
    post.desk.down = ChannelError("desk: answered 400", Failure.STOP)
    post.worker.drain()
    post.worker.step()
    assert "dead" in post.statuses()
    line.pass_until("2025-02-06 03:45")
    notice = next(a for a in desk.alerts.find(kind="data_health") if a.signature == "delivery")
    assert notice.detail == "desk"
    post.desk.down = None
    line.acknowledge(notice)
    line.at("2025-02-06 04:00").calls("vomiting", "SMALL", n=60, over_min=30)
    line.pass_until("2025-02-06 05:30")
    post.worker.drain()
    post.worker.step()
    line.pass_until("2025-02-06 05:45")
    assert {alert.id} <= {m.document["alert"]["id"] for m in post.desk.taken}
    assert desk.alerts.get(notice.id).state is State.RESOLVED
    post.worker.close()
