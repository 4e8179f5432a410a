"""Leases of the outbox: what is due is taken by one worker for a time, and ends with what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from riskwatch.core.alerts import Level, State
from riskwatch.core.clock import SECOND_US
from riskwatch.core.fail_points import fail_point
from riskwatch.core.sends import SendReason, send_id
from riskwatch.store import outbox, schema
from riskwatch.store.outbox import UNSENT, OutboxRow, SendStatus, read_row
from riskwatch.store.receivers import ReceiverState, mark

_T = schema.outbox
_OVER = ("returned", "expired")
_MOST_ROUNDS = 100
_ASKING = (SendReason.REPEATED, SendReason.ESCALATED)


class Ending(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"  # the receiver says that it is gone for good


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt's end: `lease` is that of the row, `next_us` when it is tried again."""

    id: str
    lease: str
    receiver: str
    ending: Ending
    at_us: int
    error: str = ""
    next_us: int = 0
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """What a worker asks for: sends of a receiver due by `now_us`, for itself until `until_us`."""

    receiver: str
    owner: str
    now_us: int
    until_us: int
    limit: int = 1


class Leases:
    """Takes sends and writes what became of them.

    SQLite: the transaction holds the write lock from its first statement. PostgreSQL: rows are
    locked with SKIP LOCKED. Sends of one area to one receiver go one after the other; of several
    areas that of the gravest alert goes first.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._database.connect() as tx:
            if tx.dialect.name == "sqlite":
                tx.exec_driver_sql("BEGIN IMMEDIATE")
            yield tx
            tx.commit()

    def waiting(self, now_us: int) -> dict[str, int]:
        """How many sends are due, or on their way with a lease that ran out, by receiver."""
        query = sa.select(_T.c.receiver, sa.func.count()).where(_is_due(_T, now_us)).group_by(_T.c.receiver)
        with self._database.connect() as tx:
            return {name: int(n) for name, n in tx.execute(query)}

    def next_us(self) -> int | None:
        """The instant at which the next send falls due or lease runs out; None if there is none."""
        when = sa.case((_T.c.status == SendStatus.LEASED, _T.c.leased_until_us), else_=_T.c.next_us)
        with self._database.connect() as tx:
            found = tx.execute(sa.select(sa.func.min(when)).where(_T.c.status.in_(UNSENT))).scalar()
        return None if found is None else int(found)

    def take(self, ask: Take) -> list[OutboxRow]:
        """Lease what is due, the head of each area's line; what became pointless is cancelled instead."""
        taken: list[OutboxRow] = []
        for _ in range(_MOST_ROUNDS):
            limit = ask.limit - len(taken)
            near = self._near(ask, limit)
            if near == []:
                break
            with self._writing() as tx:
                rows = tx.execute(_heads(tx, ask, limit, near)).all()
                pointless = {row.id: _pointless(row) for row in rows}
                for send_id_, why in pointless.items():
                    if why:
                        outbox.cancel(tx, _T.c.id == send_id_, why, ask.now_us)
                taken += [self._lease(tx, row, ask) for row in rows if not pointless[row.id]]
                fail_point("outbox.before_lease")
            others_were_faster = near is not None and not rows
            if len(taken) >= ask.limit or not (any(pointless.values()) or others_were_faster):
                break  # else those behind the cancelled ones are heads now
        if taken:
            fail_point("outbox.after_lease")
        return taken

    def _near(self, ask: Take, limit: int) -> list[int] | None:
        """SQLite: what to look at under the write lock, found without it, for a backlog is long to order.

        None on PostgreSQL, where rows are locked and not the store.
        """
        with self._database.connect() as tx:
            if tx.dialect.name != "sqlite":
                return None
            return [int(row.seq) for row in tx.execute(_heads(tx, ask, limit))]

    @staticmethod
    def _lease(tx: sa.Connection, row: sa.Row[Any], ask: Take) -> OutboxRow:
        attempts = row.attempts + 1
        values: dict[str, Any] = {
            "status": SendStatus.LEASED,
            "lease": f"{ask.owner}:{attempts}",
            "leased_until_us": ask.until_us,
            "attempts": attempts,
        }
        if row.number is None:
            values["number"] = _next_number(tx, row.receiver, row.area)
            newest = row.alert_revision if row.reason in _ASKING else None
            values["told"] = newest or row.revision
        tx.execute(_T.update().where(_T.c.seq == row.seq).values(values))
        return read_row(SimpleNamespace(**dict(row._mapping) | values))

    def free(self, dead: Callable[[str], bool]) -> int:
        """End the leases of owners that are known to be dead; how many sends are free again."""
        query = sa.select(_T.c.lease).where(_T.c.status == SendStatus.LEASED).distinct()
        with self._database.connect() as tx:
            held = [str(lease) for (lease,) in tx.execute(query)]
        lost = [lease for lease in held if dead(lease.rpartition(":")[0])]
        if not lost:
            return 0
        with self._writing() as tx:
            this = _T.update().where(_T.c.status == SendStatus.LEASED, _T.c.lease.in_(lost))
            freed = {"status": SendStatus.PENDING, "lease": None, "leased_until_us": None}
            return tx.execute(this.values(freed)).rowcount

    def forget(self, oldest_us: int, now_us: int) -> int:
        """Cancel what fell due before an instant, was never tried, and whose alert is not open any more.

        This is what a replay of history plans; how many there were.
        """
        open_ = sa.select(schema.alerts.c.id).where(schema.alerts.c.state == State.OPEN)
        of_alert = sa.select(schema.alerts.c.id)
        old = sa.and_(
            _T.c.status == SendStatus.PENDING,
            _T.c.attempts == 0,
            _T.c.due_us < oldest_us,
            _T.c.alert.not_in(open_),
            _T.c.alert.in_(of_alert),
        )
        with self._writing() as tx:
            return outbox.cancel(tx, old, "it was due too long ago, and its alert is not open", now_us)

    def still(self, row: OutboxRow) -> bool:
        """Whether a lease holds and its send was not cancelled since; asked right before it goes out."""
        query = sa.select(_T.c.lease, _T.c.status).where(_T.c.id == row.send.id)
        with self._database.connect() as tx:
            found = tx.execute(query).first()
        return found is not None and (found.lease, found.status) == (row.lease, SendStatus.LEASED)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Write what became of attempts, in one transaction; an outcome of a lost lease changes nothing."""
        counted = 0
        with self._writing() as tx:
            query = sa.select(_T).where(_T.c.id.in_([outcome.id for outcome in outcomes]))
            held = {(row.id, row.lease): row for row in tx.execute(query)}
            for outcome in outcomes:
                row = held.pop((outcome.id, outcome.lease), None)
                if row is not None and row.status in (SendStatus.LEASED, SendStatus.CANCELLED):
                    self._end(tx, row, outcome)
                    counted += 1
            fail_point("outbox.before_settle")
        fail_point("outbox.after_settle")
        return counted

    @staticmethod
    def _end(tx: sa.Connection, row: sa.Row[Any], outcome: Outcome) -> None:
        this = _T.update().where(_T.c.seq == row.seq)
        free = {"lease": None, "leased_until_us": None}
        cancelled = row.status == SendStatus.CANCELLED
        if outcome.ending is Ending.DELIVERED:  # also one that was cancelled on its way: it did arrive
            ended = {"status": SendStatus.DELIVERED, "ended_us": outcome.at_us, "error": ""}
            tx.execute(this.values(ended | free))
            mark(tx, row.receiver, ReceiverState.OK, at_us=outcome.at_us)
            if row.repeat_s and not cancelled:
                _repeat(tx, row, outcome.at_us)
            return
        if cancelled:
            tx.execute(this.values(free))
        elif outcome.ending is Ending.RETRY:
            again = {"status": SendStatus.PENDING, "next_us": outcome.next_us, "error": outcome.error}
            tx.execute(this.values(again | free))
        else:
            _bury(tx, [row], outcome.at_us, outcome.error, outcome.fallback)
        if outcome.ending is Ending.GONE:
            mark(tx, row.receiver, ReceiverState.DISABLED, at_us=outcome.at_us, why=outcome.error)

    def divert(self, receiver: str, fallback: str, *, before_us: int, now_us: int) -> int:
        """Plan the fallback of what was due before an instant and is still undelivered, each once.

        Only where a try has failed: what nobody has tried yet is not the receiver's fault.
        """
        mine = (_T.c.receiver == receiver, _T.c.status.in_(UNSENT), _T.c.due_us <= before_us)
        waiting = (*mine, _T.c.diverted.is_(sa.false()))
        with self._database.connect() as reading:
            failed = reading.execute(sa.select(_T.c.seq).where(*mine, _T.c.error != "").limit(1)).first()
            late = failed and reading.execute(sa.select(_T.c.seq).where(*waiting).limit(1)).first()
        if not late:
            return 0
        with self._writing() as tx:
            rows = tx.execute(sa.select(_T).where(*waiting).order_by(_T.c.seq)).all()
            return _divert(tx, rows, fallback, now_us)

    def bury(self, receiver: str, *, now_us: int, why: str, fallback: str | None = None) -> int:
        """End what is due for a receiver that nobody can send to; the fallback is told if there is one."""
        with self._writing() as tx:
            where = (_T.c.receiver == receiver, _is_due(_T, now_us))
            rows = tx.execute(sa.select(_T).where(*where).order_by(_T.c.seq)).all()
            _bury(tx, rows, now_us, why, fallback)
        return len(rows)


def _is_due(table: Any, now_us: int) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(table.c.status == SendStatus.PENDING, table.c.next_us <= now_us),
        sa.and_(table.c.status == SendStatus.LEASED, table.c.leased_until_us <= now_us),
    )


def _heads(tx: sa.Connection, ask: Take, limit: int, near: list[int] | None = None) -> sa.Select[Any]:
    """Due sends that no earlier unsent one of the same area precedes, with how their alert stands.

    Of the areas the one goes first in whose line the gravest alert waits: what is before it there is
    in its way. What tells of no alert (a heartbeat) waits for none. With `near` only those are looked
    at, and come in its order.
    """
    ahead, alerts = _T.alias("ahead"), schema.alerts
    earlier = sa.or_(
        ahead.c.due_us < _T.c.due_us, sa.and_(ahead.c.due_us == _T.c.due_us, ahead.c.seq < _T.c.seq)
    )
    blocked = (
        sa.select(sa.literal(1))
        .where(ahead.c.receiver == _T.c.receiver, ahead.c.area == _T.c.area)
        .where(ahead.c.status.in_(UNSENT), ahead.c.due_us <= ask.now_us, earlier)
        .exists()
    )
    query = (
        sa.select(_T, alerts.c.state.label("alert_state"), alerts.c.revision.label("alert_revision"))
        .outerjoin(alerts, alerts.c.id == _T.c.alert)
        .where(_T.c.receiver == ask.receiver, _is_due(_T, ask.now_us), ~blocked)
        .limit(limit)
    )
    if near is not None:
        place = sa.case({seq: n for n, seq in enumerate(near)}, value=_T.c.seq)
        return query.where(_T.c.seq.in_(near)).order_by(place)
    line = _line(ask)
    query = query.join(line, line.c.area == _T.c.area).order_by(line.c.gravest, _T.c.due_us, _T.c.seq)
    if tx.dialect.name == "postgresql":
        return query.with_for_update(of=_T, skip_locked=True)
    return query


def _line(ask: Take) -> sa.CTE:
    """The gravest level that waits in each area's line."""
    waiting, alerts = _T.alias("waiting"), schema.alerts
    gravest = sa.func.min(sa.func.coalesce(alerts.c.level, int(Level.RED)))
    return (
        sa.select(waiting.c.area, gravest.label("gravest"))
        .outerjoin(alerts, alerts.c.id == waiting.c.alert)
        .where(waiting.c.receiver == ask.receiver, waiting.c.status.in_(UNSENT))
        .where(waiting.c.due_us <= ask.now_us)
        .group_by(waiting.c.area)
        .cte("line")
    )


