"""A small store with a candidate in its registry: made once, copied for every test."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riskwatch.core.clock import DAY_US, MovableClock, from_us
from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.desk import Desk, Place
from riskwatch.learn.candidate import Candidate, Measured, Provenance
from riskwatch.learn.skops_members import dump_member
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import joined_log_odds
from riskwatch.succession import Succession
from riskwatch.workspace import find_workspace, resolve

ROOT = find_workspace({}, Path(__file__).parent)
PASSED = GateVerdict(GateDecision.PASS, "no worse than the champion")
PASSED_ALL = {"fairness": PASSED, "skill": PASSED}
COLUMNS = ("1h", "3h", "6h", "12h", "24h", "72h", "168h", "size")


def desk_at(home: Path) -> Desk:
    """A store on the workspace's own configuration, at a fixed instant."""
    return Desk.open(Place(ROOT, home), MovableClock(from_us(20_200 * DAY_US)), sources=["montco911"])


def document(desk: Desk, version: str, **frozen: Any) -> dict[str, Any]:
    """The configuration's bundle with another version and other numbers."""
    made = desk.settings.bundle.model_dump(mode="json")
    member = made["members"]["surprise_odds"]
    made["version"] = member["version"] = version
    member["frozen"] |= frozen
    return made


def candidate(desk: Desk, version: str = "next", **frozen: Any) -> Candidate:
    """A candidate that passed its gates."""
    made = document(desk, version, **frozen)
    rows = np.linspace(0.0, 12.0, 24).reshape(3, 8)
    log_odds = joined_log_odds(Bundle.model_validate(made).build(resolve), rows)
    provenance = Provenance("f" * 64, "c" * 64, "l" * 64, 0, DAY_US, 3, "0" * 40, "0")
    metrics = {"candidate": {"average_precision": Measured(0.5, 0.4, 0.6)}}
    return Candidate(made, COLUMNS, rows, log_odds, provenance, metrics, PASSED_ALL)


def with_member(made: Candidate, folder: Path) -> Candidate:
    """The candidate with a fitted forest for comparison beside it."""
    from sklearn.ensemble import IsolationForest

    path = folder / "isolation.skops"
    dump_member(IsolationForest(n_estimators=2, random_state=0).fit(made.example), path)
    return replace(made, files={"members/isolation.skops": path})


def copied(store: Path, home: Path) -> Succession:
    """A copy of the prepared store, its registry with it."""
    shutil.copytree(store, home)
    return Succession(desk_at(home))
