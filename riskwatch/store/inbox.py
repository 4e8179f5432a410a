"""The inbox: everything the engine acts on, durable and in one order, before it acts."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import canonical

_FRESH = 4
"""Batches whose events are kept in memory until they are read: a reader is at most so far behind."""


class EntryKind(StrEnum):
    """What an entry is."""

    BATCH = "batch"
    CLOCK = "clock"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place, what it is, its JSON body, and the events of a batch."""

    seq: int
    kind: EntryKind
    body: dict[str, Any]
    events: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A row that was not taken: its place in the stream, why, and the mapped columns of the raw row."""

    row: int
    reason: str
    mapped: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where a stream stands: its source, its name, and the reader's position as JSON."""

    source: str
    stream: str
    position: dict[str, Any]


class Inbox:
    """Appends entries durably and reads them in order."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._fresh: OrderedDict[int, pa.Table] = OrderedDict()  # appended here, not read yet

    def append_batch(
        self, body: dict[str, Any], events: pa.Table, place: StreamPlace, quarantined: Sequence[Quarantine]
    ) -> int:
        """Append a batch, where its stream now stands and what was quarantined, in one transaction."""
        with self._database.begin() as tx:
            seq = self._append(tx, EntryKind.BATCH, body, _packed(events))
            _upsert(
                tx,
                schema.streams,
                {"source": place.source, "stream": place.stream},
                {"position": canonical(place.position)},
            )
            if quarantined:
                rows = [
                    {
                        "source": place.source,
                        "stream": place.stream,
                        "row": q.row,
                        "reason": q.reason,
                        "mapped": canonical(q.mapped),
                    }
                    for q in quarantined
                ]
                tx.execute(schema.quarantine.insert(), rows)
            fail_point("inbox.before_commit")
        fail_point("inbox.after_commit")
        self._fresh[seq] = events
        if len(self._fresh) > _FRESH:
            self._fresh.popitem(last=False)
        return seq

    def append(self, kind: EntryKind, body: dict[str, Any]) -> int:
        """Append an entry without events."""
        with self._database.begin() as tx:
            return self._append(tx, kind, body, None)

    @staticmethod
    def _append(tx: sa.Connection, kind: EntryKind, body: dict[str, Any], events: bytes | None) -> int:
        done = tx.execute(schema.inbox.insert().values(kind=kind, body=canonical(body), events=events))
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def after(self, position: int, until: int | None = None) -> Iterator[Entry]:
        """The entries behind a position (up to one, if it is named), in order, one at a time."""
        told = schema.inbox.c.seq, schema.inbox.c.kind, schema.inbox.c.body
        while until is None or position < until:
            query = sa.select(*told).where(schema.inbox.c.seq > position)
            with self._database.connect() as tx:
                row = tx.execute(query.order_by(schema.inbox.c.seq).limit(1)).first()
                if row is None:
                    return
                position = int(row.seq)
                events = self._fresh.pop(position, None)
                if events is None:
                    held = sa.select(schema.inbox.c.events).where(schema.inbox.c.seq == position)
                    packed = tx.execute(held).scalar()
                    events = None if packed is None else _unpacked(packed)
            yield Entry(position, EntryKind(row.kind), json.loads(row.body), events)

    def last(self) -> int:
        """The place of the newest entry, 0 if there is none."""
        with self._database.connect() as tx:
            return int(tx.execute(sa.select(sa.func.max(schema.inbox.c.seq))).scalar() or 0)

    def stream(self, source: str, stream: str) -> dict[str, Any] | None:
        """Where a stream stands, or None if it was never read."""
        query = sa.select(schema.streams.c.position).where(
            schema.streams.c.source == source, schema.streams.c.stream == stream
        )
        with self._database.connect() as tx:
            text = tx.execute(query).scalar()
        return None if text is None else dict(json.loads(text))


def _upsert(tx: sa.Connection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    where = sa.and_(*(table.c[k] == v for k, v in key.items()))
    if tx.execute(table.update().where(where).values(**values)).rowcount == 0:
        tx.execute(table.insert().values(**key, **values))


def _packed(events: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, events.schema, options=options) as writer:
        writer.write_table(events)
    return bytes(sink.getvalue())


def _unpacked(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()