def _pointless(row: sa.Row[Any]) -> str:
    """Why a send is not to go out any more: read in the transaction that would lease it."""
    state = row.alert_state
    if state is None:
        return ""
    over = state in _OVER
    if row.until_ack and state != State.OPEN and row.reason != SendReason.RESOLVED:
        if not over:
            return f"the alert is {state}"
        if row.reason in _ASKING:
            return f"the alert has ended ({state})"
    return ""


_S = schema.sequences
_LINE = sa.and_(_S.c.receiver == sa.bindparam("to"), _S.c.area == sa.bindparam("of"))
_COUNT = _S.update().where(_LINE).values(number=_S.c.number + 1)
_COUNTED = sa.select(_S.c.number).where(_LINE)


def _next_number(tx: sa.Connection, receiver: str, area: str) -> int:
    line = {"to": receiver, "of": area}
    if tx.execute(_COUNT, line).rowcount == 0:
        tx.execute(_S.insert(), {"receiver": receiver, "area": area, "number": 1})
    return int(tx.execute(_COUNTED, line).scalar_one())


def _repeat(tx: sa.Connection, row: sa.Row[Any], at_us: int) -> None:
    """Plan the next repeat while nobody acknowledged; it takes the place of an earlier one."""
    alerts = schema.alerts
    state = tx.execute(sa.select(alerts.c.state).where(alerts.c.id == row.alert)).scalar()
    if state != State.OPEN:
        return
    n = row.n + 1
    mine = sa.and_(_T.c.alert == row.alert, _T.c.receiver == row.receiver, _T.c.step == row.step)
    repeated = sa.and_(mine, _T.c.reason == SendReason.REPEATED, _T.c.seq != row.seq)
    outbox.cancel(tx, repeated, "a later repeat takes its place", at_us)
    due_us = at_us + round(row.repeat_s * SECOND_US)
    reason = SendReason.REPEATED
    key = send_id(
        alert=row.alert, revision=row.revision, receiver=row.receiver, reason=reason, step=row.step, n=n
    )
    outbox.add(tx, [_fresh(row, id=key, reason=reason, n=n, due_us=due_us, next_us=due_us)])


