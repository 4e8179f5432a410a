"""A retake killed with SIGKILL and done again leaves what one undisturbed retake leaves."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))  # the town that is made there

from retake_town import ROOT, calls, configs, opened, written

from riskwatch.core.fail_points import VARIABLE

KEPT = {
    "alerts": "SELECT * FROM alerts ORDER BY id",
    "accounts": "SELECT * FROM accounts",
    "quarantine": "SELECT * FROM quarantine ORDER BY id",
    "retaken": "SELECT id, seq FROM retaken ORDER BY id",
    "receipts": "SELECT seq, source, digest, rows, outcomes FROM receipts ORDER BY seq",
    "inbox": "SELECT seq, kind, body, events FROM inbox ORDER BY seq",
    "engine": "SELECT * FROM engine",
}


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store with every third row in quarantine, its mapping mended since."""
    folder = tmp_path_factory.mktemp("waiting")
    rows = [replace(c, iso=n % 3 == 1) for n, c in enumerate(calls())]
    desk = opened(folder / "home", overlay=configs(folder / "wrong", mended=False))
    desk.replay(written(folder / "calls.csv", rows), "town")
    opened(folder / "home", overlay=configs(folder / "right", mended=True))
    return folder / "home"


def retake(home: Path, point: str = "") -> int:
    """One life of the command over a store."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RISKWATCH_")}
    environ |= {"PYTHONPATH": str(ROOT)} | ({VARIABLE: point} if point else {})
    command = [sys.executable, "-m", "riskwatch", "quarantine", "retake", "--store", str(home)]
    return subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, check=False, timeout=300
    ).returncode


def held(home: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(home / "riskwatch.db") as tx:
        assert tx.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {name: tx.execute(query).fetchall() for name, query in KEPT.items()}
    tx.close()
    return found


@pytest.fixture(scope="module")
def undisturbed(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What one retake leaves that was never killed."""
    home = Path(shutil.copytree(waiting, tmp_path_factory.mktemp("undisturbed") / "home"))
    assert retake(home) == 0
    return held(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "retake.before_commit",
        "retake.after_commit",
        pytest.param("alerts.before_commit", marks=pytest.mark.long),
        pytest.param("alerts.after_commit", marks=pytest.mark.long),
    ],
)
def test_a_killed_retake_is_all_there_or_not_at_all(waiting, undisturbed, tmp_path, point):
    """Before its commit nothing has moved; after it every row has; done again, both end the same."""
    home = Path(shutil.copytree(waiting, tmp_path / "home"))
    before = held(home)
    assert retake(home, point) == -signal.SIGKILL
    broken = held(home)
    if point == "retake.before_commit":
        assert broken == before
    else:
        assert len(broken["retaken"]) == len(undisturbed["retaken"]) > 100
        assert broken["inbox"] == undisturbed["inbox"]
    assert retake(home) == 0
    assert held(home) == undisturbed
