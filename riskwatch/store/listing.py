"""Listing alerts by their columns: counts, and the gravest happenings of a part; few bodies are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from riskwatch.core.alerts import ENDED, Alert, AlertKind, Level, State
from riskwatch.store import schema
from riskwatch.store.alerts import OPEN_STATES
from riskwatch.store.codec import load_alert

_T = schema.alerts
_RISING = (_T.c.fresh_us > _T.c.opened_at_us).label("rising")
_GRAVER = (_T.c.level, _T.c.opened_at_us, _T.c.id)

Where = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of a happening beside its gravest one."""

    id: str
    area: str
    level: Level
    state: State


@dataclass(frozen=True, slots=True)
class Listed:
    """A happening: its gravest alert, some of the others, graver first, and how many more there are."""

    lead: Alert
    members: tuple[Member, ...] = ()
    more: int = 0

    @property
    def size(self) -> int:
        """How many alerts it is."""
        return 1 + len(self.members) + self.more


@dataclass(frozen=True, slots=True)
class Part:
    """Some happenings of a part of the alerts, graver first; `total` counts alerts, listed or not."""

    happenings: tuple[Listed, ...] = ()
    total: int = 0

    @property
    def more(self) -> int:
        """How many alerts are of happenings that are not listed."""
        return self.total - sum(one.size for one in self.happenings)


@dataclass(frozen=True, slots=True)
class Marked:
    """An alert by what the handover sheet chooses and orders it by, under the names that an `Alert` has."""

    id: str
    kind: str
    level: int
    state: str
    shown: bool
    opened_at_us: int
    closed_at_us: int | None
    incident: str
    quiet: str | None
    withheld: bool
    overdue: bool
    drafted: bool
    rising: bool


class Listing:
    """Counts and lists the alerts that its filters let through."""

    def __init__(
        self,
        database: sa.Engine,
        *,
        areas: Iterable[str] | None = None,
        level: int | None = None,
        kind: str | None = None,
    ) -> None:
        self._database = database
        self._narrowed: list[Where] = []
        if areas is not None:
            self._narrowed.append(_T.c.area.in_(list(areas)))
        if level is not None:
            self._narrowed.append(_T.c.level <= level)
        if kind is not None:
            self._narrowed.append(_T.c.kind == kind)

    def by_level(self, *where: Where) -> Mapping[Level, int]:
        """How many alerts there are at each level."""
        query = sa.select(_T.c.level, sa.func.count()).where(*where, *self._narrowed)
        with self._database.connect() as tx:
            found = {int(level): int(n) for level, n in tx.execute(query.group_by(_T.c.level))}
        return {level: found.get(int(level), 0) for level in Level}

    def part(self, *where: Where, most: int, most_members: int, room: int = 1000) -> Part:
        """The gravest happenings, then those that opened first, each with some of its members.

        All of them together have at most `room` members, the gravest ones.
        """
        columns = (_T.c.incident, _T.c.id, _T.c.area, _T.c.level, _T.c.state)
        query = sa.select(*columns).where(*where, *self._narrowed).order_by(*_GRAVER)
        leads: dict[str, str] = {}  # of every happening its gravest alert
        sizes: dict[str, int] = {}
        members: dict[str, list[Member]] = {}  # of those that are listed
        with self._database.connect() as tx:
            rows = tx.execute(query).all()  # at once: one by one they cost many times as much
            for incident, name, area, level, state in rows:
                happening = incident or name
                size = sizes[happening] = sizes.get(happening, 0) + 1
                if size == 1:
                    leads[happening] = name
                    if len(leads) <= most:
                        members[happening] = []
                elif room and size <= most_members + 1 and happening in members:
                    room -= 1
                    members[happening].append(Member(name, area, Level(level), State(state)))
            bodies = _bodies(tx, [leads[one] for one in members])
        found = [
            Listed(bodies[leads[one]], tuple(mine), sizes[one] - 1 - len(mine))
            for one, mine in members.items()
        ]
        return Part(tuple(found), len(rows))

    def worst(self, *where: Where, most: int) -> Part:
        """The gravest there ever was first, then the newest change; each alert by itself."""
        query = sa.select(_T.c.id, sa.func.count().over().label("total")).where(*where, *self._narrowed)
        order = (_T.c.peak_level, _T.c.updated_at_us.desc(), _T.c.id)
        with self._database.connect() as tx:
            rows = tx.execute(query.order_by(*order).limit(most)).all()
            bodies = _bodies(tx, [row.id for row in rows])
        return Part(tuple(Listed(bodies[row.id]) for row in rows), rows[0].total if rows else 0)

    def marked(self, since_us: int) -> list[Marked]:
        """What stands, and the shown risks that ended since, graver first; no body is read."""
        names = ("id", "kind", "level", "state", "shown", "opened_at_us", "closed_at_us", "incident")
        marks = [*(_T.c[name] for name in (*names, "quiet", "withheld", "overdue", "drafted")), _RISING]
        since = (_T.c.closed_at_us >= since_us, _T.c.updated_at_us >= since_us)  # an index has the latter
        ended = (_T.c.state.in_(ENDED), _T.c.kind == AlertKind.RISK, _T.c.shown)
        found = []
        with self._database.connect() as tx:
            for where in (standing(), sa.and_(*ended, *since)):
                query = sa.select(*marks).where(where, *self._narrowed)
                found += [Marked(*row) for row in tx.execute(query).all()]
        return sorted(found, key=lambda one: (one.level, one.opened_at_us, one.id))

    def bodies(self, ids: Iterable[str]) -> dict[str, Alert]:
        """These alerts, by id."""
        with self._database.connect() as tx:
            return _bodies(tx, ids)


def _bodies(tx: sa.Connection, ids: Iterable[str]) -> dict[str, Alert]:
    rows = tx.execute(sa.select(_T.c.id, _T.c.body).where(_T.c.id.in_(list(ids))))
    return {row.id: load_alert(row.body) for row in rows}


def standing() -> Where:
    """What still stands."""
    return _T.c.state.in_(OPEN_STATES)


def shown_risks() -> Where:
    """Risks that stand and are shown."""
    return sa.and_(standing(), _T.c.kind == AlertKind.RISK, _T.c.shown)


def loud() -> Where:
    """Nothing keeps it quiet."""
    return _T.c.quiet.is_(None)


def fresh(since_us: int) -> Where:
    """Open, and opened or risen since."""
    return sa.and_(_T.c.state == State.OPEN, _T.c.fresh_us >= since_us)


def shown_notices() -> Where:
    """What is shown of feeds and forms."""
    return sa.and_(standing(), _T.c.kind != AlertKind.RISK, _T.c.shown)


def withheld() -> Where:
    """What the budget holds back."""
    return sa.and_(standing(), _T.c.withheld)


def behind_others() -> Where:
    """What rests on the same calls as one that is shown."""
    return sa.and_(standing(), ~_T.c.shown, ~_T.c.withheld)


def returned(since_us: int) -> Where:
    """Shown risks that ended by themselves since and still wait for a verdict."""
    here = (_T.c.state == State.RETURNED, _T.c.kind == AlertKind.RISK)
    return sa.and_(*here, _T.c.shown, ~_T.c.expired, _T.c.updated_at_us >= since_us)
