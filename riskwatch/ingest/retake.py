"""The retake: rows in quarantine put through the mapping as it is now; called by the retaking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import Clock
from riskwatch.core.events import EVENT_SCHEMA
from riskwatch.core.scores import World
from riskwatch.ingest.block import Position, RawBlock
from riskwatch.ingest.mapped import Mapper
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.quarantine import MAX_RAW_CHARS, Quarantined
from riskwatch.ingest.sent import STREAM as SENT
from riskwatch.store.inbox import Inbox
from riskwatch.store.quarantine import Kept, RetakenBatch

_BY_CLOCK = ("future", "time_jump")


class Obstacle(StrEnum):
    """Why nobody can say what today's mapping makes of a row."""

    NO_MAPPING = "no_mapping"  # its source has none any more
    NO_TEXT = "no_text"  # nothing was kept of it: nobody knew which field is which
    NO_COLUMN = "no_column"  # the mapping reads a column that it did not read then
    CUT = "cut"  # a value was cut, or is just as long
    LOST_BYTES = "lost_bytes"  # bytes of it were no text
    REWRITTEN = "rewritten"  # a decimal point, which may have been a comma
    BY_CLOCK = "by_clock"  # it was judged by its own time against the time it came at


@dataclass(frozen=True, slots=True)
class Looked:
    """What today's mappings make of rows in quarantine: `rows` = those of batches + still + kept_back.

    `still` holds why a row fails now, `kept_back` why it cannot be judged, both by its number there.
    """

    rows: int
    batches: tuple[RetakenBatch, ...]
    still: Mapping[int, Quarantined]
    kept_back: Mapping[int, Obstacle]


def obstacle(kept: Kept, mapping: SourceMapping | None) -> Obstacle | None:
    """Why a row cannot be put through the mapping again, or None if it can."""
    if mapping is None:
        return Obstacle.NO_MAPPING
    if not kept.mapped:
        return Obstacle.NO_TEXT
    if kept.reason in _BY_CLOCK:
        return Obstacle.BY_CLOCK
    if any(name not in kept.mapped for name in mapping.mapped):
        return Obstacle.NO_COLUMN
    return _spoilt(kept, mapping)


def _spoilt(kept: Kept, mapping: SourceMapping) -> Obstacle | None:
    """What is wrong with the values that were kept for the columns that are read."""
    values = [kept.mapped[name] for name in mapping.mapped]
    if any(len(value) >= MAX_RAW_CHARS for value in values):
        return Obstacle.CUT
    if any("\N{REPLACEMENT CHARACTER}" in value for value in values):
        return Obstacle.LOST_BYTES
    comma = _comma(mapping)
    return Obstacle.REWRITTEN if comma and kept.stream != SENT and "." in kept.mapped[comma] else None


def look(
    kept: Sequence[Kept],
    mappings: Mapping[str, SourceMapping],
    inbox: Inbox,
    *,
    world: World,
    clock: Clock,
    known_us: int,
) -> Looked:
    """Put rows through their mappings; nothing is written.

    What passes becomes a batch a source, as its stream would have brought it: in order, with its place
    there. It is received at `known_us`, where the engine stands, or when its stream says if later.
    """
    blocked = {row.id: found for row in kept if (found := obstacle(row, mappings.get(row.source)))}
    free = sorted((r for r in kept if r.id not in blocked), key=lambda r: (r.source, r.stream, r.id))
    batches: list[RetakenBatch] = []
    still: dict[int, Quarantined] = {}
    for source, mine in groupby(free, key=lambda r: r.source):
        mapping = mappings[source]
        parts: list[tuple[list[int], pa.Table]] = []
        for stream, given in groupby(mine, key=lambda r: r.stream):
            rows = list(given)
            mapper = Mapper(
                mapping, world.tree.index, world.registry.index, clock, gauges=world.registry.gauges
            )
            stands = inbox.stream(source, stream)
            if stands:
                mapper.among(stands["mapper"])
            events, failed = _mapped(rows, mapping, mapper)
            still |= failed
            if events.num_rows:
                place = events.column("row").to_numpy()
                ids = [rows[i].id for i in place]
                told = _told(events, rows, place, known_us, sent=stream == SENT)
                parts.append((ids, told))
        if parts:
            batches.append(_batch(mapping, parts))
    return Looked(len(kept), tuple(batches), still, blocked)


def _mapped(
    rows: Sequence[Kept], mapping: SourceMapping, mapper: Mapper
) -> tuple[pa.Table, dict[int, Quarantined]]:
    """The events of rows of one stream, `row` being the index into `rows`, and those that fail."""
    comma = _comma(mapping)
    columns = {name: [row.mapped[name] for row in rows] for name in mapping.mapped}
    if comma and rows[0].stream != SENT:
        columns[comma] = [value.replace(",", ".") for value in columns[comma]]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    place = np.arange(len(rows))
    block = RawBlock(len(rows), table, place, place, (), Position(len(rows), 0, ""))
    parts = [mapper.map(block), mapper.finish()]
    events = pa.concat_tables([part.events for part in parts])
    return events, {rows[q.row].id: q for part in parts for q in part.quarantined}


def _told(
    events: pa.Table, rows: Sequence[Kept], place: NDArray[np.int64], known_us: int, *, sent: bool
) -> pa.Table:
    """The events with their places in their stream, received where the engine stands, or later.

    What a department sent itself was received when it came, whatever the department's clock says.
    """
    own = events.column("received_at").cast(pa.int64()).to_numpy()
    received = np.full(len(own), known_us) if sent and known_us >= 0 else np.maximum(own, known_us)
    return _with(events, received_at=received, row=np.array([rows[i].row for i in place], dtype=np.int64))


def _with(events: pa.Table, **columns: NDArray[np.int64]) -> pa.Table:
    for name, values in columns.items():
        field = EVENT_SCHEMA.field(name)
        place = events.schema.get_field_index(name)
        events = events.set_column(place, field, pa.array(values).cast(field.type))
    return events


def _batch(mapping: SourceMapping, found: Sequence[tuple[list[int], pa.Table]]) -> RetakenBatch:
    """One entry of the inbox; its codes are not new: the stream has shown them when it was read."""
    ids = [i for part, _ in found for i in part]
    body: dict[str, Any] = {
        "source": mapping.source,
        "rows": len(ids),
        "duplicate": 0,
        "quarantined": 0,
        "new_codes": [],
        "receipt": True,
        "retaken": len(ids),
    }
    if mapping.corrections:
        body["corrections"] = True
    events = pa.concat_tables([table for _, table in found])
    return RetakenBatch(body, ids, events.unify_dictionaries())


def _comma(mapping: SourceMapping) -> str | None:
    """The column whose numbers CSV files write with a comma."""
    value = mapping.columns.value
    return value.column if value is not None and value.decimal == "," else None
