"""The disk is full in three ways: the append says so, nothing is broken, and with room it goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from riskwatch.core.errors import StoreError
from riskwatch.store import schema
from riskwatch.store.database import open_database

WORKER = Path(__file__).with_name("full_worker.py")
SENDER = Path(__file__).with_name("full_http_worker.py")
MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]
SAID = {
    "max_page_count": "(database or disk is full); make room on its disk",
    "file_size": "(disk I/O error); look after its disk, its room and limits",
    "tmpfs": "(database or disk is full); make room on its disk",
}


def ran(limit: str, home: Path, worker: Path = WORKER) -> dict[str, Any]:
    before = MOUNTS if limit == "tmpfs" else []
    command = [*before, sys.executable, str(worker), limit, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def may_mount(folder: Path) -> str:
    """Why this machine lets no test mount a file system of its own, or nothing."""
    folder.mkdir()
    command = [*MOUNTS, "mount", "-t", "tmpfs", "-o", "size=400k", "riskwatch", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


@pytest.mark.parametrize("limit", SAID)
def test_a_full_disk_is_told_and_work_goes_on_with_room(tmp_path, limit):
    """StoreError says what, where and what to do; whole batches are stored, and more once there is room."""
    if limit == "tmpfs" and (why := may_mount(tmp_path / "mount")):
        pytest.skip(f"a tmpfs may not be mounted here: {why}")
    told = ran(limit, tmp_path / "store")
    full, then = told["full"], told["then"]
    assert full["stored"] > 3
    assert (full["integrity"], full["entries"], full["n"]) == ("ok", full["stored"], full["stored"] - 1)
    assert len(full["errors"]) == 3
    for error in full["errors"]:
        assert error.startswith(f"sqlite:///{tmp_path}/store/riskwatch.db: nothing was written (")
        assert error.endswith(f"{SAID[limit]} and send again, what is stored is sound")
    assert (then["integrity"], then["entries"]) == ("ok", full["stored"] + 100)
    if limit == "tmpfs":
        assert full["snapshot"] == (
            f"{tmp_path}/store/snapshots: the snapshot cannot be written (No space left on device); "
            "make room on its disk and start again, nothing is lost"
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "limit",
    [
        "max_page_count",
        pytest.param("file_size", marks=pytest.mark.long),
        pytest.param("tmpfs", marks=pytest.mark.long),
    ],
)
def test_events_over_http_are_answered_503_and_taken_again_with_room(tmp_path, limit):
    """Every row that was answered with a 2xx is accounted for once, and none of those refused."""
    if limit == "tmpfs" and (why := may_mount(tmp_path / "mount")):
        pytest.skip(f"a tmpfs may not be mounted here: {why}")
    told = ran(limit, tmp_path / "town", SENDER)
    assert told["before"] > 0
    assert told["after"] == 20
    assert told["refused"] == [[503, "store_full", True]] * 3
    assert told["integrity"] == "ok"
    assert told["accepted"] == told["rows"]


def test_only_a_disk_that_takes_no_more_is_told_as_such(tmp_path):
    """Other errors of the database stay what they are; a full one rolls its transaction back."""
    database = open_database(None, tmp_path)
    sa.event.listen(database, "connect", lambda c, _: c.execute("PRAGMA max_page_count=60"))
    database.dispose()
    rows = [{"kind": "clock", "body": "x" * 100_000, "events": None}] * 10
    with pytest.raises(sa.exc.OperationalError, match="no such table"), database.begin() as tx:
        tx.execute(sa.text("SELECT * FROM nowhere"))
    with pytest.raises(StoreError, match="nothing was written"), database.begin() as tx:
        tx.execute(schema.inbox.insert(), rows)
    with database.connect() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(schema.inbox)).scalar() == 0
