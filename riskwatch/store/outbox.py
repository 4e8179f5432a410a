"""The outbox: a row for each send, written in the alert's own transaction, read and replayed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from riskwatch.core.errors import StoreError
from riskwatch.core.sends import Send, SendReason
from riskwatch.store import schema
from riskwatch.store.codec import canonical

_T = schema.outbox


class SendStatus(StrEnum):
    """Where a send is: nothing is ever in none of these."""

    PENDING = "pending"
    LEASED = "leased"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"


UNSENT = (SendStatus.PENDING, SendStatus.LEASED)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A send with what became of it; `told` is the revision its message tells, `number` its sequence.

    `number` counts the sends of one area to one receiver in the order in which they were first tried.
    """

    send: Send
    status: SendStatus
    n: int = 0
    told: int | None = None
    number: int | None = None
    attempts: int = 0
    next_us: int = 0
    lease: str | None = None
    ended_us: int | None = None
    error: str = ""
    body: Mapping[str, Any] | None = None


def write(tx: sa.Connection, sends: Sequence[Send], cancelled: Iterable[tuple[str, str]] = ()) -> None:
    """Add sends and cancel others, with the reason of each; a send whose id is there is not added again."""
    add(tx, [row_of(send) for send in sends])
    by_reason: dict[str, list[str]] = {}
    for send_id, why in cancelled:
        by_reason.setdefault(why, []).append(send_id)
    for why, ids in by_reason.items():
        cancel(tx, _T.c.id.in_(ids), why)


def add(tx: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows unless their id is there; how many were added."""
    if not rows:
        return 0
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_T).on_conflict_do_nothing(index_elements=["id"])
    if len(rows) == 1:
        return tx.execute(statement, rows[0]).rowcount
    tx.execute(statement, list(rows))
    return len(rows)


def cancel(tx: sa.Connection, where: sa.ColumnElement[bool], why: str, at_us: int | None = None) -> int:
    """Cancel what is unsent of these; one that is on its way keeps its lease, so that its end is known."""
    query = _T.update().where(where, _T.c.status.in_(UNSENT))
    return tx.execute(query.values(status=SendStatus.CANCELLED, error=why, ended_us=at_us)).rowcount


def row_of(send: Send, *, n: int = 0, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A fresh row of the table."""
    return {
        "id": send.id,
        "alert": send.alert,
        "revision": send.revision,
        "area": send.area,
        "receiver": send.receiver,
        "reason": str(send.reason),
        "step": send.step,
        "n": n,
        "key": send.key,
        "repeat_s": send.repeat_s,
        "until_ack": send.until_ack,
        "due_us": send.due_us,
        "next_us": send.due_us,
        "status": str(SendStatus.PENDING),
        "attempts": 0,
        "error": "",
        "diverted": False,
        "body": None if body is None else canonical(body),
    }


def read_row(row: sa.Row[Any] | SimpleNamespace) -> OutboxRow:
    """A row of the table as what it says."""
    send = Send(
        id=row.id,
        alert=row.alert,
        revision=row.revision,
        area=row.area,
        receiver=row.receiver,
        reason=SendReason(row.reason),
        due_us=row.due_us,
        step=row.step,
        repeat_s=row.repeat_s,
        until_ack=row.until_ack,
        key=row.key,
    )
    return OutboxRow(
        send,
        SendStatus(row.status),
        row.n,
        row.told,
        row.number,
        row.attempts,
        row.next_us,
        row.lease,
        row.ended_us,
        row.error,
        None if row.body is None else json.loads(row.body),
    )


def sends_of(tx: sa.Connection, alerts: Iterable[str], statuses: Sequence[SendStatus]) -> list[Send]:
    """The sends of these alerts in one of these statuses, in the order in which they were planned."""
    found: list[tuple[int, Send]] = []
    names = list(dict.fromkeys(alerts))
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        query = sa.select(_T).where(_T.c.alert.in_(some), _T.c.status.in_(statuses))
        found += [(row.seq, read_row(row).send) for row in tx.execute(query)]
    return [send for _, send in sorted(found, key=lambda f: f[0])]


class Outbox:
    """Reads the outbox for people, and takes up again by hand what had ended."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def get(self, send_id: str) -> OutboxRow | None:
        """One send; an unambiguous beginning of its id will do."""
        whole = sa.select(_T).where(_T.c.id == send_id)
        begun = sa.select(_T).where(_T.c.id.startswith(send_id, autoescape=True)).limit(2)
        with self._database.connect() as tx:
            rows = tx.execute(whole).all() or tx.execute(begun).all()  # a LIKE reads every id
        return read_row(rows[0]) if len(rows) == 1 else None

    def find(
        self,
        *,
        statuses: Iterable[str] | None = None,
        receiver: str | None = None,
        alert: str | None = None,
        limit: int | None = None,
    ) -> list[OutboxRow]:
        """Sends, those planned last first."""
        query = sa.select(_T).order_by(_T.c.seq.desc()).limit(limit)
        if statuses is not None:
            query = query.where(_T.c.status.in_(list(statuses)))
        if receiver is not None:
            query = query.where(_T.c.receiver == receiver)
        if alert is not None:
            query = query.where(_T.c.alert == alert)
        with self._database.connect() as tx:
            return [read_row(row) for row in tx.execute(query)]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many sends of each receiver are in each status."""
        query = sa.select(_T.c.receiver, _T.c.status, sa.func.count()).group_by(_T.c.receiver, _T.c.status)
        found: dict[str, dict[str, int]] = {}
        with self._database.connect() as tx:
            for receiver, status, n in tx.execute(query):
                found.setdefault(receiver, {})[status] = int(n)
        return found

    def post(self, send: Send, body: Mapping[str, Any]) -> None:
        """Add a send with a document of its own, about no alert, unless its id is there."""
        with self._database.begin() as tx:
            add(tx, [row_of(send, body=body)])

    def retry(self, send_id: str, *, now_us: int) -> OutboxRow:
        """Take a dead or cancelled send up again with its own id; raises StoreError where it is neither."""
        row = self.get(send_id)
        if row is None:
            raise StoreError(f"send '{send_id}' is not known; list them with: riskwatch outbox list")
        ended = (SendStatus.DEAD, SendStatus.CANCELLED)
        again = {"status": SendStatus.PENDING, "attempts": 0, "due_us": now_us, "next_us": now_us}
        again |= {"until_ack": False, "ended_us": None, "lease": None, "leased_until_us": None}
        with self._database.begin() as tx:
            query = _T.update().where(_T.c.id == row.send.id, _T.c.status.in_(ended))
            if tx.execute(query.values(again)).rowcount == 0:
                raise StoreError(
                    f"send {row.send.id} is {row.status}; only a dead or cancelled one is retried"
                )
        found = self.get(row.send.id)
        assert found is not None  # noqa: S101 - what is unsent is never removed
        return found
