"""The inbox: everything the engine acts on, durable and in one order, before it acts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import canonical


class EntryKind(StrEnum):
    """What an entry is."""

    BATCH = "batch"
    CLOCK = "clock"
    ACTION = "action"
    DELIVERY = "delivery"  # how a receiver is: failing, disabled, or ok again
    MODEL = "model"  # a bundle takes over from the next tick on


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
        return seq

    def append(self, kind: EntryKind, body: dict[str, Any]) -> int:
        """Append an entry without events."""
        with self._database.begin() as tx:
            return self.append_within(tx, kind, body)

    @classmethod
    def append_within(cls, tx: sa.Connection, kind: EntryKind, body: dict[str, Any]) -> int:
        """Append an entry without events in the caller's transaction."""
        return cls._append(tx, kind, body, None)

    @staticmethod
    def _append(tx: sa.Connection, kind: EntryKind, body: dict[str, Any], events: bytes | None) -> int:
        done = tx.execute(schema.inbox.insert().values(kind=kind, body=canonical(body), events=events))
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def after(self, position: int) -> Iterator[Entry]:
        """The entries behind a position, in order, one at a time."""
        while True:
            query = sa.select(schema.inbox).where(schema.inbox.c.seq > position)
            with self._database.connect() as tx:
                row = tx.execute(query.order_by(schema.inbox.c.seq).limit(1)).first()
            if row is None:
                return
            position = int(row.seq)
            events = None if row.events is None else _unpacked(row.events)
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
