"""Retention: what has outlived its time goes, a bounded piece at a time; the evidence of alerts stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from riskwatch.core.alerts import ENDED
from riskwatch.core.clock import DAY_US
from riskwatch.core.fail_points import fail_point
from riskwatch.core.retention import Expirable, RetentionRules, Stock
from riskwatch.core.scores import World
from riskwatch.store import schema
from riskwatch.store.evidence import Evidence, pin
from riskwatch.store.feature_log import FeatureLog
from riskwatch.store.inbox import Entry, Inbox
from riskwatch.store.outbox import UNSENT

_PIECE = 200  # entries or sends that go in one transaction, so that nobody waits for long


@dataclass(frozen=True, slots=True)
class TimedRows:
    """Rows that know their instant: receipts, corrections that came too late."""

    database: sa.Engine
    table: sa.Table
    days: float

    @property
    def name(self) -> str:
        """The table's."""
        return str(self.table.name)

    def stock(self, before_us: int) -> Stock:
        """How many there are, and how many are older."""
        return _stock(self.database, self.table, self.name, self.table.c.at_us < before_us)

    def expire(self, before_us: int) -> bool:
        """Remove the older ones; nothing is left to do then."""
        with self.database.begin() as tx:
            tx.execute(self.table.delete().where(self.table.c.at_us < before_us))
        return False


@dataclass(frozen=True, slots=True)
class AsideRows:
    """Quarantined rows, dated by the marks that the engine leaves once a day of its clock."""

    database: sa.Engine
    days: float
    name: str = "quarantine"

    def stock(self, before_us: int) -> Stock:
        """How many there are, and how many were there at the newest mark before."""
        last = _mark(self.database, before_us, schema.marks.c.quarantine_id)
        return _stock(self.database, schema.quarantine, self.name, schema.quarantine.c.id <= last)

    def expire(self, before_us: int) -> bool:
        """Remove those."""
        last = _mark(self.database, before_us, schema.marks.c.quarantine_id)
        with self.database.begin() as tx:
            tx.execute(schema.quarantine.delete().where(schema.quarantine.c.id <= last))
            tx.execute(schema.retaken.delete().where(schema.retaken.c.id <= last))
            # SQLite gives the number of a last row anew: younger marks must not date the rows that get it
            gone = schema.marks.c.quarantine_id <= last
            tx.execute(schema.marks.update().where(gone).values(quarantine_id=0))
        return False


@dataclass(frozen=True, slots=True)
class InboxEntries:
    """Entries of the inbox, dated by marks; none goes that a kept snapshot would have to replay."""

    database: sa.Engine
    world: World
    days: float
    name: str = "inbox"

    def stock(self, before_us: int) -> Stock:
        """How many entries there are, and how many may go."""
        return _stock(self.database, schema.inbox, self.name, schema.inbox.c.seq <= self._last(before_us))

    def expire(self, before_us: int) -> bool:
        """Remove the oldest piece, its evidence copied in the same transaction; True if more may go."""
        last, inbox = self._last(before_us), Inbox(self.database)
        entries: list[Entry] = []
        for entry in inbox.after(0):
            if entry.seq > last or len(entries) == _PIECE:
                break
            entries.append(entry)
        if not entries:
            return False
        alerts = Evidence(self.database, self.world).alerts()
        with self.database.begin() as tx:
            tx.execute(schema.inbox.delete().where(schema.inbox.c.seq <= entries[-1].seq))
            pin(tx, entries, alerts)
            fail_point("retention.before_commit")
        return entries[-1].seq < last

    def _last(self, before_us: int) -> int:
        with self.database.connect() as tx:
            oldest = tx.execute(sa.select(sa.func.min(schema.snapshots.c.position))).scalar()
        return min(_mark(self.database, before_us, schema.marks.c.position), int(oldest or 0))


