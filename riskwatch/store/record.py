"""The record: canonical entries, appended in the transaction of what they record, chained by hash."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from riskwatch.store import schema
from riskwatch.store.codec import canonical

FIRST = "0" * 64
"""What the first entry is chained to."""


def append(tx: sa.Connection, kind: str, body: dict[str, Any]) -> str:
    """Append one entry and return its hash, SHA-256 of (hash before, kind, body)."""
    text = canonical(body)
    before = tx.execute(
        sa.select(schema.record.c.hash).order_by(schema.record.c.seq.desc()).limit(1)
    ).scalar()
    digest = chained(before or FIRST, kind, text)
    tx.execute(schema.record.insert().values(kind=kind, body=text, hash=digest))
    return digest


def chained(before: str, kind: str, text: str) -> str:
    """The hash of an entry that follows one with hash `before`."""
    return hashlib.sha256(f"{before}\n{kind}\n{text}".encode()).hexdigest()
