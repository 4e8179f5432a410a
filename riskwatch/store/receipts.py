"""Receipts: what became of each row that a department sent itself; written with the batch, then decided."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

import sqlalchemy as sa

from riskwatch.store import schema


@dataclass(frozen=True, slots=True)
class Receipt:
    """One batch that was sent: `seq` is its entry in the inbox, so whoever holds it knows it is durable.

    `refused` holds (row, reason, detail) of the rows in quarantine; `outcomes` one byte for each of
    the others, in order, or None while the engine has not come to them.
    """

    seq: int
    source: str
    digest: str
    at_us: int
    rows: int
    refused: tuple[tuple[int, str, str], ...]
    outcomes: bytes | None


class Receipts:
    """Reads receipts."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def get(self, seq: int) -> Receipt | None:
        """The receipt of an inbox entry, or None: it has none, or it has expired."""
        return self._one(schema.receipts.c.seq == seq)

    def by_key(self, source: str, key: str) -> Receipt | None:
        """The receipt of what a source sent under a key, or None."""
        return self._one(sa.and_(schema.receipts.c.source == source, schema.receipts.c.key == key))

    def _one(self, where: sa.ColumnElement[bool]) -> Receipt | None:
        with self._database.connect() as tx:
            row = tx.execute(sa.select(schema.receipts).where(where)).first()
        if row is None:
            return None
        refused = tuple((int(r), str(reason), str(detail)) for r, reason, detail in json.loads(row.refused))
        outcomes = None if row.outcomes is None else zlib.decompress(row.outcomes)
        return Receipt(row.seq, row.source, row.digest, row.at_us, row.rows, refused, outcomes)


def decide(tx: sa.Connection, seq: int, outcomes: bytes) -> None:
    """Write what the engine made of the events of a batch, in the transaction that applies it."""
    table = schema.receipts
    tx.execute(table.update().where(table.c.seq == seq).values(outcomes=zlib.compress(outcomes, 1)))
