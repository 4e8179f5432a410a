"""The intake of a file: its blocks become batches of the inbox, continued where the stream stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from riskwatch.core.clock import Clock, to_us
from riskwatch.core.events import EVENT_SCHEMA, empty_batch
from riskwatch.core.scores import World
from riskwatch.ingest.block import Position
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.mapped import MappedBlock, Mapper
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.reader import open_stream
from riskwatch.store.inbox import Inbox, Quarantine, StreamPlace

_LIMITS = Limits(block_bytes=4 << 20)  # a batch is a transaction and a step of the progress bar


@dataclass(frozen=True, slots=True)
class Taken:
    """One batch that is now durable: its place in the inbox, its rows, and the file's bytes so far.

    `until_us` is when its last event was received: how far the engine gets by it.
    """

    seq: int
    rows: int
    offset_bytes: int
    until_us: int | None = None


class FileIntake:
    """Reads one file of one source into the inbox, once: what was read before is counted as duplicate."""

    def __init__(self, world: World, mapping: SourceMapping, inbox: Inbox, clock: Clock) -> None:
        self._world, self._mapping, self._inbox, self._clock = world, mapping, inbox, clock
        self.incomplete: str | None = None

    def read(
        self, path: Path, stream: str | None = None, *, live: bool = False, growing: bool = False
    ) -> Iterator[Taken]:
        """Append batch after batch; `live` rows are received now, not when the file implies.

        Of a `growing` file a last line without its end is left for later.

        Raises SourceError where the file cannot be read or is not what was read before.
        """
        name = stream or self._mapping.stream
        known = self._inbox.stream(self._mapping.source, name)
        resume = Position.load(known["position"]) if known else None
        opened = open_stream(path, self._mapping, resume, stream=name, limits=_LIMITS, growing=growing)
        registry = self._world.registry
        areas, gauges = self._world.tree.index, registry.gauges
        mapper = Mapper(self._mapping, areas, registry.index, self._clock, gauges=gauges)
        if known:
            mapper.load(known["mapper"])
        put = _Batches(self._inbox, self._mapping.source, name, mapper, self._now if live else None)
        if opened.skipped_rows and resume and not live:
            yield put.repeated(opened.skipped_rows, resume)
        end = resume
        for block in opened:
            end = block.end
            yield from put.block(mapper.map(block), end)
        if end is not None:
            yield from put.block(mapper.finish(), end)
        self.incomplete = opened.incomplete

    def _now(self) -> int:
        return to_us(self._clock.now())


class _Batches:
    """Cuts mapped blocks into batches of the inbox; the stream's place moves with the last of a block."""

    def __init__(
        self, inbox: Inbox, source: str, stream: str, mapper: Mapper, now: Callable[[], int] | None
    ) -> None:
        self._inbox, self._source, self._stream = inbox, source, stream
        self._mapper, self._now = mapper, now
        self._corrections = mapper.corrections

    def repeated(self, rows: int, at: Position) -> Taken:
        body = {"source": self._source, "rows": rows, "duplicate": rows, "quarantined": 0, "new_codes": []}
        seq = self._inbox.append_batch(body, empty_batch(), self._place(at), [])
        return Taken(seq, rows, at.offset_bytes)

    def block(self, mapped: MappedBlock, end: Position) -> Iterator[Taken]:
        """The whole block is one transaction, so that its rows and the stream's place agree."""
        if not mapped.rows and not mapped.new_codes:
            return
        events = mapped.events
        if self._now is not None:
            events = _received_at(events, self._now())
        body: dict[str, Any] = {
            "source": self._source,
            "rows": mapped.rows,
            "duplicate": 0,
            "quarantined": len(mapped.quarantined),
            "new_codes": _dated(mapped, events),
        }
        if self._corrections:
            body["corrections"] = True
        aside = [Quarantine(q.row, q.reason, dict(q.raw)) for q in mapped.quarantined]
        seq = self._inbox.append_batch(body, events, self._place(end), aside)
        received = events.column("received_at").cast(pa.int64())
        until_us = received[-1].as_py() if events.num_rows else None
        yield Taken(seq, mapped.rows, end.offset_bytes, until_us)

    def _place(self, end: Position) -> StreamPlace:
        return StreamPlace(
            self._source, self._stream, {"position": end.state(), "mapper": self._mapper.state()}
        )


def _received_at(events: pa.Table, now_us: int) -> pa.Table:
    """The same events, received now (or when they occurred, should a clock be ahead)."""
    occurred = events.column("occurred_at").cast(pa.int64()).to_numpy()
    received = pa.array(np.maximum.accumulate(np.maximum(occurred, now_us))).cast(
        EVENT_SCHEMA.field("received_at").type
    )
    place = events.schema.get_field_index("received_at")
    return events.set_column(place, EVENT_SCHEMA.field("received_at"), received)


def _dated(mapped: MappedBlock, events: pa.Table) -> list[list[Any]]:
    """[code, indicator or null, since when it is known in microseconds or null] of each new code."""
    rows = events.column("row").to_numpy()
    received = events.column("received_at").cast(pa.int64()).to_numpy()
    dated = []
    for new in mapped.new_codes:
        at = int(np.searchsorted(rows, new.row, side="right")) - 1
        known = int(received[max(at, 0)]) if len(received) else None
        dated.append([new.code, new.indicator, known])
    return dated
