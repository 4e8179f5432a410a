"""A hot swap in the middle of a storm replays at the same tick, also in a process killed around it."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fault_county import county

from riskwatch.core.clock import SystemClock
from riskwatch.desk import Desk, Place
from riskwatch.ingest import intake
from riskwatch.ingest.limits import Limits
from riskwatch.score.duty import version_of
from riskwatch.store.alerts import AlertStore
from riskwatch.store.codec import dump_alert
from riskwatch.store.database import open_database
from riskwatch.store.inbox import EntryKind, Inbox, StreamPlace
from riskwatch.store.snapshots import Snapshots, pack
from riskwatch.testing.fault import Kill, run_to_the_end_or
from riskwatch.workspace import find_workspace

WORKER = Path(__file__).with_name("swap_worker.py")
ROOT = find_workspace({}, Path(__file__).parent)
KEPT = ("alerts", "changes", "record", "engine", "accounts", "inbox", "streams")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Prepared:
    """Entries of the county with two swaps among them, and what an undisturbed engine makes of them."""

    script: Path
    overlay: Path
    entries: int
    left: dict[str, Any]


def lived(script: Path, home: Path, overlay: Path, kill: Kill | None, snapshot_every: int) -> bool:
    """One life of the worker; whether it was killed."""
    command = [sys.executable, str(WORKER), str(script), str(home), str(overlay), str(snapshot_every)]
    return run_to_the_end_or(kill, command, stderr=home.with_suffix(".err")).killed


def left(home: Path) -> dict[str, Any]:
    """Every row that the engine wrote or read, and its state."""
    with sqlite3.connect(home / "riskwatch.db") as tx:
        rows = {name: sorted(map(repr, tx.execute(f"SELECT * FROM {name}"))) for name in KEPT}  # noqa: S608 - our own names
    tx.close()
    database = open_database(None, home)
    newest = Snapshots(database, home).newest()
    assert newest is not None
    alerts = [dump_alert(a) for a in AlertStore(database).find(everything=True)]
    database.dispose()
    return rows | {"state": pack(newest[1]), "documents": alerts}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The county in batches; the champion gives way at half of them and is back at three quarters."""
    folder = tmp_path_factory.mktemp("swap")
    events = county(folder)
    overlay = events.with_suffix(".configs")
    desk = Desk.open(Place(ROOT, folder / "cut"), SystemClock(), sources=["simulated"], overlay=overlay)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_LIMITS", Limits(block_bytes=24 << 10))
        for _ in intake.FileIntake(
            desk.settings.world, desk.settings.mappings["simulated"], desk.inbox, desk.clock
        ).read(events):
            pass
    own = desk.settings.bundle.model_dump(mode="json")
    keen = own | {"version": "keen"}
    (name,) = own["members"]
    frozen = own["members"][name]["frozen"] | {"intercept": -3.0}
    keen["members"] = {name: own["members"][name] | {"frozen": frozen}}
    cut = list(desk.inbox.after(0))
    swaps = {len(cut) // 2: keen, 3 * len(cut) // 4: own}
    script = Inbox(open_database(None, folder / "script"))
    for n, entry in enumerate(cut):
        assert entry.events is not None
        script.append_batch(entry.body, entry.events, StreamPlace("simulated", "s", {"n": n}), [])
        if n in swaps:
            script.append(EntryKind.MODEL, {"bundle": swaps[n]})
    home = folder / "undisturbed"
    assert not lived(folder / "script", home, overlay, None, 1000)
    return Prepared(folder / "script", overlay, script.last(), left(home))


def test_swap_in_the_middle_of_a_storm_is_seen_in_its_alerts(prepared: Prepared, tmp_path: Path):
    """Both bundles opened alerts, in the order in which they were on duty."""
    store = AlertStore(open_database(None, prepared.script.with_name("undisturbed")))
    opened = [version_of(a) for a in store.find(everything=True, kind="risk")]
    assert set(opened) == {"2026.11.1", "keen"}


def test_swap_survives_sigkill(prepared: Prepared, tmp_path: Path):
    """Killed around the commit of the swap and elsewhere, the next lives leave every row the same."""
    home, middle, snapshot_every = tmp_path / "store", prepared.entries // 2 + 1, 4
    kills = [
        Kill("alerts.before_commit", middle),  # the swap is in the inbox and not applied
        Kill("alerts.after_commit", 1),  # it is applied, no snapshot knows of it
        Kill("inbox.after_commit", 3),
        Kill("snapshot.before_rename", 1),
    ]
    for kill in kills:
        assert lived(prepared.script, home, prepared.overlay, kill, snapshot_every), kill
    assert not lived(prepared.script, home, prepared.overlay, None, snapshot_every)
    assert left(home) == prepared.left
