"""Leases of the outbox: what is due is taken by one worker for a time, and ends with what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from riskwatch.core.alerts import State
from riskwatch.core.clock import SECOND_US
from riskwatch.core.fail_points import fail_point
from riskwatch.core.sends import SendReason, send_id
from riskwatch.store import outbox, schema
from riskwatch.store.database import checkpoint
from riskwatch.store.lines import ASKING, Take, heads, is_due, pointless, waiting_heads
from riskwatch.store.outbox import UNSENT, OutboxRow, SendStatus, read_row
from riskwatch.store.receivers import ReceiverState, mark
from riskwatch.store.turns import writing

_T = schema.outbox
PATIENCE_S = 0.25
"""So long a worker lets the engine and the people write before it, should they come after it."""

_MOST_ROUNDS = 100
_FREE = {"lease": None, "leased_until_us": None}


class Ending(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"  # the receiver says that it is gone for good


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt's end: `lease` is that of the row, `next_us` when it is tried again.

    Until `asked_us` the receiver asked to be left alone with it (Retry-After): nothing hurries it.
    """

    id: str
    lease: str
    receiver: str
    ending: Ending
    at_us: int
    error: str = ""
    next_us: int = 0
    asked_us: int | None = None
    fallback: str | None = None


class Leases:
    """Takes sends and writes what became of them.

    SQLite: a transaction holds the write lock from its first statement, and comes after others who
    wait for it. PostgreSQL: rows are locked with SKIP LOCKED. Sends of one area to one receiver go one
    after the other; of several areas that of the gravest alert goes first.
    """

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def rest(self) -> None:
        """Between two rounds: what was written is brought where it belongs, on nobody's time."""
        checkpoint(self._database)

    def waiting(self, now_us: int) -> dict[str, int]:
        """How many sends are due, or on their way with a lease that ran out, by receiver."""
        query = sa.select(_T.c.receiver, sa.func.count()).where(is_due(_T, now_us)).group_by(_T.c.receiver)
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
            with writing(self._database, PATIENCE_S) as tx:
                rows = tx.execute(heads(tx, ask, limit, near)).all()
                why = {row.seq: pointless(row) for row in rows}
                for row in rows:
                    if why[row.seq]:
                        outbox.cancel(tx, _T.c.seq == row.seq, why[row.seq], ask.now_us)
                taken += _lease(tx, [row for row in rows if not why[row.seq]], ask)
                fail_point("outbox.before_lease")
            others_were_faster = near is not None and not rows
            if len(taken) >= ask.limit or not (any(why.values()) or others_were_faster):
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
            return [int(row.seq) for row in tx.execute(heads(tx, ask, limit))]

    def free(self, dead: Callable[[str], bool]) -> int:
        """End the leases of owners that are known to be dead; how many sends are free again."""
        query = sa.select(_T.c.lease).where(_T.c.status == SendStatus.LEASED).distinct()
        with self._database.connect() as tx:
            held = [str(lease) for (lease,) in tx.execute(query)]
        lost = [lease for lease in held if dead(lease.rpartition(":")[0])]
        if not lost:
            return 0
        with writing(self._database, PATIENCE_S) as tx:
            this = _T.update().where(_T.c.status == SendStatus.LEASED, _T.c.lease.in_(lost))
            freed = {"status": SendStatus.PENDING} | _FREE
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
        with writing(self._database, PATIENCE_S) as tx:
            return outbox.cancel(tx, old, "it was due too long ago, and its alert is not open", now_us)

    def still(self, row: OutboxRow) -> bool:
        """Whether a lease holds and its send was not cancelled since; asked right before it goes out."""
        query = sa.select(_T.c.lease, _T.c.status).where(_T.c.id == row.send.id)
        with self._database.connect() as tx:
            found = tx.execute(query).first()
        return found is not None and (found.lease, found.status) == (row.lease, SendStatus.LEASED)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Write what became of attempts, in one transaction; an outcome of a lost lease changes nothing."""
        ended: list[tuple[sa.Row[Any], Outcome]] = []
        with writing(self._database, PATIENCE_S) as tx:
            query = sa.select(_T).where(_T.c.id.in_([outcome.id for outcome in outcomes]))
            held = {(row.id, row.lease): row for row in tx.execute(query)}
            for outcome in outcomes:
                row = held.pop((outcome.id, outcome.lease), None)
                if row is not None and row.status in (SendStatus.LEASED, SendStatus.CANCELLED):
                    ended.append((row, outcome))
            _deliver(tx, [pair for pair in ended if pair[1].ending is Ending.DELIVERED])
            for row, outcome in ended:
                if outcome.ending is not Ending.DELIVERED:
                    _fail(tx, row, outcome)
            fail_point("outbox.before_settle")
        fail_point("outbox.after_settle")
        return len(ended)

    def hurry(self, ask: Take, but_not: Collection[str] = ()) -> list[str]:
        """Let go now what waits for another try, the gravest first; the ids of these sends.

        Of each area the first of its line. What its receiver asked to be left alone for waits on.
        """
        query = waiting_heads(ask, but_not)
        with self._database.connect() as reading:
            found = {int(row.seq): str(row.id) for row in reading.execute(query)}
        if not found:
            return []
        with writing(self._database, PATIENCE_S) as tx:
            this = _T.update().where(_T.c.seq.in_(list(found)), _T.c.status == SendStatus.PENDING)
            tx.execute(this.values(next_us=ask.now_us))
        return list(found.values())

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
        with writing(self._database, PATIENCE_S) as tx:
            rows = tx.execute(sa.select(_T).where(*waiting).order_by(_T.c.seq)).all()
            return _divert(tx, rows, fallback, now_us)

    def bury(self, receiver: str, *, now_us: int, why: str, fallback: str | None = None) -> int:
        """End what is due for a receiver that nobody can send to; the fallback is told if there is one."""
        with writing(self._database, PATIENCE_S) as tx:
            where = (_T.c.receiver == receiver, is_due(_T, now_us))
            rows = tx.execute(sa.select(_T).where(*where).order_by(_T.c.seq)).all()
            _bury(tx, rows, now_us, why, fallback)
        return len(rows)


def _lease(tx: sa.Connection, rows: Sequence[sa.Row[Any]], ask: Take) -> list[OutboxRow]:
    """Lease all of them in two statements, for the write lock is held meanwhile."""
    if not rows:
        return []
    first = [row for row in rows if row.number is None]
    numbers = _next_numbers(tx, ask.receiver, [row.area for row in first])
    told = {
        row.seq: (row.alert_revision if row.reason in ASKING else None) or row.revision for row in first
    }
    given: dict[str, Any] = {}
    if first:
        counted = {row.seq: numbers[row.area] for row in first}
        given["number"] = sa.case(counted, value=_T.c.seq, else_=_T.c.number)
        given["told"] = sa.case(told, value=_T.c.seq, else_=_T.c.told)
    attempts = _T.c.attempts + 1
    lease = sa.literal(f"{ask.owner}:") + sa.cast(attempts, sa.String)
    leased = {"status": SendStatus.LEASED, "leased_until_us": ask.until_us}
    this = _T.update().where(_T.c.seq.in_([row.seq for row in rows]))
    tx.execute(this.values(leased | given | {"attempts": attempts, "lease": lease}))
    found = []
    for row in rows:
        now = dict(row._mapping) | leased
        now |= {"attempts": row.attempts + 1, "lease": f"{ask.owner}:{row.attempts + 1}"}
        if row.number is None:
            now |= {"number": numbers[row.area], "told": told[row.seq]}
        found.append(read_row(SimpleNamespace(**now)))
    return found


def _next_numbers(tx: sa.Connection, receiver: str, areas: Sequence[str]) -> dict[str, int]:
    """The next number of each area's line; an area stands in it once, being the head of its line."""
    if not areas:
        return {}
    table = schema.sequences
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    counted = (
        insert(table)
        .on_conflict_do_update(index_elements=["receiver", "area"], set_={"number": table.c.number + 1})
        .returning(table.c.area, table.c.number)
    )
    rows = [{"receiver": receiver, "area": area, "number": 1} for area in areas]
    return {row.area: int(row.number) for row in tx.execute(counted, rows)}


