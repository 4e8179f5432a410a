"""The record: canonical entries, appended in the transaction of what they record, chained by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from riskwatch.store import schema
from riskwatch.store.codec import canonical

FIRST = "0" * 64
"""What the first entry is chained to."""


def append(tx: sa.Connection, entries: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Append (kind, body) entries; each hash is SHA-256 of (hash before, kind, body). Returns the last."""
    newest = sa.select(schema.record.c.hash).order_by(schema.record.c.seq.desc()).limit(1)
    digest = tx.execute(newest).scalar() or FIRST
    rows = []
    for kind, body in entries:
        text = canonical(body)
        digest = chained(digest, kind, text)
        rows.append({"kind": kind, "body": text, "hash": digest})
    if rows:
        tx.execute(schema.record.insert(), rows)
    return digest


def chained(before: str, kind: str, text: str) -> str:
    """The hash of an entry that follows one with hash `before`."""
    return hashlib.sha256(f"{before}\n{kind}\n{text}".encode()).hexdigest()
