"""The outbox on the command line, over a town whose alerts go to a file and to a web server that fails."""

from __future__ import annotations

import json

import pytest

from riskwatch.testing import Answer, FaultServer

CONFIG = """\
allow: [127.0.0.0/8]
receivers:
  archive: {{channel: file, path: sent.jsonl}}
  hook: {{channel: webhook, url: "{url}", secrets: [{{env: HOOK_SECRET}}], fallback: archive, language: zh}}
"""
ROUTES = """\
receivers:
  archive: {pages: true}
  hook: {pages: true}
route: {name: desk, receivers: [hook, archive]}
tests:
  - {level: orange, at: 2026-03-04 12:00:00, expect: {0: [hook, archive]}}
"""
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@pytest.fixture
def hook():
    with FaultServer() as server:
        yield server


@pytest.fixture
def town(store, hook, monkeypatch):
    """The county's store, told where to send; one more alert is closed by hand later."""
    (store / "configs" / "receivers.yaml").write_text(CONFIG.format(url=hook.url))
    (store / "configs" / "routes.yaml").write_text(ROUTES)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    return store


@pytest.fixture
def planned(town, riskwatch):
    """The id of an alert of which a send is due."""
    from cli_run import ROOT

    from riskwatch.core.clock import SystemClock, to_us
    from riskwatch.core.sends import Send, SendReason
    from riskwatch.desk import Desk, Place
    from riskwatch.store.alerts import Commit

    desk = Desk.open(Place(ROOT, town), SystemClock())
    alert = next(a for a in desk.alerts.find(shown_only=True) if a.state == "open")
    send = Send(
        id="rs-000000000001",
        alert=alert.id,
        revision=alert.revision,
        area=alert.area,
        receiver="hook",
        reason=SendReason.FIRST,
        due_us=to_us(SystemClock().now()),
    )
    desk.alerts.commit(Commit([], {}, desk.alerts.standing(), [send]))
    return alert.id


def test_deliver_once_sends_what_is_due(riskwatch, town, planned, hook):
    """A CloudEvent in the receiver's language arrives, signed; the list says delivered."""
    done = riskwatch("deliver", "--once", "--store", town)
    assert (done.code, done.err.strip()) == (0, "attempts made: 1; nothing is due any more")
    (arrived,) = hook.arrived
    data = json.loads(arrived.body)["data"]
    assert (data["alert"]["id"], data["reason_text"]) == (planned, "新预警")
    assert arrived.headers["webhook-signature"].startswith("v1,")
    (row,) = riskwatch("outbox", "list", "--json", "--store", town).lines
    assert (row["status"], row["attempts"], row["sequence"]) == ("delivered", 1, 1)
    assert SECRET not in done.err + done.out


def test_a_dead_letter_is_listed_shown_and_retried(riskwatch, town, planned, hook):
    """It goes to the fallback at once; by hand it is sent again under its own id."""
    hook.then(Answer(400))
    riskwatch("deliver", "--once", "--store", town)
    (dead,) = riskwatch("outbox", "list", "--status", "dead", "--json", "--store", town).lines
    assert dead["error"] == f"http://127.0.0.1:{hook.port}: answered 400"
    assert "answered 400" in riskwatch("outbox", "list", "--store", town).out
    assert "status: dead" in riskwatch("outbox", "show", "rs-0000", "--store", town).out
    assert riskwatch("outbox", "show", "rs-0000", "--json", "--store", town).lines == [dead]
    kept = [json.loads(line) for line in (town / "sent.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [k["document"]["alert"]["id"] for k in kept] == [planned]
    told = riskwatch("outbox", "retry", "rs-0000", "--store", town)
    assert told.out.startswith("rs-000000000001 is due again for hook")
    riskwatch("deliver", "--once", "--store", town)
    assert [a.headers["webhook-id"] for a in hook.arrived] == ["rs-000000000001"] * 2
    again = riskwatch("outbox", "retry", "rs-0000", "--store", town)
    assert again.code == 1
    assert "is delivered; only a dead or cancelled one is retried" in again.err


def test_a_receiver_that_is_gone_is_enabled_again(riskwatch, town, planned, hook):
    """410 disables it; the notice about it opens with the next run of the engine; enable undoes it."""
    hook.then(Answer(410))
    riskwatch("deliver", "--once", "--store", town)
    assert "not disabled" in riskwatch("outbox", "enable", "archive", "--store", town).err
    told = riskwatch("outbox", "enable", "hook", "--store", town)
    assert told.out.startswith("hook is sent to again")
    riskwatch("outbox", "retry", "rs-0000", "--store", town)
    riskwatch("deliver", "--once", "--store", town)
    assert len(hook.arrived) == 2


def test_an_unknown_send_is_a_mistake(riskwatch, town):
    """The message says how to find one."""
    told = riskwatch("outbox", "show", "rs-none", "--store", town)
    assert told.code == 2
    assert "list them with: riskwatch outbox list" in " ".join(told.err.split())
    assert riskwatch("outbox", "list", "--store", town).out.startswith("No send fits")


def test_a_secret_that_is_missing_is_told_by_its_name(riskwatch, town, planned, monkeypatch, hook):
    """Which receiver, which variable, and nothing is sent."""
    monkeypatch.delenv("HOOK_SECRET")
    told = riskwatch("deliver", "--once", "--store", town)
    assert told.code == 1
    assert "receivers.hook: the environment variable HOOK_SECRET is missing or empty" in told.err
    assert hook.arrived == [], [a.body[:600] for a in hook.arrived]


def test_an_acknowledgement_by_hand_cancels_what_is_due(riskwatch, town, planned, hook):
    """Without an engine that runs, the command applies it, the outbox included."""
    told = riskwatch("alerts", "ack", planned, "--as", "Li", "--store", town)
    assert told.code == 0, told.err
    riskwatch("deliver", "--once", "--store", town)
    assert hook.arrived == [], [a.body[:600] for a in hook.arrived]
    (row,) = riskwatch("outbox", "list", "--alert", planned, "--json", "--store", town).lines
    assert (row["status"], row["error"]) == ("cancelled", "acknowledged by Li (unverified)")