def _deliver(tx: sa.Connection, pairs: Sequence[tuple[sa.Row[Any], Outcome]]) -> None:
    """Write what arrived, also what was cancelled on its way, for it did arrive."""
    if not pairs:
        return
    when = sa.case({row.seq: outcome.at_us for row, outcome in pairs}, value=_T.c.seq)
    this = _T.update().where(_T.c.seq.in_([row.seq for row, _ in pairs]))
    ended = {"status": SendStatus.DELIVERED, "ended_us": when, "error": ""}
    tx.execute(this.values(ended | _FREE))
    for receiver, at_us in {row.receiver: outcome.at_us for row, outcome in pairs}.items():
        mark(tx, receiver, ReceiverState.OK, at_us=at_us)
    for row, outcome in pairs:
        if row.repeat_s and row.status != SendStatus.CANCELLED:
            _repeat(tx, row, outcome.at_us)


def _fail(tx: sa.Connection, row: sa.Row[Any], outcome: Outcome) -> None:
    this = _T.update().where(_T.c.seq == row.seq)
    if row.status == SendStatus.CANCELLED:
        tx.execute(this.values(_FREE))
    elif outcome.ending is Ending.RETRY:
        again = {"status": SendStatus.PENDING, "next_us": outcome.next_us, "error": outcome.error}
        tx.execute(this.values(again | _FREE | {"leased_until_us": outcome.asked_us}))
    else:
        _bury(tx, [row], outcome.at_us, outcome.error, outcome.fallback)
    if outcome.ending is Ending.GONE:
        mark(tx, row.receiver, ReceiverState.DISABLED, at_us=outcome.at_us, why=outcome.error)


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
    tx.execute(this.values(ended | _FREE))
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
