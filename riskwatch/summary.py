"""How far a replay is, and what it did; the desk makes them, the command line tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is: bytes of the file, rows, ticks, and the instant the engine has reached.

    A batch is taken at once and decided tick by tick, so bytes and rows within it follow the ticks.
    """

    offset_bytes: int
    rows: int
    ticks: int
    at_us: int


class Stretch:
    """The part of a file that its newest batch is, from the first tick that is decided of it on."""

    def __init__(self) -> None:
        self._before = self._after = (0, 0)  # (bytes, rows)
        self._from_us: int | None = None
        self._until_us: int | None = None

    def take(self, offset_bytes: int, rows: int, until_us: int | None) -> None:
        """Go on to the next batch: it ends at that byte, and its last event was received then."""
        self._before, self._after = self._after, (offset_bytes, self._after[1] + rows)
        self._from_us, self._until_us = None, until_us

    def at(self, end_us: int, ticks: int) -> Progress:
        """How far it is with a tick that ends then."""
        if self._from_us is None:
            self._from_us = end_us
        span_us = 0 if self._until_us is None else self._until_us - self._from_us
        share = min((end_us - self._from_us) / span_us, 1.0) if span_us > 0 else 1.0
        pairs = zip(self._before, self._after, strict=True)
        offset_bytes, rows = (round(old + share * (new - old)) for old, new in pairs)
        return Progress(offset_bytes, rows, ticks, end_us)


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
