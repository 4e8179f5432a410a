"""The quarantine: rows that were set aside, and those of them that a mended mapping has taken since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import canonical
from riskwatch.store.inbox import EntryKind, Inbox, packed
from riskwatch.store.turns import writing

_T, _LEFT = schema.quarantine, schema.retaken
_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Kept:
    """A row in quarantine: its number there, its place, why it stands there, and its mapped columns."""

    id: int
    source: str
    stream: str
    row: int
    reason: str
    mapped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RetakenBatch:
    """Rows of one source that leave quarantine together, as one entry of the inbox."""

    body: Mapping[str, Any]
    ids: Sequence[int]
    events: pa.Table


class _Moved(Exception):  # noqa: N818 - reads as what happened
    """A row is no longer in quarantine; the transaction is rolled back."""


def set_aside() -> sa.ColumnElement[bool]:
    """The condition that a row of the table is in quarantine still."""
    return ~sa.exists().where(_LEFT.c.id == _T.c.id)


class QuarantineRows:
    """Reads the rows in quarantine, and lets some of them leave it for the inbox."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def behind(self, last: int, source: str | None, reason: str | None, limit: int) -> list[Kept]:
        """The rows in quarantine behind the one of that number, in the order they came."""
        where = [set_aside(), _T.c.id > last]
        where += [_T.c.source == source] if source is not None else []
        where += [_T.c.reason == reason] if reason is not None else []
        with self._database.connect() as tx:
            rows = tx.execute(sa.select(_T).where(*where).order_by(_T.c.id).limit(limit)).all()
        return [Kept(r.id, r.source, r.stream, r.row, r.reason, json.loads(r.mapped)) for r in rows]

    def reasons(self) -> dict[str, int]:
        """How many rows are in quarantine for each reason."""
        query = sa.select(_T.c.reason, sa.func.count()).where(set_aside()).group_by(_T.c.reason)
        with self._database.connect() as tx:
            return {str(name): int(n) for name, n in tx.execute(query)}

    def left(self, limit: int) -> list[dict[str, Any]]:
        """The rows that left it last, with the inbox entry they left as (`seq`) and when (`at_us`)."""
        joined = _T.join(_LEFT, _LEFT.c.id == _T.c.id)
        query = sa.select(_T, _LEFT.c.seq, _LEFT.c.at_us).select_from(joined)
        with self._database.connect() as tx:
            rows = tx.execute(query.order_by(_LEFT.c.seq.desc(), _T.c.id).limit(limit)).mappings().all()
        return [{**r, "mapped": json.loads(r["mapped"])} for r in rows]

    def retake(
        self, batches: Sequence[RetakenBatch], reasons: Mapping[int, str], at_us: int
    ) -> list[int] | None:
        """Append the batches, each with a receipt, and note their rows as gone, all of it or nothing.

        `reasons` are the new ones of rows that stay. The places in the inbox; None, and nothing is
        written, where a row has left or expired since it was looked at.
        """
        seqs = []
        try:
            with writing(self._database) as tx:
                for batch in batches:
                    seqs.append(self._append(tx, batch, at_us))
                if reasons:
                    update = _T.update().where(_T.c.id == sa.bindparam("key"))
                    new = [{"key": key, "reason": reason} for key, reason in reasons.items()]
                    tx.execute(update.values(reason=sa.bindparam("reason")), new)
                fail_point("retake.before_commit")
        except (_Moved, sa.exc.IntegrityError):
            return None
        fail_point("retake.after_commit")
        return seqs

    @staticmethod
    def _append(tx: sa.Connection, batch: RetakenBatch, at_us: int) -> int:
        seq = Inbox.append_within(tx, EntryKind.BATCH, dict(batch.body), packed(batch.events))
        for ids in _parts(batch.ids):
            given = sa.literal(seq, sa.BigInteger), sa.literal(at_us, sa.BigInteger)
            rows = sa.select(_T.c.id, *given).where(_T.c.id.in_(ids))
            tx.execute(_LEFT.insert().from_select(["id", "seq", "at_us"], rows))
        gone = sa.select(sa.func.count()).select_from(_LEFT).where(_LEFT.c.seq == seq)
        if tx.execute(gone).scalar_one() != len(batch.ids):
            raise _Moved
        values = {
            "seq": seq,
            "source": batch.body["source"],
            "key": None,
            "digest": hashlib.sha256(canonical(list(batch.ids)).encode()).hexdigest(),
            "at_us": at_us,
            "rows": len(batch.ids),
            "refused": "[]",
        }
        tx.execute(schema.receipts.insert().values(**values))
        return seq


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