@dataclass(frozen=True, slots=True)
class EndedSends:
    """Sends that arrived, died or were cancelled; those of an alert that stands or has just ended stay.

    Whom an alert was told is what its next message goes by. What is pending or on its way never goes.
    """

    database: sa.Engine
    days: float
    name: str = "outbox"

    def stock(self, before_us: int) -> Stock:
        """How many sends there are, and how many ended before with their alert."""
        return _stock(self.database, schema.outbox, self.name, _ended(before_us))

    def expire(self, before_us: int) -> bool:
        """Remove the oldest piece of those; True if there is more."""
        seq = schema.outbox.c.seq
        oldest = sa.select(seq).where(_ended(before_us)).order_by(seq).limit(_PIECE)
        with self.database.begin() as tx:
            return tx.execute(schema.outbox.delete().where(seq.in_(oldest))).rowcount == _PIECE


@dataclass(frozen=True, slots=True)
class FeatureDays:
    """Whole days of the feature log, each three files."""

    log: FeatureLog
    days: float
    name: str = "features"

    def stock(self, before_us: int) -> Stock:
        """How many days are written, and how many ended before."""
        return Stock(self.name, len(self.log.days()), len(self.log.ended(before_us)))

    def expire(self, before_us: int) -> bool:
        """Remove those."""
        self.log.expire(before_us)
        return False


class Retention:
    """Everything of a store that grows with time, by the rules; `more` is what other parts keep."""

    def __init__(
        self, database: sa.Engine, world: World, rules: RetentionRules, more: Sequence[Expirable] = ()
    ) -> None:
        self._database = database
        self._kept: tuple[Expirable, ...] = (
            InboxEntries(database, world, rules.inbox_days),
            AsideRows(database, rules.quarantine_days),
            TimedRows(database, schema.corrections, rules.quarantine_days),
            TimedRows(database, schema.receipts, rules.idempotency_days),
            EndedSends(database, rules.inbox_days),
            *more,
        )
        self._dated_days = max(rules.inbox_days, rules.quarantine_days)

    def stocks(self, clock_us: int) -> list[Stock]:
        """What stands and what of it would go, as of an instant of the engine's clock."""
        return [kept.stock(self._before(kept, clock_us)) for kept in self._kept]

    def expire(self, clock_us: int) -> bool:
        """Let a bounded piece of everything go; True if there is more to do."""
        more = [kept.expire(self._before(kept, clock_us)) for kept in self._kept]
        dated_us = clock_us - round(self._dated_days * DAY_US)
        oldest = _mark(self._database, dated_us, schema.marks.c.position)
        with self._database.begin() as tx:
            tx.execute(schema.marks.delete().where(schema.marks.c.position < oldest))
        return any(more)

    @staticmethod
    def _before(kept: Expirable, clock_us: int) -> int:
        return clock_us - round(kept.days * DAY_US)


def _ended(before_us: int) -> sa.ColumnElement[bool]:
    """Sends that ended before an instant, and whose alert, if they are about one, did too."""
    sends, alerts = schema.outbox.c, schema.alerts.c
    still = sa.or_(alerts.state.not_in(ENDED), alerts.updated_at_us >= before_us)
    return sa.and_(
        sends.status.not_in(UNSENT),
        sa.func.coalesce(sends.ended_us, sends.next_us)
        < before_us,  # one cancelled with its alert has no end
        ~sa.exists().where(alerts.id == sends.alert, still),
    )


def _mark(database: sa.Engine, before_us: int, column: sa.Column[int]) -> int:
    """What the newest mark before an instant says; 0 if there is none."""
    marks = schema.marks
    query = sa.select(column).where(marks.c.clock_us < before_us).order_by(marks.c.position.desc()).limit(1)
    with database.connect() as tx:
        return int(tx.execute(query).scalar() or 0)


def _stock(database: sa.Engine, table: sa.Table, name: str, goes: sa.ColumnElement[bool]) -> Stock:
    query = sa.select(sa.func.count(), sa.func.count().filter(goes)).select_from(table)
    with database.connect() as tx:
        stands, going = tx.execute(query).one()
    return Stock(name, int(stands), int(going))
