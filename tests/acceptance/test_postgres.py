"""The store on PostgreSQL: the same bytes as on SQLite, and no entry skipped that commits late."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres_server import binaries, postgres
from retake_town import DAYS, ROOT, START, calls, configs, written

from riskwatch.core.clock import DAY_US, MovableClock, from_us, to_us
from riskwatch.desk import Desk, Place
from riskwatch.store.codec import dump_alert
from riskwatch.store.database import open_database
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.quarantine import QuarantineRows, RetakenBatch
from riskwatch.testing import Timeline
from riskwatch.workspace import find_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server of our own."""
    bindir = binaries()
    if bindir is None:
        pytest.skip(
            "no PostgreSQL binaries here: neither pg_config, /usr/lib/postgresql nor PATH has initdb"
        )
    with postgres(bindir) as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """An empty database."""
    number = next(_numbers)
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as tx:
        tx.execute(sa.text(f"CREATE DATABASE t{number}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/t{number}"


_numbers = itertools.count()


def life(desk: Desk) -> list[str]:
    """Every alert and every change of it, as bytes."""
    alerts = desk.alerts.find(everything=True)
    return [dump_alert(a) for a in alerts] + [
        f"{c.reason} {c.at_us} {c.actor} {dump_alert(c.alert)}"
        for a in alerts
        for c in desk.alerts.changes(a.id)
    ]


def rows(engine: sa.Engine, name: str, order: str) -> list[tuple]:
    with engine.connect() as tx:
        return [tuple(r) for r in tx.execute(sa.text(f"SELECT * FROM {name} ORDER BY {order}"))]  # noqa: S608 - our own tables


def test_alerts_on_postgresql_are_those_on_sqlite(line: Timeline, tmp_path: Path, url: str) -> None:
    """Thirty days, a burst and a storm, replayed into either: alerts, changes, record and accounts."""
    line.at("2025-02-06 02:19").calls("vomiting", "SMALL", n=6, over_min=30)
    for n in range(8):
        line.at("2025-02-06 14:05").calls("wires_down", f"T{n}", n=2, over_min=25)
    line.pass_until("2025-02-07 00:00")
    workspace, clock = find_workspace({}, Path.cwd()), MovableClock(from_us(line._now_us))
    homes = (tmp_path / "sqlite", None), (tmp_path / "postgres", url)
    desks = []
    for home, where in homes:
        place = Place(workspace, home, where)
        desk = Desk.open(place, clock, sources=["line"], overlay=line._root / "configs")
        desk.replay(line._file, "line")
        desks.append(desk)
    lite, post = (life(desk) for desk in desks)
    assert len(lite) > 2
    assert post == lite
    engines = [open_database(where, home) for home, where in homes]
    for name, order in (("record", "seq"), ("accounts", "source"), ("engine", "id")):
        assert rows(engines[1], name, order) == rows(engines[0], name, order)
    again = Desk.open(Place(workspace, tmp_path / "postgres", url), clock)
    with again.engine() as pipeline:
        assert pipeline.position == desks[0].inbox.last()
    assert desks[1].replay(line._file, "line").account["accepted"] == 0
    for engine in (*engines, *(d.inbox._database for d in (*desks, again))):
        engine.dispose()


def test_a_retake_on_postgresql_is_that_on_sqlite(tmp_path: Path, url: str) -> None:
    """The same rows leave quarantine for the same entry; a row that has left takes nothing along again."""
    wrong, right = configs(tmp_path / "wrong", mended=False), configs(tmp_path / "right", mended=True)
    file = written(tmp_path / "calls.csv", [replace(c, iso=n % 3 == 1) for n, c in enumerate(calls())])
    found = []
    for name, where in (("lite", None), ("post", url)):
        place, clock = (
            Place(ROOT, tmp_path / name, where),
            MovableClock(from_us(to_us(START) + DAYS * DAY_US)),
        )
        desk = Desk.open(place, clock, sources=["town"], overlay=wrong)
        desk.replay(file, "town")
        desk.database.dispose()
        desk = Desk.open(place, clock, overlay=right)
        made = desk.retake()
        left = rows(desk.database, "retaken", "id")
        found.append((made, left, desk.alerts.accounts(), [e.body for e in desk.inbox.after(0)]))
        events = desk.inbox.after(1, 2)
        batch = RetakenBatch({"source": "town"}, [left[0][0]], next(iter(events)).events)
        assert QuarantineRows(desk.database).retake([batch], {}, 0) is None
        assert desk.inbox.last() == 2
        desk.database.dispose()
    assert found[0] == found[1]
    assert found[0][0].taken() > 100


def test_an_entry_that_commits_late_is_not_skipped(tmp_path: Path, url: str) -> None:
    """Numbers are given before the commit: who appends next waits, so that no reader sees a gap."""
    database = open_database(url, tmp_path)
    inbox, held, done = Inbox(database), threading.Event(), threading.Event()

    def slow() -> None:
        with database.begin() as tx:
            Inbox._append(tx, EntryKind.CLOCK, {"at_us": 1}, None)
            held.set()
            done.wait(10)

    first = threading.Thread(target=slow)
    first.start()
    assert held.wait(10)
    second = threading.Thread(target=lambda: inbox.append(EntryKind.CLOCK, {"at_us": 2}))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    assert list(inbox.after(0)) == []
    done.set()
    first.join()
    second.join()
    assert [e.body["at_us"] for e in inbox.after(0)] == [1, 2]
    database.dispose()
