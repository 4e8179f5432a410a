"""The outbox and its leases: written with the alert, taken by one, ended once, on both databases."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from riskwatch.core.alerts import Reason, State
from riskwatch.core.clock import SECOND_US
from riskwatch.core.errors import StoreError
from riskwatch.core.sends import Planned, SendReason
from riskwatch.store import schema
from riskwatch.store.alerts import Commit, Standing
from riskwatch.store.leases import Ending, Leases, Outcome
from riskwatch.store.lines import Take
from riskwatch.testing.post import Post

Begin = Callable[..., Post]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of our own on loopback; skips where PostgreSQL is not installed."""
    initdb, control = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or control is None:
        pytest.skip("PostgreSQL is not installed (initdb and pg_ctl are not on the path)")
    as_user: list[str] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        if os.getuid() == 0:
            try:
                shutil.chown(home, "postgres")
            except LookupError:
                pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
            as_user = ["setpriv", "--reuid=postgres", "--clear-groups"]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        data = f"{home}/data"

        def run(*words: str) -> None:
            command = [*as_user, *words]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home)

        run(initdb, "-D", data, "-A", "trust", "-U", "riskwatch", "--no-sync")
        quick = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
        run(control, "-D", data, "-o", quick, "-l", f"{home}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://riskwatch@127.0.0.1:{port}/postgres"
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Begin]:
    """Makes an empty store on each database."""
    made: list[Post] = []
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else None

    def begun(*receivers: str) -> Post:
        post = Post(tmp_path, *receivers, url=url)
        made.append(post)
        with post.database.begin() as tx:
            for table in (schema.outbox, schema.alerts, schema.changes, schema.sequences, schema.receivers):
                tx.execute(table.delete())
            tx.execute(schema.engine.delete())
        return post

    yield begun
    for post in made:
        post.worker.close()
        post.database.dispose()


def ask(post: Post, owner: str = "w", limit: int = 10, lease_s: float = 60) -> Take:
    return Take("desk", owner, post.now_us, post.now_us + round(lease_s * SECOND_US), limit)


def outcome(post: Post, row, ending: Ending = Ending.DELIVERED, **given) -> Outcome:
    return Outcome(row.send.id, row.lease, "desk", ending, post.now_us, **given)


def test_a_send_is_written_with_its_alert_or_not_at_all(begin: Begin) -> None:
    """Where the commit fails, neither the alert nor its sends are there."""
    post = begin()
    post.open("rw-a")
    send = post.rows()[0].send
    broken = Commit([], {}, Standing(None, 0, None, 0, {}), [replace(send, id="rs-x")])  # type: ignore[arg-type] # a position that no table takes
    with pytest.raises(sa.exc.IntegrityError):
        post.alerts.commit(broken)
    assert [row.send.id for row in post.rows()] == [send.id]


def test_a_send_that_is_there_is_not_added_again(begin: Begin) -> None:
    """Planning the same twice is planning it once, whatever became of it."""
    post = begin()
    post.open("rw-a")
    (row,) = post.rows()
    post.sends()
    post.alerts.commit(Commit([], {}, Standing(9, 0, None, 0, {}), [row.send, row.send]))
    assert post.statuses() == ["delivered"]


def test_a_lease_is_of_one_worker_until_it_ends(begin: Begin) -> None:
    """Two workers never have the same send; after the lease another may take it, with its own."""
    post = begin()
    leases = Leases(post.database)
    post.open("rw-a")
    (first,) = leases.take(ask(post, "w1", lease_s=60))
    assert leases.take(ask(post, "w2")) == []
    post.passes(60)
    (second,) = leases.take(ask(post, "w2"))
    assert (first.lease, second.lease, second.attempts) == ("w1:1", "w2:2", 2)
    assert not leases.still(first)
    assert leases.still(second)
    assert leases.settle([outcome(post, first)]) == 0
    assert leases.settle([outcome(post, second)]) == 1
    assert leases.settle([outcome(post, second)]) == 0


def test_many_workers_at_once_lease_each_send_once(begin: Begin) -> None:
    """Six threads that take as fast as they can have, together, every send exactly once."""
    post = begin()
    post.changes([(post.fresh(f"rw-{n}", area=f"A{n}"), Reason.OPENED) for n in range(60)])
    taken: list[str] = []
    start = threading.Barrier(6)

    def work(owner: str) -> None:
        leases = Leases(post.database)
        start.wait()
        while rows := leases.take(ask(post, owner, 3)):
            taken.extend(row.send.id for row in rows)
            leases.settle([outcome(post, row) for row in rows])

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == len(set(taken)) == 60
    assert set(post.statuses()) == {"delivered"}