def _bury(
    tx: sa.Connection, rows: Sequence[sa.Row[Any]], at_us: int, why: str, fallback: str | None
) -> None:
    if not rows:
        return
    ended = {"status": SendStatus.DEAD, "ended_us": at_us, "error": why}
    this = _T.update().where(_T.c.seq.in_([row.seq for row in rows]))
    tx.execute(this.values(ended | {"lease": None, "leased_until_us": None}))
    mark(tx, rows[0].receiver, ReceiverState.FAILING, at_us=at_us, why=why)
    if fallback:
        _divert(tx, [row for row in rows if not row.diverted], fallback, at_us)


def _divert(tx: sa.Connection, rows: Sequence[sa.Row[Any]], fallback: str, at_us: int) -> int:
    tx.execute(_T.update().where(_T.c.seq.in_([row.seq for row in rows])).values(diverted=True))
    return outbox.add(tx, [_instead(row, fallback, at_us) for row in rows])


def _instead(row: sa.Row[Any], fallback: str, at_us: int) -> dict[str, Any]:
    """The same message for the fallback; its id says whose place it takes, so it is planned once."""
    reason, at = SendReason(row.reason), f"{fallback}<{row.receiver}"
    key = send_id(
        alert=row.alert, revision=row.revision, receiver=at, reason=reason, step=row.step, n=row.n
    )
    return _fresh(row, id=key, receiver=fallback, due_us=at_us, next_us=at_us)


def _fresh(row: sa.Row[Any], **changes: Any) -> dict[str, Any]:
    kept = ("alert", "revision", "area", "receiver", "reason", "step", "n", "key", "repeat_s", "until_ack")
    fresh = {name: getattr(row, name) for name in kept} | {"body": row.body}
    unsent = {"status": str(SendStatus.PENDING), "attempts": 0, "error": "", "diverted": False}
    return fresh | unsent | changes
