"""Alerts as they stand and every change that made them so; written in one transaction with the position."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from riskwatch.core.alerts import Alert, AlertChange, State
from riskwatch.core.clock import DAY_US, to_us
from riskwatch.core.fail_points import fail_point
from riskwatch.core.sends import Send
from riskwatch.store import outbox, receipts, record, schema
from riskwatch.store.codec import canonical, dump_alert, listed_by, load_alert
from riskwatch.store.quarantine import set_aside
from riskwatch.store.turns import writing

OPEN_STATES = (State.OPEN, State.ACKNOWLEDGED, State.HANDLING)
ACCOUNT = ("rows_read", "accepted", "duplicate", "late", "quarantined")
CORRECTIONS = ("corrected", "uncorrected")
"""Parts of an account's duplicates: they repeat an id with other content."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the engine stands."""

    position: int
    clock_us: int
    last_tick_us: int | None
    ticks: int
    feeds: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Commit:
    """What applying an entry changes outside: alerts, accounts by source, the standing, and sends."""

    changes: Sequence[AlertChange]
    accounts: Mapping[str, Mapping[str, int]]
    standing: Standing
    sends: Sequence[Send] = ()
    cancelled: Sequence[tuple[str, str]] = ()  # (send id, why)
    outcomes: bytes | None = None  # of a batch with a receipt: what became of each event
    uncorrected: Sequence[Mapping[str, Any]] = ()  # events that came too late to correct anything


