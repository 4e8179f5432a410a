"""A small simulated county as a file, and everything that a replay of it leaves in a store."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario
from riskwatch.store.alerts import AlertStore
from riskwatch.store.codec import dump_alert
from riskwatch.store.database import open_database
from riskwatch.store.snapshots import Snapshots, pack
from riskwatch.testing.fault import Ended, Kill, run_to_the_end_or

WORKER = Path(__file__).with_name("fault_worker.py")
SIZE = {"areas": 12, "days": 22, "events": 6000, "indicators": 8, "seed": 7, "incidents.storm.count": 2}
KEPT = {
    "alerts": "SELECT * FROM alerts ORDER BY id",
    "changes": "SELECT * FROM changes ORDER BY alert, revision",
    "record": "SELECT * FROM record ORDER BY seq",
    "quarantine": "SELECT source, stream, row, reason, mapped FROM quarantine ORDER BY id",
    "standing": "SELECT clock_us, last_tick_us, ticks, feeds FROM engine",
    "streams": "SELECT * FROM streams ORDER BY source, stream",
}


def county(folder: Path) -> Path:
    """The events of three weeks in twelve areas as CSV, their configs beside it."""
    simulate(load_scenario(None, SIZE), folder / "events.csv", None)
    return folder / "events.csv"


def replayed(events: Path, home: Path, kill: Kill | None = None, snapshot_every_s: float = 30.0) -> Ended:
    """One life of the replay command over a store."""
    command = [sys.executable, str(WORKER), str(snapshot_every_s), "replay", str(events)]
    command += ["--source", "simulated", "--store", str(home), "--json"]
    return run_to_the_end_or(kill, command, stderr=home.with_suffix(".err"))


@dataclass(frozen=True)
class Left:
    """What a store holds at the end; two of them are equal where nobody outside can tell them apart."""

    rows: dict[str, list[Any]]
    alerts: list[str]
    accounts: dict[str, dict[str, int]]
    state: bytes
    features: dict[str, str]


def left(home: Path) -> Left:
    """Everything of a store that is a function of its rows, once what was sent again is taken out.

    A life after a kill begins the file anew: rows of earlier blocks are told as duplicates in an
    entry of their own, so the account and the position hold these on top. All else is to the byte.
    """
    database = open_database(None, home)
    store, snapshot = AlertStore(database), Snapshots(database, home).newest()
    alerts = [dump_alert(a) for a in store.find(everything=True)]
    with sqlite3.connect(home / "riskwatch.db") as tx:
        assert tx.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = {name: tx.execute(query).fetchall() for name, query in KEPT.items()}
        bodies = [json.loads(b) for (b,) in tx.execute("SELECT body FROM inbox ORDER BY seq")]
        position, last = tx.execute("SELECT position, (SELECT max(seq) FROM inbox) FROM engine").fetchone()
    tx.close()
    database.dispose()
    again = [b for b in bodies if b["duplicate"]]
    assert all(b["rows"] == b["duplicate"] and not b["quarantined"] for b in again)
    assert position == last == len(bodies)
    assert snapshot is not None
    assert snapshot[0] == position
    state = {k: v for k, v in snapshot[1].items() if k != "position"}
    accounts = _without([b["rows"] for b in again], store.accounts())
    assert sum(b["rows"] for b in bodies if not b["duplicate"]) == sum(
        a["rows_read"] for a in accounts.values()
    )
    return Left(rows, alerts, accounts, pack(state), _features(home))


def _features(home: Path) -> dict[str, str]:
    """The files of the feature log that count, by the hash of their bytes; none is left half written."""
    assert not list((home / "features" / "ticks").glob(".*"))
    found = sorted((home / "features").rglob("*.parquet"))
    return {p.relative_to(home).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


@dataclass(frozen=True)
class Undisturbed:
    """The run that was never killed: its file, how long it worked, what it left."""

    events: Path
    work_s: float
    left: Left


def _without(again: list[int], accounts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The accounts without rows that were sent again; they count for the mapping's own source."""
    taken = {source: dict(counts) for source, counts in accounts.items()}
    for name in ("rows_read", "duplicate"):
        taken["simulated"][name] -= sum(again)
    for counts in taken.values():
        parts = (counts[n] for n in ("accepted", "duplicate", "late", "quarantined"))
        assert counts["rows_read"] == sum(parts)
    return taken


def rows_of(events: Path) -> int:
    """Rows of the file, as any CSV reader counts them."""
    with events.open(newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def forget(home: Path) -> None:
    """No store any more."""
    shutil.rmtree(home, ignore_errors=True)
