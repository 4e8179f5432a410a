"""The lines of sends before each receiver: which are due, which go first, which are pointless by now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from riskwatch.core.alerts import Level, State
from riskwatch.core.sends import SendReason
from riskwatch.store import schema
from riskwatch.store.outbox import UNSENT, SendStatus

_T = schema.outbox
_OVER = ("returned", "expired")
ASKING = (SendReason.REPEATED, SendReason.ESCALATED)
"""Sends that ask for somebody: they tell of the alert as it is when they go out, or not at all."""


@dataclass(frozen=True, slots=True)
class Take:
    """What a worker asks for: sends of a receiver due by `now_us`, for itself until `until_us`."""

    receiver: str
    owner: str
    now_us: int
    until_us: int
    limit: int = 1


def is_due(table: Any, now_us: int) -> sa.ColumnElement[bool]:
    """Whether a send may be taken: its time has come, or its lease ran out."""
    return sa.or_(
        sa.and_(table.c.status == SendStatus.PENDING, table.c.next_us <= now_us),
        sa.and_(table.c.status == SendStatus.LEASED, table.c.leased_until_us <= now_us),
    )


def heads(tx: sa.Connection, ask: Take, limit: int, near: list[int] | None = None) -> sa.Select[Any]:
    """Due sends that no earlier unsent one of the same area precedes, with how their alert stands.

    Of the areas the one goes first in whose line the gravest alert waits: what is before it there is
    in its way. What tells of no alert (a heartbeat) waits for none. With `near` only those are looked
    at, and come in its order.
    """
    alerts = schema.alerts
    query = (
        sa.select(_T, alerts.c.state.label("alert_state"), alerts.c.revision.label("alert_revision"))
        .outerjoin(alerts, alerts.c.id == _T.c.alert)
        .where(_T.c.receiver == ask.receiver, is_due(_T, ask.now_us), ~_blocked(ask))
        .limit(limit)
    )
    if near is not None:
        place = sa.case({seq: n for n, seq in enumerate(near)}, value=_T.c.seq)
        return query.where(_T.c.seq.in_(near)).order_by(place)
    query = _gravest_first(query, ask)
    if tx.dialect.name == "postgresql":
        return query.with_for_update(of=_T, skip_locked=True)
    return query


def waiting_heads(ask: Take, but_not: Collection[str]) -> sa.Select[Any]:
    """Sends that failed and wait for another try, each the first of its area's line, gravest line first."""
    waits = (_T.c.status == SendStatus.PENDING, _T.c.attempts > 0, _T.c.next_us > ask.now_us)
    free = sa.or_(_T.c.leased_until_us.is_(None), _T.c.leased_until_us <= ask.now_us)
    query = sa.select(_T.c.seq, _T.c.id).where(_T.c.receiver == ask.receiver, *waits, free)
    query = query.where(_T.c.id.not_in(list(but_not)), ~_blocked(ask)).limit(ask.limit)
    return _gravest_first(query, ask)


def _blocked(ask: Take) -> sa.ColumnElement[bool]:
    """Whether an earlier unsent one of the same area is due, or waits for another try."""
    ahead = _T.alias("ahead")
    earlier = sa.or_(
        ahead.c.due_us < _T.c.due_us, sa.and_(ahead.c.due_us == _T.c.due_us, ahead.c.seq < _T.c.seq)
    )
    return (
        sa.select(sa.literal(1))
        .where(ahead.c.receiver == _T.c.receiver, ahead.c.area == _T.c.area)
        .where(ahead.c.status.in_(UNSENT), ahead.c.due_us <= ask.now_us, earlier)
        .exists()
    )


def _gravest_first(query: sa.Select[Any], ask: Take) -> sa.Select[Any]:
    line = _line(ask)
    return query.join(line, line.c.area == _T.c.area).order_by(line.c.gravest, _T.c.due_us, _T.c.seq)


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


def pointless(row: sa.Row[Any]) -> str:
    """Why a send is not to go out any more: read in the transaction that would lease it."""
    state = row.alert_state
    if state is None:
        return ""
    over = state in _OVER
    if row.until_ack and state != State.OPEN and row.reason != SendReason.RESOLVED:
        if not over:
            return f"the alert is {state}"
        if row.reason in ASKING:
            return f"the alert has ended ({state})"
    return ""
