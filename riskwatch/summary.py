"""How far a replay is, and what it did; the desk makes them, the command line tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is: bytes of the file, rows, ticks, and the instant the engine has reached."""

    offset_bytes: int
    rows: int
    ticks: int
    at_us: int


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What one replay did; the account adds up, `alerts` counts the new shown risk alerts by peak level."""

    account: Mapping[str, int]
    ticks: int
    alerts: Mapping[str, int]
    wall_s: float
    incomplete: str | None

    @property
    def events_per_s(self) -> float:
        """Rows read a second, all stages included."""
        return self.account["rows_read"] / self.wall_s if self.wall_s > 0 else 0.0
