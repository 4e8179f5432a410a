"""The worker: what is due goes out once, in order, again when it failed, and never holds others up."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from riskwatch.core.alerts import Reason, State
from riskwatch.core.channels import ChannelError, Failure
from riskwatch.core.clock import MINUTE_US
from riskwatch.store.inbox import EntryKind
from riskwatch.store.receivers import ReceiverState
from riskwatch.testing.post import Post, Recorder, served_by

DOWN = ChannelError("desk: answered 503")
STOP = ChannelError("desk: answered 400", Failure.STOP)
GONE = ChannelError("desk: answered 410", Failure.GONE)


def test_a_message_tells_the_revision_it_was_planned_for(tmp_path):
    """The first send tells of the alert as it was opened, though it was raised before the send went out."""
    post = Post(tmp_path)
    alert = post.open()
    post.raised(alert)
    post.sends()
    assert [(d.document["reason"], d.document["alert"]["level"]) for d in post.desk.taken] == [
        ("first", 2),
        ("level_raised", 1),
    ]
    assert post.desk.told("sequence") == [1, 2]


def test_each_retry_carries_the_same_id_sequence_and_document(tmp_path):
    """What arrives after three failures is what was tried first."""
    post = Post(tmp_path)
    post.open()
    post.desk.fails.extend([DOWN] * 3)
    for wait_s in (0, 5, 15, 30):
        post.sends(wait_s)
    assert len(post.desk.tried) == 4
    assert len(set(post.desk.tried)) == 1
    (row,) = post.rows()
    assert (row.status, row.attempts, row.number) == ("delivered", 4, 1)


def test_one_bad_receiver_never_delays_another(tmp_path):
    """While one receiver hangs, the other has everything."""
    post = Post(tmp_path, "hung", "desk")
    hung, gate = post.channels["hung"], threading.Event()
    hung.gate = gate
    for n in range(8):
        post.open(f"rw-{n}", area=f"A{n}")
    try:
        while len(post.desk.taken) < 8:
            post.worker.step()
            assert post.worker._woken.wait(120)
            post.worker._woken.clear()
        assert hung.taken == []
        assert len(hung.tried) <= 2
    finally:
        gate.set()
    post.sends()
    assert len(hung.taken) == 8


def test_a_channel_that_breaks_its_contract_is_a_failure_of_one_message(tmp_path):
    """Any exception is a failure that is tried again; its text, which may hold a secret, is not kept."""
    post = Post(tmp_path)
    post.open()
    post.desk.down = KeyError("s3cr3t")  # type: ignore[assignment] # on purpose no ChannelError
    post.sends()
    (row,) = post.rows()
    assert (row.status, row.error) == ("pending", "recorder: KeyError in the channel")


def test_a_dead_letter_is_an_entry_of_the_inbox_once(tmp_path):
    """However many letters die, the operator is told once, and again when the receiver is in order."""
    post = Post(tmp_path)
    post.desk.down = STOP
    for n in range(3):
        post.open(f"rw-{n}", area=f"A{n}")
    post.sends()
    post.worker.step()
    assert post.statuses() == ["dead"] * 3
    entries = [e.body for e in post.inbox.after(0) if e.kind is EntryKind.DELIVERY]
    assert [(e["receiver"], e["state"], e["why"]) for e in entries] == [("desk", "failing", str(STOP))]
    post.desk.down = None
    post.open("rw-later")
    post.sends(60)
    post.worker.step()
    assert [e.body["state"] for e in post.inbox.after(0)] == ["failing", "ok"]


def test_a_receiver_that_is_gone_stays_disabled_until_it_is_enabled(tmp_path):
    """410 ends this and every later send, over a restart, and says so; enabling it sends again."""
    post = Post(tmp_path)
    post.desk.fails.append(GONE)
    alert = post.open()
    post.sends()
    assert post.states.all() == {"desk": ReceiverState.DISABLED}
    post.raised(alert)
    post.worker = post.another("after a restart")
    post.sends(60)
    assert post.statuses() == ["dead", "dead"]
    assert len(post.desk.tried) == 1
    post.states.enable("desk", at_us=post.now_us)
    for row in post.rows():
        post.outbox.retry(row.send.id, now_us=post.now_us)
    post.sends()
    assert post.desk.told() == ["first", "level_raised"]


def test_the_fallback_is_told_after_its_time_and_once(tmp_path):
    """Ten minutes undelivered: the other channel is told, while the first goes on being tried."""
    post = Post(tmp_path, "desk")
    mail = Recorder()
    lines = {
        "desk": served_by(post.desk, fallback="mail", fallback_after_us=10 * MINUTE_US),
        "mail": served_by(mail),
    }
    post.worker = post.another(**lines)
    post.desk.down = DOWN
    post.open()
    post.sends()
    for _ in range(9):
        post.sends(60)
    assert mail.taken == []
    for _ in range(10):
        post.sends(60)
    assert mail.told() == ["first"]
    post.desk.down = None
    post.sends(3600)
    assert post.desk.told() == ["first"]
    assert len(mail.taken) == 1
    assert mail.taken[0].id != post.desk.taken[0].id


def test_a_dead_letter_goes_to_the_fallback_at_once(tmp_path):
    """A refusal for good need not be waited for."""
    post = Post(tmp_path, "desk")
    mail = Recorder()
    post.worker = post.another(desk=served_by(post.desk, fallback="mail"), mail=served_by(mail))
    post.desk.down = STOP
    post.open()
    post.sends()
    assert mail.told() == ["first"]


def test_what_was_never_tried_is_not_diverted(tmp_path):
    """A worker that was off for an hour tries the receiver itself first."""
    post = Post(tmp_path, "desk")
    mail = Recorder()
    post.worker = post.another(desk=served_by(post.desk, fallback="mail"), mail=served_by(mail))
    post.open()
    post.sends(3600)
    assert post.desk.told() == ["first"]
    assert mail.taken == []


def test_a_receiver_that_nobody_knows_is_a_dead_letter(tmp_path):
    """A route that names no receiver of the file is not silence."""
    post = Post(tmp_path)
    post.open()
    del post.worker.lines["desk"]  # type: ignore[attr-defined] # a dict in this test
    post.sends()
    (row,) = post.rows()
    assert (row.status, row.error) == ("dead", "no receiver of that name is in receivers.yaml")


def test_a_revision_that_is_not_there_is_a_dead_letter(tmp_path):
    """It says which."""
    post = Post(tmp_path)
    post.open()
    with post.database.begin() as tx:
        tx.exec_driver_sql("UPDATE outbox SET revision = 9")
    post.sends()
    (row,) = post.rows()
    assert (row.status, row.error) == ("dead", "alert rw-a has no revision 9")


def test_the_worker_goes_on_when_the_store_is_out_of_order(tmp_path):
    """A fault of the store is told and waited out; what is due goes out then."""
    post, stop = Post(tmp_path), threading.Event()
    post.open()
    step, faults = post.worker.step, iter([OSError("disk"), ChannelError("busy")])

    def broken() -> int:
        fault = next(faults, None)
        if fault:
            raise fault
        begun = step()
        if post.desk.taken:
            stop.set()
        return begun

    post.worker.step = broken  # type: ignore[method-assign] # the store's fault comes from there
    post.worker.run(stop, poll_s=0.01)
    assert post.said[:2] == ["OSError: disk", "busy"]
    assert post.statuses() == ["delivered"]


@pytest.mark.parametrize("state", [State.ACKNOWLEDGED, State.RESOLVED, State.CLOSED])
def test_a_send_whose_alert_was_acknowledged_behind_the_planner_is_cancelled(tmp_path, state):
    """The transaction that would lease it reads how the alert stands."""
    post = Post(tmp_path)
    alert = post.open()
    post.planner = replace(post.planner, receivers=())  # type: ignore[type-var] # plans nothing, cancels nothing
    post.change(replace(alert, state=state), Reason.STEADIED)
    post.sends()
    (row,) = post.rows()
    assert (row.status, row.error, post.desk.tried) == ("cancelled", f"the alert is {state}", [])
