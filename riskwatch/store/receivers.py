"""How receivers are: in order, failing, or disabled by their own answer; told to the inbox once each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from riskwatch.core.errors import StoreError
from riskwatch.store import schema

_T = schema.receivers


class ReceiverState(StrEnum):
    """What is known of a receiver."""

    OK = "ok"
    FAILING = "failing"  # a send to it is dead
    DISABLED = "disabled"  # it said that it is gone for good


@dataclass(frozen=True, slots=True)
class ReceiverNews:
    """A receiver whose state the inbox has not been told of."""

    name: str
    state: ReceiverState
    since_us: int
    why: str


def mark(tx: sa.Connection, name: str, state: ReceiverState, *, at_us: int, why: str = "") -> None:
    """Write a receiver's new state; a disabled one stays so, and the first failure keeps its instant."""
    found = tx.execute(sa.select(_T.c.state).where(_T.c.name == name)).scalar()
    if found in (state, ReceiverState.DISABLED) or (found is None and state is ReceiverState.OK):
        return
    values = {"state": str(state), "since_us": at_us, "why": why}
    if found is None:
        tx.execute(_T.insert().values(name=name, told=str(ReceiverState.OK), **values))
    else:
        tx.execute(_T.update().where(_T.c.name == name).values(**values))


class ReceiverStates:
    """Reads the states, and enables a receiver again by hand."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def all(self) -> dict[str, ReceiverState]:
        """The state of each receiver that was ever in trouble."""
        with self._database.connect() as tx:
            return {r.name: ReceiverState(r.state) for r in tx.execute(sa.select(_T.c.name, _T.c.state))}

    def enable(self, name: str, *, at_us: int) -> None:
        """Send to a disabled receiver again; raises StoreError where it is not disabled."""
        query = _T.update().where(_T.c.name == name, _T.c.state == ReceiverState.DISABLED)
        with self._database.begin() as tx:
            if tx.execute(query.values(state=ReceiverState.OK, since_us=at_us, why="")).rowcount == 0:
                raise StoreError(f"receiver '{name}' is not disabled; there is nothing to enable")

    def untold(self) -> list[ReceiverNews]:
        """The receivers whose state the inbox has not been told of."""
        query = sa.select(_T).where(_T.c.state != _T.c.told).order_by(_T.c.name)
        with self._database.connect() as tx:
            rows = tx.execute(query).all()
        return [ReceiverNews(r.name, ReceiverState(r.state), r.since_us, r.why) for r in rows]

    def told(self, news: ReceiverNews) -> None:
        """The inbox holds an entry about it; a crash before this only makes a second one."""
        with self._database.begin() as tx:
            tx.execute(_T.update().where(_T.c.name == news.name).values(told=str(news.state)))