def test_the_sequence_of_an_area_is_that_of_first_tries(begin: Begin) -> None:
    """It ascends without a gap by receiver and area, and a retry keeps its number."""
    post = begin()
    alert = post.open("rw-a", area="A")
    post.open("rw-b", area="B")
    post.raised(alert)
    leases = Leases(post.database)
    heads = leases.take(ask(post))
    assert [(r.send.area, r.number) for r in heads] == [("A", 1), ("B", 1)]
    leases.settle([outcome(post, heads[0], Ending.RETRY, next_us=post.now_us, error="x")])
    (again,) = leases.take(ask(post))
    assert (again.send.id, again.number) == (heads[0].send.id, 1)
    leases.settle([outcome(post, again)])
    (behind,) = leases.take(ask(post))
    assert (behind.send.reason, behind.number) == (SendReason.LEVEL_RAISED, 2)


def test_a_send_that_was_cancelled_on_its_way_is_not_tried_again(begin: Begin) -> None:
    """Its worker sees it before it sends; if it had sent already, the row says that it arrived."""
    post = begin()
    leases = Leases(post.database)
    alert = post.open("rw-a")
    (failed,) = leases.take(ask(post))
    post.acknowledged(alert)
    assert not leases.still(failed)
    leases.settle([outcome(post, failed, Ending.RETRY, next_us=post.now_us, error="x")])
    assert post.statuses() == ["cancelled"]
    alert = post.open("rw-b")
    (sent,) = leases.take(ask(post))
    post.acknowledged(alert)
    leases.settle([outcome(post, sent)])
    assert post.statuses() == ["cancelled", "delivered"]


def test_a_repeat_that_was_planned_behind_an_acknowledgement_is_cancelled(begin: Begin) -> None:
    """Whichever transaction comes first, nobody is asked again for what someone has."""
    post = begin()
    post.planner = replace(post.planner, repeat_s=60.0)  # type: ignore[type-var] # a dataclass
    alert = post.open("rw-a")
    post.sends()
    post.planner = _Nothing()
    post.change(replace(alert, state=State.ACKNOWLEDGED), Reason.OPENED)
    post.sends(60)
    assert [(str(r.status), r.error) for r in post.rows()] == [
        ("delivered", ""),
        ("cancelled", "the alert is acknowledged"),
    ]


def test_a_dead_or_cancelled_send_is_retried_by_hand_under_its_id(begin: Begin) -> None:
    """And nothing else is; an acknowledgement does not stop what a person asks for."""
    post = begin()
    alert = post.open("rw-a")
    post.acknowledged(alert)
    (row,) = post.rows()
    again = post.outbox.retry(row.send.id[:8], now_us=post.now_us)
    assert (again.send.id, str(again.status)) == (row.send.id, "pending")
    with pytest.raises(StoreError, match="is pending; only a dead or cancelled one is retried"):
        post.outbox.retry(row.send.id, now_us=post.now_us)
    with pytest.raises(StoreError, match="send 'rs-none' is not known; list them"):
        post.outbox.retry("rs-none", now_us=post.now_us)
    post.sends()
    assert [m.id for m in post.desk.taken] == [row.send.id]


def test_the_outbox_is_counted_and_found_by_what_became_of_it(begin: Begin) -> None:
    """By receiver, status and alert."""
    post = begin("desk", "chief")
    post.open("rw-a")
    post.channels["chief"].down = KeyError()  # type: ignore[assignment] # any failure
    post.sends()
    assert post.outbox.counts() == {"desk": {"delivered": 1}, "chief": {"pending": 1}}
    assert [r.send.receiver for r in post.rows(statuses=["pending"])] == ["chief"]
    assert [r.send.receiver for r in post.rows(receiver="desk")] == ["desk"]
    assert post.rows(alert="rw-b") == []
    assert Leases(post.database).next_us() == post.now_us + 5 * SECOND_US


def test_a_receiver_that_is_in_order_is_not_enabled(begin: Begin) -> None:
    """The command says that there is nothing to do."""
    with pytest.raises(StoreError, match="receiver 'desk' is not disabled"):
        begin().states.enable("desk", at_us=1)


class _Nothing:
    def plan_all(self, changes: object, pending: object, known: object) -> Planned:
        return Planned()
