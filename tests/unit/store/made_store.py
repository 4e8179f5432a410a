"""A store in a folder, and alerts to put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State
from riskwatch.store.alerts import AlertStore, Commit, Standing
from riskwatch.store.database import open_database


def database(home: Path) -> sa.Engine:
    return open_database(None, home)


def alert(name: str = "rw-a", **changes: Any) -> Alert:
    given: dict[str, Any] = {
        "id": name,
        "kind": AlertKind.RISK,
        "area": "TOWN",
        "signature": "fire",
        "level": Level.BLUE,
        "peak_level": Level.BLUE,
        "levels": (LevelChange(5, Level.BLUE),),
        "shown": True,
        "state": State.OPEN,
        "opened_at_us": 5,
        "updated_at_us": 5,
        "revision": 1,
    }
    return Alert(**(given | changes))


def change(made: Alert, reason: Reason = Reason.OPENED) -> AlertChange:
    return AlertChange(made, reason, made.updated_at_us, "engine")


def commit(
    store: AlertStore, *changes: AlertChange, position: int = 1, accounts: dict[str, Any] | None = None
) -> None:
    standing = Standing(position, 10 * position, None, 0, {"sources": []})
    store.commit(Commit(changes, accounts or {}, standing))


def table(engine: sa.Engine, name: str) -> list[Any]:
    with engine.connect() as tx:
        return tx.execute(sa.text(f"SELECT * FROM {name}")).all()  # noqa: S608 - names of our own tables
