"""The engine's door: each row of a batch is accepted, a duplicate or late; used by the app.

All three answers depend on the row and on what came before it, never on how rows were cut into
batches, so that the same stream gives the same alerts however it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import State, World
from riskwatch.extract.corrections import Corrected, Corrections, Rows
from riskwatch.extract.seen_ids import SeenIds, hashed

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Events that count, as arrays of one length: leaf area, indicator, source index, time, count.

    Where the indicator is a gauge, `count` holds the reading's bits (`bits_of`), so that it stays exact.
    """

    area: IntArray
    indicator: IntArray
    source: IntArray
    occurred_us: IntArray
    count: IntArray


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of one source.

    Corrections repeat an id, so `duplicate` counts them; `corrected` of those moved their event,
    `uncorrected` came after its tick was closed.
    """

    accepted: int
    duplicate: int
    late: int
    corrected: int = 0
    uncorrected: int = 0


def flags_of(body: Mapping[str, Any]) -> dict[str, bool]:
    """How `Arrivals.take` is to take a batch, by its entry of the inbox."""
    return {name: bool(body.get(name)) for name in ("corrections", "retaken")}


class Arrivals:
    """Decides per row, and keeps the engine's clock: the latest instant anything was received."""

    def __init__(self, world: World, sources: Sequence[str], dedup_days: int = 14) -> None:
        self._world = world
        self._sources = list(sources)
        self._route = _routes(world)
        self._is_gauge = np.array([i in world.registry.gauges for i in world.registry.ids], dtype=bool)
        self._seen = SeenIds(dedup_days * DAY_US)
        self._corrections = Corrections(world.grid, dedup_days)
        self.leaving = no_events()
        """Events of open ticks that the last batch takes back: a correction says otherwise."""
        self.clock_us = -1
        self.outcomes: NDArray[np.uint8] = np.empty(0, np.uint8)
        """What became of each row of the last batch: an index into core.events.OUTCOMES."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source seen or declared, in the order of the panels' source counts."""
        return tuple(self._sources)

    def take(
        self, batch: pa.Table, *, corrections: bool = False, retaken: bool = False
    ) -> tuple[Accepted, dict[str, Tally]]:
        """Take a batch of EVENT_SCHEMA; the clock moves to its last `received_at`.

        With `corrections`, a known id with other content corrects what is not decided yet; a row
        `retaken` from quarantine never does, since it may be older than what it would correct.
        """
        received = _instants(batch, "received_at")
        occurred = _instants(batch, "occurred_at")
        clock = np.maximum.accumulate(np.maximum(received, self.clock_us)) if len(received) else received
        source = self._codes(batch, "source", self._source_index(batch))
        keys = _id_keys(batch, source)
        duplicate = self._seen.mark(keys, clock)
        grid = self._world.grid
        late = ~duplicate & (_decided_at(grid, occurred) <= clock)
        keep = ~duplicate & ~late
        self.outcomes = duplicate.astype(np.uint8) + np.uint8(2) * late
        if len(clock):
            self.clock_us = int(clock[-1])
        area = self._codes(batch, "area", self._world.tree.index)
        indicator = self._codes(batch, "indicator", self._world.registry.index)
        value = batch.column("value").to_numpy()
        accepted = Accepted(
            area=self._route[area[keep], indicator[keep]],
            indicator=indicator[keep],
            source=source[keep],
            occurred_us=occurred[keep],
            count=self._counted(value, indicator)[keep],
        )
        tallies = self._tally(source, duplicate, late)
        self.leaving = no_events()
        if corrections and keys is not None:
            count = self._counted(value, indicator)
            if retaken:
                keys = np.where(duplicate, np.uint64(0), keys)
            rows = Rows(keys, clock, self._route[area, indicator], indicator, source, occurred, count)
            made = self._corrections.take(rows, duplicate, late)
            self.outcomes[made.applied], self.outcomes[made.too_late] = 3, 4
            self.leaving = Accepted(*made.leave.T)
            accepted = _with(accepted, made.come)
            tallies = self._corrected(tallies, source, made)
        return accepted, tallies

    def _counted(self, value: NDArray[np.float64], indicator: IntArray) -> IntArray:
        """What each row brings: its count, or the bits of its reading."""
        if not self._is_gauge.any():
            return np.rint(value).astype(np.int64)
        gauge = self._is_gauge[indicator]
        count = np.rint(np.where(gauge, 0.0, value)).astype(np.int64)
        count[gauge] = bits_of(value[gauge])
        return count

    def _corrected(self, tallies: dict[str, Tally], source: IntArray, made: Corrected) -> dict[str, Tally]:
        def of(mask: NDArray[np.bool_], name: str) -> int:
            return int((source[mask] == self._sources.index(name)).sum())

        return {
            name: replace(tally, corrected=of(made.applied, name), uncorrected=of(made.too_late, name))
            for name, tally in tallies.items()
        }

    def advance(self, clock_us: int) -> None:
        """The clock moved without an event (live sources tell the time too)."""
        self.clock_us = max(self.clock_us, clock_us)

    def _source_index(self, batch: pa.Table) -> dict[str, int]:
        for name in batch.column("source").unique().to_pylist():
            if name not in self._sources:
                self._sources.append(name)
        return {name: n for n, name in enumerate(self._sources)}

    @staticmethod
    def _codes(batch: pa.Table, column: str, index: Mapping[str, int]) -> IntArray:
        """Indices of a dictionary column: one look-up a distinct code, one take for all rows."""
        parts = []
        for chunk in batch.column(column).chunks:
            lookup = np.array([index[code] for code in chunk.dictionary.to_pylist()], dtype=np.int64)
            parts.append(lookup[chunk.indices.to_numpy(zero_copy_only=False)])
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _tally(
        self, source: IntArray, duplicate: NDArray[np.bool_], late: NDArray[np.bool_]
    ) -> dict[str, Tally]:
        n = len(self._sources)
        rows = np.bincount(source, minlength=n)
        twice = np.bincount(source[duplicate], minlength=n)
        behind = np.bincount(source[late], minlength=n)
        return {
            name: Tally(int(rows[i] - twice[i] - behind[i]), int(twice[i]), int(behind[i]))
            for i, name in enumerate(self._sources)
            if rows[i]
        }

    def state(self) -> State:
        """Clock, sources and remembered ids."""
        return {
            "clock_us": self.clock_us,
            "sources": list(self._sources),
            "seen": self._seen.state(),
            "corrections": self._corrections.state(),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.clock_us = int(state["clock_us"])
        self._sources = list(state["sources"])
        self._seen.load(state["seen"])
        self._corrections.load(state["corrections"])


def bits_of(readings: NDArray[np.float64]) -> IntArray:
    """Readings as integers that are equal where they are; there is one zero.

    >>> bits_of(np.array([-0.0, 4.2])).view(np.float64)
    array([0. , 4.2])
    """
    return (readings + 0.0).view(np.int64)


def no_events() -> Accepted:
    """Arrays of no length."""
    return Accepted(*(np.empty(0, np.int64) for _ in range(5)))


def _with(accepted: Accepted, come: IntArray) -> Accepted:
    """Events and behind them those that corrections bring."""
    columns = (accepted.area, accepted.indicator, accepted.source, accepted.occurred_us, accepted.count)
    return Accepted(*(np.concatenate([had, new]) for had, new in zip(columns, come.T, strict=True)))


def _instants(batch: pa.Table, column: str) -> IntArray:
    taken: IntArray = batch.column(column).cast(pa.int64()).to_numpy()
    return taken


def _decided_at(grid: TickGrid, occurred_us: IntArray) -> IntArray:
    return (occurred_us // grid.tick_us + 1) * grid.tick_us + grid.lateness_us


def _id_keys(batch: pa.Table, source: IntArray) -> NDArray[np.uint64] | None:
    ids = batch.column("id")
    if ids.null_count == len(ids):
        return None
    text = ids.combine_chunks()
    if isinstance(text, pa.ChunkedArray):
        text = text.chunk(0)
    _, offsets, data = text.buffers()
    places = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    salt = (source.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    held = np.frombuffer(data or b"", np.uint8)
    places.flags.writeable = held.flags.writeable = False  # of one kind, so that the loop is compiled once
    keys = hashed(places, held, salt)
    if text.null_count:
        keys[text.is_null().to_numpy(zero_copy_only=False)] = 0
    return keys


def _routes(world: World) -> IntArray:
    """[areas, indicators]: where a count goes; below an indicator's population floor, to an ancestor."""
    tree, n = world.tree, len(world.tree)
    route = np.repeat(np.arange(n)[:, None], len(world.registry), axis=1)
    population = np.array([np.inf if a.population is None else a.population for a in tree.areas])
    for j, indicator in enumerate(world.registry.indicators):
        if not indicator.population_floor:
            continue
        for i in range(n):  # parents come first, so a parent's route is final
            small = population[i] < indicator.population_floor
            if small and tree.parent[i] >= 0:
                route[i, j] = route[tree.parent[i], j]
    return route.astype(np.int64)
