"""A store without days, and what is known of one retraining over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place
from riskwatch.store.ledger import Kept
from riskwatch.workspace import find_workspace

ROOT = find_workspace({}, Path(__file__).parent)


@dataclass
class Trained:
    """The store, what was registered, and what was told on the way."""

    desk: Desk
    kept: Kept
    told: list[tuple[str, dict[str, Any]]]


def desk_at(home: Path) -> Desk:
    clock = MovableClock(datetime(2025, 1, 1, tzinfo=UTC))
    return Desk.open(Place(ROOT, home), clock, sources=["montco911"])
