"""When each row occurred and since when it is known, carried from block to block; kept by the mapper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import MINUTE_US
from riskwatch.ingest.instants import NO_OFFSET, parse_instants
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.stream_clock import NEVER, Jumps, find_jumps, resolve, resolve_against, running_max
from riskwatch.ingest.zones import Instants, Readings, read_local

SKEW_US = 5 * MINUTE_US
"""Clocks of departments may differ by this much: 5 minutes."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Instants of all rows, the masks of those refused, and the row whose decision waits (or -1)."""

    occurred_us: Instants
    received_us: Instants
    refused: dict[str, NDArray[np.bool_]]
    waiting: int


class Timing:
    """The clock of one stream: `received_at` is its running maximum and never falls."""

    def __init__(self, mapping: SourceMapping) -> None:
        self._occurred = mapping.columns.occurred_at
        self._received = mapping.columns.received_at
        self._zone = mapping.timezone
        self._lateness_us = mapping.lateness_min * MINUTE_US
        self._max_jump_us = timedelta(hours=mapping.max_jump_h) // timedelta(microseconds=1)
        self._clock_us = self._around_us = NEVER
        self._witnessed = False

    def among(self, state: dict[str, Any]) -> None:
        """Hold jumps against the rows of a stream that stands there, which rows of it came among."""
        self._around_us = NEVER if state["clock_us"] is None else int(state["clock_us"])

    def state(self) -> dict[str, Any]:
        """The clock (microseconds, or None) and whether the last row was set aside as a jump."""
        clock = None if self._clock_us == NEVER else self._clock_us
        return {"clock_us": clock, "witnessed": self._witnessed}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._clock_us = NEVER if state["clock_us"] is None else int(state["clock_us"])
        self._witnessed = bool(state["witnessed"])

    def read(self, table: pa.Table, *, now_us: int, last: bool) -> Timed:
        """Time the rows; the clock moves. With `last`, nothing follows and no decision waits.

        A last row far ahead is then right if the present is near it, or if no row came before it.
        """
        occurred, good = self._readings(table, self._occurred.column, self._occurred.format)
        leading = occurred
        if self._received is not None:
            leading, good_too = self._readings(table, self._received.column, self._received.format)
            good = good & good_too
        latest = now_us + SKEW_US
        future = good & ((occurred.earlier > latest) | (leading.earlier > latest))
        rows = np.flatnonzero(good & ~future)
        jumps = find_jumps(
            leading.earlier[rows],
            clock_us=max(self._clock_us, self._around_us),
            max_jump_us=self._max_jump_us,
            witnessed=self._witnessed,
        )
        aside, waiting = self._decide(jumps, leading.earlier[rows], now_us=now_us, last=last)
        kept = rows[~aside] if waiting < 0 else rows[:-1][~aside[:-1]]
        jumped = np.zeros(len(good), dtype=bool)
        jumped[rows[aside]] = True
        occurred_us, received_us, early = self._settle(_rows(occurred, kept), _rows(leading, kept), latest)
        before = np.zeros(len(good), dtype=bool)
        before[kept] = early
        refused = {
            "bad_time": ~good,
            "future": future,
            "time_jump": jumped,
            "received_before_occurred": before,
        }
        return Timed(
            _spread(occurred_us, kept, len(good)),
            _spread(received_us, kept, len(good)),
            refused,
            waiting if waiting < 0 else int(rows[-1]),
        )

    def _decide(
        self, jumps: Jumps, instants: Instants, *, now_us: int, last: bool
    ) -> tuple[NDArray[np.bool_], int]:
        aside = jumps.lone
        if len(instants) == 0:
            return aside, -1
        self._witnessed = False
        if jumps.last_undecided and not last:
            return aside, len(instants) - 1
        if jumps.last_undecided:
            alone = max(self._clock_us, self._around_us) == NEVER and len(instants) == 1
            near = abs(now_us - int(instants[-1])) <= self._max_jump_us
            aside[-1] = not (alone or near)
            self._witnessed = bool(aside[-1])
        return aside, -1

    def _settle(
        self, occurred: Readings, leading: Readings, latest_us: int
    ) -> tuple[Instants, Instants, NDArray[np.bool_]]:
        lead_us = resolve(
            leading, clock_us=self._clock_us, lateness_us=self._lateness_us, latest_us=latest_us
        )
        early = np.zeros(len(lead_us), dtype=bool)
        occurred_us = lead_us
        if self._received is not None:
            occurred_us = resolve_against(occurred, lead_us, lateness_us=self._lateness_us, skew_us=SKEW_US)
            early = occurred_us > lead_us + SKEW_US
            lead_us = np.where(early, lead_us, np.maximum(lead_us, occurred_us))
        received_us = running_max(lead_us, self._clock_us)[1:]
        if len(received_us):
            self._clock_us = int(received_us[-1])
        return occurred_us, received_us, early

    def _readings(
        self, table: pa.Table, column: str, text_format: str
    ) -> tuple[Readings, NDArray[np.bool_]]:
        parsed = parse_instants(text_of(table, column), text_format)
        local = parsed.good & (parsed.offset_us == NO_OFFSET)
        if local.all():
            return read_local(parsed.local_us, self._zone), parsed.good
        if not local.any():  # nearly always: every text said its offset, so there is one reading
            given = np.where(parsed.good, parsed.local_us - parsed.offset_us, 0)
            return Readings(given, given, np.zeros(len(given), dtype=bool)), parsed.good
        given = np.where(parsed.good, parsed.local_us - np.where(local, 0, parsed.offset_us), 0)
        earlier, later, ambiguous = given.copy(), given.copy(), np.zeros(len(given), dtype=bool)
        naive = read_local(parsed.local_us[local], self._zone)
        earlier[local], later[local], ambiguous[local] = naive.earlier, naive.later, naive.ambiguous
        return Readings(earlier, later, ambiguous), parsed.good


def text_of(table: pa.Table, column: str) -> pa.StringArray:
    """A column of a table as one array."""
    chunks = table.column(column)
    if chunks.num_chunks == 1:
        return chunks.chunk(0)
    return pa.concat_arrays(chunks.chunks) if chunks.num_chunks else pa.array([], pa.string())


def _rows(readings: Readings, rows: NDArray[np.int64]) -> Readings:
    return Readings(readings.earlier[rows], readings.later[rows], readings.ambiguous[rows])


def _spread(instants: Instants, rows: NDArray[np.int64], n: int) -> Instants:
    spread = np.zeros(n, dtype=np.int64)
    spread[rows] = instants
    return spread
