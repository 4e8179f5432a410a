"""The promotion ledger: who made which bundle the champion, when and why; appended, chained by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from riskwatch.core.errors import StoreError
from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import canonical
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.record import FIRST, chained

_KIND = "promotion"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One change of champion.

    `decision` and `why` are the gate's; `override` names who answered for a decision other than
    pass, None if nobody had to. The hashes are of both bundles' documents; `artifacts` (path to
    SHA-256) are the files that were verified. `rolled_back` says that the champion is an earlier one.
    """

    at_us: int
    actor: str
    before: str
    after: str
    decision: str
    why: str
    reason: str
    override: str | None
    before_sha256: str
    after_sha256: str
    artifacts: Mapping[str, str]
    rolled_back: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A bundle as the store keeps it: its document, what is known of it, and since when."""

    version: str
    document: dict[str, Any]
    facts: dict[str, Any]
    registered_at_us: int

    @property
    def sha256(self) -> str:
        """The hash that names exactly this document."""
        return sha256_of(self.document)


def sha256_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document's canonical JSON."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


class Ledger:
    """Keeps bundles by version and appends promotions; the newest one says who is champion."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    # --- bundles -----------------------------------------------------------------------------

    def keep(self, kept: Kept) -> None:
        """Keep a bundle; the same again changes nothing, another document of its version is refused."""
        with self._database.begin() as tx:
            found = self._bundle(tx, kept.version)
            if found is None:
                row = {
                    "version": kept.version,
                    "document": canonical(kept.document),
                    "facts": canonical(kept.facts),
                    "registered_at_us": kept.registered_at_us,
                }
                tx.execute(schema.bundles.insert().values(**row))
            elif found.document != kept.document:
                raise StoreError(
                    f"bundle {kept.version} is known with other numbers; give the new one another version"
                )

    def judged(self, version: str, gate: str, verdict: Mapping[str, Any]) -> None:
        """Keep what a gate says of a bundle; asked again, its newest word counts."""
        with self._database.begin() as tx:
            kept = self._bundle(tx, version)
            if kept is None:
                raise StoreError(f"bundle {version} is not known; see them with: riskwatch models list")
            facts = kept.facts | {"verdicts": kept.facts.get("verdicts", {}) | {gate: dict(verdict)}}
            table = schema.bundles
            tx.execute(table.update().where(table.c.version == version).values(facts=canonical(facts)))

    def bundle(self, version: str) -> Kept | None:
        """One bundle, or None if it is not known."""
        with self._database.connect() as tx:
            return self._bundle(tx, version)

    def newest(self) -> Kept | None:
        """The bundle that was registered last, of those that were trained."""
        return next((k for k in reversed(self.bundles()) if "run_id" in k.facts), None)

    def bundles(self) -> list[Kept]:
        """Every bundle, the oldest first."""
        table = schema.bundles
        query = sa.select(table).order_by(table.c.registered_at_us, table.c.version)
        with self._database.connect() as tx:
            return [_kept(row) for row in tx.execute(query)]

    @staticmethod
    def _bundle(tx: sa.Connection, version: str) -> Kept | None:
        row = tx.execute(sa.select(schema.bundles).where(schema.bundles.c.version == version)).first()
        return None if row is None else _kept(row)

    # --- promotions --------------------------------------------------------------------------

    def append(self, promotion: Promotion, document: Mapping[str, Any]) -> int:
        """Append a promotion and its entry of the inbox in one transaction; the entry's place.

        Raises StoreError where the champion is no longer the one the promotion replaces, or where
        the chain is broken.
        """
        history = self.history()
        if history and history[-1].after != promotion.before:
            raise StoreError(
                f"the champion is {history[-1].after} by now, not {promotion.before}; "
                "look at it with: riskwatch models list"
            )
        with self._database.begin() as tx:
            seq, before = self._newest(tx)
            if seq != len(history):
                raise StoreError("another promotion was made meanwhile; look at: riskwatch models list")
            text = canonical(asdict(promotion))
            digest = chained(before, _KIND, text)
            tx.execute(schema.promotions.insert().values(seq=seq + 1, body=text, hash=digest))
            body = {"bundle": dict(document), "ledger": {"seq": seq + 1, "hash": digest}}
            entry = Inbox.append_within(tx, EntryKind.MODEL, body)
            fail_point("ledger.before_commit")
        fail_point("ledger.after_commit")
        return entry

    def history(self) -> list[Promotion]:
        """Every promotion, the oldest first; raises StoreError where the chain does not hold."""
        with self._database.connect() as tx:
            rows = tx.execute(sa.select(schema.promotions).order_by(schema.promotions.c.seq)).all()
        digest, found = FIRST, []
        for n, row in enumerate(rows, 1):
            digest = chained(digest, _KIND, row.body)
            if row.seq != n or row.hash != digest:
                raise StoreError(
                    f"the promotion ledger is broken at entry {n}: it was changed after it was written; "
                    "restore the database from a backup, or go on in another store with --store DIR"
                )
            found.append(Promotion(**json.loads(row.body)))
        return found

    @staticmethod
    def _newest(tx: sa.Connection) -> tuple[int, str]:
        table = schema.promotions
        row = tx.execute(sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).first()
        return (0, FIRST) if row is None else (int(row.seq), str(row.hash))


def _kept(row: Any) -> Kept:
    return Kept(row.version, json.loads(row.document), json.loads(row.facts), int(row.registered_at_us))
