"""Whose turn it is to write to a store of SQLite: one at a time, people and the engine before workers."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from weakref import WeakValueDictionary

import sqlalchemy as sa


class Turn:
    """A lock whose holders come in the order of when they came plus how patient they are.

    SQLite lets a writer that waits look again after pauses of up to 100 ms, and whoever looks at the
    right moment is next; here the next one is woken at once, and nobody waits for ever.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held = False
        self._waiting: list[tuple[float, int]] = []
        self._number = count()

    @contextmanager
    def held(self, patience_s: float = 0.0) -> Iterator[None]:
        """Hold it until the block ends; it cannot be held twice by one thread."""
        mine = (time.monotonic() + patience_s, next(self._number))
        with self._changed:
            heapq.heappush(self._waiting, mine)
            while self._held or self._waiting[0] != mine:
                self._changed.wait()
            heapq.heappop(self._waiting)
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()


_turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
_making = threading.Lock()


def turn_of(database: sa.Engine) -> Turn | None:
    """The turn of a file of SQLite, one for all who opened it in this process; None for other stores."""
    if database.dialect.name != "sqlite" or not database.url.database:
        return None
    with _making:
        found = _turns.get(database.url.database)
        if found is None:
            found = _turns[database.url.database] = Turn()
        return found


@contextmanager
def writing(database: sa.Engine, patience_s: float = 0.0) -> Iterator[sa.Connection]:
    """A transaction that writes, committed at the end; on SQLite it holds the store from its start.

    Another process that writes is waited for as SQLite does it.
    """
    turn = turn_of(database)
    if turn is None:
        with database.begin() as tx:
            yield tx
        return
    with turn.held(patience_s), database.connect() as tx:
        tx.exec_driver_sql("BEGIN IMMEDIATE")
        yield tx
        tx.commit()
