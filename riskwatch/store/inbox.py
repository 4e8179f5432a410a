"""The inbox: everything the engine acts on, durable and in one order, before it acts."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import canonical
from riskwatch.store.turns import writing

_ORDER_LOCK = 0x7269736B  # one appender at a time on PostgreSQL; SQLite has one writer anyway
_FRESH = 4
"""Batches whose events are kept in memory until they are read: a reader is at most so far behind."""


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


@dataclass(frozen=True, slots=True)
class SentReceipt:
    """What a sender is answered by: its key, the SHA-256 of what it sent, and the rows refused at the door.

    `refused` holds [row, reason, detail], the row counted from 0 within what was sent.
    """

    key: str | None
    digest: str
    at_us: int
    rows: int
    refused: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that a department sent itself, with its receipt."""

    body: dict[str, Any]
    events: pa.Table
    quarantined: Sequence[Quarantine]
    receipt: SentReceipt


class _Moved(Exception):  # noqa: N818 - reads as what happened
    """The stream no longer stands where it was looked at; the transaction is rolled back."""


class Inbox:
    """Appends entries durably and reads them in order."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._fresh: OrderedDict[int, pa.Table] = OrderedDict()  # appended here, not read yet

    def append_batch(
        self, body: dict[str, Any], events: pa.Table, place: StreamPlace, quarantined: Sequence[Quarantine]
    ) -> int:
        """Append a batch, where its stream now stands and what was quarantined, in one transaction."""
        data = packed(events)
        with writing(self._database) as tx:
            seq = self._append(tx, EntryKind.BATCH, body, data)
            _upsert(
                tx,
                schema.streams,
                {"source": place.source, "stream": place.stream},
                {"position": canonical(place.position)},
            )
            self._set_aside(tx, place, quarantined)
            fail_point("inbox.before_commit")
        fail_point("inbox.after_commit")
        self._keep_fresh(seq, events)
        return seq

    def _keep_fresh(self, seq: int, events: pa.Table) -> None:
        """Keep a batch for who reads it next; several threads append, and one reads."""
        self._fresh[seq] = events
        if len(self._fresh) > _FRESH:
            with suppress(KeyError):  # all were read meanwhile
                self._fresh.popitem(last=False)

    def append_sent(
        self, batch: SentBatch, place: StreamPlace, before: dict[str, Any] | None
    ) -> int | None:
        """Append a batch with its receipt, if the stream still stands at `before`; else None, and nothing.

        Another sender's batch may have moved the stream, or used the same key, since it was looked at.
        """
        table, receipt = schema.streams, batch.receipt
        here = sa.and_(table.c.source == place.source, table.c.stream == place.stream)
        position, data = canonical(place.position), packed(batch.events)
        try:
            with writing(self._database) as tx:
                seq = self._append(tx, EntryKind.BATCH, batch.body, data)
                if before is None:
                    tx.execute(
                        table.insert().values(source=place.source, stream=place.stream, position=position)
                    )
                else:
                    still = sa.and_(here, table.c.position == canonical(before))
                    if tx.execute(table.update().where(still).values(position=position)).rowcount == 0:
                        raise _Moved
                self._set_aside(tx, place, batch.quarantined)
                tx.execute(
                    schema.receipts.insert().values(
                        seq=seq,
                        source=place.source,
                        key=receipt.key,
                        digest=receipt.digest,
                        at_us=receipt.at_us,
                        rows=receipt.rows,
                        refused=canonical(receipt.refused),
                    )
                )
                fail_point("inbox.before_commit")
        except (_Moved, sa.exc.IntegrityError):
            return None
        fail_point("inbox.after_commit")
        self._keep_fresh(seq, batch.events)
        return seq

    @staticmethod
    def _set_aside(tx: sa.Connection, place: StreamPlace, quarantined: Sequence[Quarantine]) -> None:
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
        if rows:
            tx.execute(schema.quarantine.insert(), rows)

    def append(self, kind: EntryKind, body: dict[str, Any]) -> int:
        """Append an entry without events."""
        with writing(self._database) as tx:
            return self.append_within(tx, kind, body)

    @classmethod
    def append_within(
        cls, tx: sa.Connection, kind: EntryKind, body: dict[str, Any], events: bytes | None = None
    ) -> int:
        """Append an entry in the caller's transaction; `events` of a batch are packed."""
        return cls._append(tx, kind, body, events)

    @staticmethod
    def _append(tx: sa.Connection, kind: EntryKind, body: dict[str, Any], events: bytes | None) -> int:
        if tx.dialect.name == "postgresql":  # a number is given before the commit: a reader could skip it
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))
        done = tx.execute(schema.inbox.insert().values(kind=kind, body=canonical(body), events=events))
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def after(self, position: int, until: int | None = None) -> Iterator[Entry]:
        """The entries behind a position (up to one, if it is named), in order, one at a time."""
        no_events = schema.inbox.c.events.is_(None).label("no_events")
        told = schema.inbox.c.seq, schema.inbox.c.kind, schema.inbox.c.body, no_events
        while until is None or position < until:
            query = sa.select(*told).where(schema.inbox.c.seq > position)
            with self._database.connect() as tx:
                row = tx.execute(query.order_by(schema.inbox.c.seq).limit(1)).first()
                if row is None:
                    return
                position = int(row.seq)
                events = self._fresh.pop(position, None)
                if events is None and not row.no_events:
                    held = sa.select(schema.inbox.c.events).where(schema.inbox.c.seq == position)
                    data = tx.execute(held).scalar()
                    events = None if data is None else unpacked(data)
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


def packed(events: pa.Table) -> bytes:
    """Events as one compressed Arrow stream."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, events.schema, options=options) as writer:
        writer.write_table(events)
    return bytes(sink.getvalue())


def unpacked(data: bytes) -> pa.Table:
    """The events of their stream."""
    return pa.ipc.open_stream(data).read_all()