class AlertStore:
    """Reads and writes alerts, their changes, accounts and the engine's standing."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._marked_day = -1
        self._committed = threading.Condition()
        self._position = 0  # up to where this object has committed

    def commit(self, commit: Commit) -> None:
        """Write it all or nothing; the position in it is why nothing is ever written twice."""
        written = _Written.of(commit)  # before anybody waits for it
        with writing(self._database) as tx:
            if written.changes:
                written.write(tx)
            outbox.write(tx, commit.sends, commit.cancelled)
            for source, counts in commit.accounts.items():
                self._count(tx, source, counts)
            standing = commit.standing
            self._mark(tx, standing)
            if commit.outcomes is not None:
                receipts.decide(tx, standing.position, commit.outcomes)
            if commit.uncorrected:
                tx.execute(schema.corrections.insert(), [_kept(e, standing) for e in commit.uncorrected])
            values = {
                "position": standing.position,
                "clock_us": standing.clock_us,
                "last_tick_us": standing.last_tick_us,
                "ticks": standing.ticks,
                "feeds": canonical(standing.feeds),
            }
            if tx.execute(schema.engine.update().values(**values)).rowcount == 0:
                tx.execute(schema.engine.insert().values(id=1, **values))
            fail_point("alerts.before_commit")
        self._marked_day = max(self._marked_day, standing.clock_us // DAY_US)
        with self._committed:
            self._position = standing.position
            self._committed.notify_all()
        fail_point("alerts.after_commit")

    def reached(self, position: int, timeout_s: float) -> bool:
        """Wait until the engine of this process has committed so far; False where it does not in time."""
        with self._committed:
            return self._committed.wait_for(lambda: self._position >= position, timeout_s)

    def _mark(self, tx: sa.Connection, standing: Standing) -> None:
        """Note once a day of the engine's clock how far it is, for the retention."""
        day, marks = standing.clock_us // DAY_US, schema.marks
        if day <= self._marked_day:
            return
        newest = tx.execute(sa.select(sa.func.max(marks.c.clock_us))).scalar()
        if newest is None or newest // DAY_US < day:
            aside = tx.execute(sa.select(sa.func.max(schema.quarantine.c.id))).scalar()
            row = {
                "position": standing.position,
                "clock_us": standing.clock_us,
                "quarantine_id": aside or 0,
            }
            tx.execute(marks.insert(), row)

    @staticmethod
    def _count(tx: sa.Connection, source: str, counts: Mapping[str, int]) -> None:
        table = schema.accounts
        names = (*ACCOUNT, *CORRECTIONS)
        added = {name: table.c[name] + counts.get(name, 0) for name in names}
        if tx.execute(table.update().where(table.c.source == source).values(**added)).rowcount == 0:
            tx.execute(table.insert().values(source=source, **{n: counts.get(n, 0) for n in names}))

    def unsent(self, alerts: Iterable[str]) -> list[Send]:
        """The sends of these alerts that are pending or on their way."""
        with self._database.connect() as tx:
            return outbox.sends_of(tx, alerts, outbox.UNSENT)

    def told(self, alerts: Iterable[str]) -> list[Send]:
        """The sends of these alerts that arrived."""
        with self._database.connect() as tx:
            return outbox.sends_of(tx, alerts, [outbox.SendStatus.DELIVERED])

    def get(self, alert_id: str) -> Alert | None:
        """One alert as it stands; an unambiguous beginning of its id will do."""
        table = schema.alerts
        whole = sa.select(table.c.body).where(table.c.id == alert_id)
        begun = sa.select(table.c.body).where(table.c.id.startswith(alert_id, autoescape=True)).limit(2)
        with self._database.connect() as tx:
            rows = tx.execute(whole).all() or tx.execute(begun).all()  # a LIKE reads every id
        return load_alert(rows[0].body) if len(rows) == 1 else None

    def find(
        self,
        *,
        everything: bool = False,
        areas: Iterable[str] | None = None,
        level: int | None = None,
        kind: str | None = None,
        shown_only: bool = False,
        shown: bool | None = None,
        limit: int | None = None,
    ) -> list[Alert]:
        """Alerts by level and newest change; open ones unless `everything`, then by opening."""
        table = schema.alerts
        query = sa.select(table.c.body)
        if not everything:
            query = query.where(table.c.state.in_(OPEN_STATES))
        if shown_only or shown is not None:
            query = query.where(table.c.shown == (shown_only or shown))
        if areas is not None:
            query = query.where(table.c.area.in_(list(areas)))
        if level is not None:
            query = query.where(table.c.level <= level)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        order = (
            (table.c.opened_at_us, table.c.id)
            if everything
            else (table.c.level, table.c.updated_at_us.desc())
        )
        query = _few_bodies(query, order, limit)
        with self._database.connect() as tx:
            return [load_alert(r.body) for r in tx.execute(query)]

    def count(
        self,
        *,
        everything: bool = False,
        areas: Iterable[str] | None = None,
        level: int | None = None,
        kind: str | None = None,
        shown: bool | None = None,
    ) -> int:
        """How many alerts `find`, or `newest` where it is `everything`, would give without a limit."""
        table = schema.alerts
        query = sa.select(sa.func.count()).select_from(table)
        if not everything:
            query = query.where(table.c.state.in_(OPEN_STATES))
        if areas is not None:
            query = query.where(table.c.area.in_(list(areas)))
        if level is not None:
            query = query.where(table.c.level <= level)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        if shown is not None:
            query = query.where(table.c.shown == shown)
        with self._database.connect() as tx:
            return int(tx.execute(query).scalar_one())

    def newest(
        self,
        *,
        areas: Iterable[str] | None = None,
        level: int | None = None,
        kind: str | None = None,
        states: Iterable[str] | None = None,
        since_us: int | None = None,
        shown: bool | None = None,
        limit: int | None = None,
    ) -> list[Alert]:
        """Alerts of any state or of these, newest change first; `since_us` keeps those changed since."""
        table = schema.alerts
        query, order = sa.select(table.c.body), (table.c.updated_at_us.desc(), table.c.id)
        if areas is not None:
            query = query.where(table.c.area.in_(list(areas)))
        if level is not None:
            query = query.where(table.c.level <= level)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        if states is not None:
            query = query.where(table.c.state.in_(list(states)))
        if since_us is not None:
            query = query.where(table.c.updated_at_us >= since_us)
        if shown is not None:
            query = query.where(table.c.shown == shown)
        query = _few_bodies(query, order, limit)
        with self._database.connect() as tx:
            return [load_alert(r.body) for r in tx.execute(query)]

    def changes(self, alert_id: str) -> list[AlertChange]:
        """The life of one alert, oldest first."""
        from riskwatch.core.alerts import Reason

        query = sa.select(schema.changes).where(schema.changes.c.alert == alert_id)
        with self._database.connect() as tx:
            rows = tx.execute(query.order_by(schema.changes.c.revision)).all()
        return [
            AlertChange(
                load_alert(r.body),
                Reason(r.reason),
                r.at_us,
                r.actor,
                None if r.came_from is None else State(r.came_from),
                r.why or "",
            )
            for r in rows
        ]

    def as_of(self, alert_id: str, position: int) -> Alert | None:
        """The alert as the entries before an inbox position left it: what a replay must act on."""
        table = schema.changes
        before = sa.or_(table.c.position < position, table.c.position.is_(None))
        query = sa.select(table.c.body).where(table.c.alert == alert_id, before)
        with self._database.connect() as tx:
            body = tx.execute(query.order_by(table.c.revision.desc()).limit(1)).scalar()
        return None if body is None else load_alert(body)

    def changed_between(self, from_us: int, to_us: int) -> list[str]:
        """Ids of the alerts with a change in [from, to), in the order of their ids."""
        table = schema.changes
        query = sa.select(table.c.alert).where(table.c.at_us >= from_us, table.c.at_us < to_us).distinct()
        with self._database.connect() as tx:
            return sorted(tx.execute(query).scalars())

    def revision(self, alert_id: str, revision: int) -> Alert | None:
        """An alert as it was after one of its changes."""
        table = schema.changes
        query = sa.select(table.c.body).where(table.c.alert == alert_id, table.c.revision == revision)
        with self._database.connect() as tx:
            body = tx.execute(query).scalar()
        return None if body is None else load_alert(body)

    def accounts(self) -> dict[str, dict[str, int]]:
        """The account of each source: rows read = accepted + duplicate + late + quarantined."""
        with self._database.connect() as tx:
            rows = (
                tx.execute(sa.select(schema.accounts).order_by(schema.accounts.c.source)).mappings().all()
            )
        return {r["source"]: {name: int(r[name]) for name in ACCOUNT} for r in rows}

    def corrections(self) -> dict[str, dict[str, int]]:
        """Of the sources that sent corrections: how many moved their event, and how many came too late."""
        table = schema.accounts
        query = sa.select(table).where(table.c.corrected + table.c.uncorrected > 0).order_by(table.c.source)
        with self._database.connect() as tx:
            rows = tx.execute(query).mappings().all()
        return {r["source"]: {name: int(r[name]) for name in CORRECTIONS} for r in rows}

    def uncorrected(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest corrections that came too late, as they were sent."""
        query = sa.select(schema.corrections).order_by(schema.corrections.c.id.desc()).limit(limit)
        with self._database.connect() as tx:
            return [{**r, "body": json.loads(r["body"])} for r in tx.execute(query).mappings()]

    def quarantined(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest rows that are in quarantine."""
        query = sa.select(schema.quarantine).where(set_aside()).order_by(schema.quarantine.c.id.desc())
        with self._database.connect() as tx:
            rows = tx.execute(query.limit(limit)).mappings().all()
        return [{**r, "mapped": json.loads(r["mapped"])} for r in rows]

    def standing(self) -> Standing | None:
        """Where the engine stands, or None before its first commit."""
        with self._database.connect() as tx:
            row = tx.execute(sa.select(schema.engine)).first()
        if row is None:
            return None
        return Standing(row.position, row.clock_us, row.last_tick_us, row.ticks, json.loads(row.feeds))


@dataclass(frozen=True, slots=True)
class _Written:
    """Changes as rows: themselves, their entries in the record, each alert as its last one leaves it."""

    changes: list[dict[str, Any]]
    entries: list[tuple[str, dict[str, Any]]]
    fresh: list[dict[str, Any]]
    known: list[dict[str, Any]]

    @classmethod
    def of(cls, commit: Commit) -> _Written:
        """What a commit appends."""
        rows, entries = [], []
        latest: dict[str, dict[str, Any]] = {}
        known: set[str] = set()
        for change in commit.changes:
            alert, body = change.alert, dump_alert(change.alert)
            key = {"alert": alert.id, "revision": alert.revision}
            came_from = change.came_from and str(change.came_from)
            told = {"at_us": change.at_us, "reason": str(change.reason), "actor": change.actor}
            told |= {"came_from": came_from, "why": change.why}
            rows.append(key | told | {"body": body, "position": commit.standing.position})
            entries.append(("alert", key | told | {"state": alert.state, "level": int(alert.level)}))
            if alert.revision > 1 and alert.id not in latest:
                known.add(alert.id)
            latest[alert.id] = _row(alert, body)
        fresh = [row for alert_id, row in latest.items() if alert_id not in known]
        return cls(rows, entries, fresh, [{"key": i, **latest[i]} for i in known])

    def write(self, tx: sa.Connection) -> None:
        """Append and leave the alerts so."""
        tx.execute(schema.changes.insert(), self.changes)
        if self.fresh:
            tx.execute(schema.alerts.insert(), self.fresh)
        if self.known:
            update = schema.alerts.update().where(schema.alerts.c.id == sa.bindparam("key"))
            tx.execute(update, self.known)
        record.append(tx, self.entries)


def _few_bodies(
    query: sa.Select[Any], order: Sequence[sa.ColumnElement[Any]], limit: int | None
) -> sa.Select[Any]:
    """Choose and order by columns, and read no more bodies than are wanted."""
    query, table = query.order_by(*order), schema.alerts
    if limit is None:
        return query
    ids = query.with_only_columns(table.c.id).limit(limit)
    return sa.select(table.c.body).where(table.c.id.in_(ids)).order_by(*order)


def _kept(event: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """A correction that came too late as its row of the table."""
    names = ("id", "area", "indicator", "value", "incident_ref")
    body = {n: event[n] for n in names} | {"occurred_us": to_us(event["occurred_at"])}
    return {
        "seq": standing.position,
        "source": event["source"],
        "row": event["row"],
        "at_us": to_us(event["received_at"]),
        "body": canonical(body),
    }


def _row(alert: Alert, body: str) -> dict[str, Any]:
    """An alert as its row of the table."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "area": alert.area,
        "signature": alert.signature,
        "level": int(alert.level),
        "shown": alert.shown,
        "state": alert.state,
        "opened_at_us": alert.opened_at_us,
        "updated_at_us": alert.updated_at_us,
        "revision": alert.revision,
        "body": body,
    } | listed_by(alert)
