"""Opening the store: SQLite in the workspace by default, any SQLAlchemy URL by RISKWATCH_DB."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskwatch.core.errors import MissingExtra, StoreError, StoreUnavailable
from riskwatch.store.migrations import migrate


def open_database(url: str | None, home: Path) -> sa.Engine:
    """Connect and make the tables if they are not there; raises StoreError with what to do.

    SQLite runs in WAL with synchronous=FULL: with NORMAL a power loss takes acknowledged commits.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{home} cannot be made a store ({error.strerror}); "
            "name a folder that may be written with --store DIR"
        ) from None
    url = url or f"sqlite:///{home / 'riskwatch.db'}"
    try:
        database = sa.create_engine(url, pool_size=_CONNECTIONS)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"the store {sa.make_url(url).drivername} ({error.name})", "postgres") from None
    except sa.exc.ArgumentError:
        raise StoreError(
            f"RISKWATCH_DB: '{_without_password(url)}' is not a database URL; write one like postgresql+psycopg://user@host/name"
        ) from None
    if database.dialect.name == "sqlite":
        database.dialect.use_insertmanyvalues_wo_returning = True
        sa.event.listen(database, "connect", _prepare_sqlite)
        sa.event.listen(database, "handle_error", _tell_of_disk)
    try:
        migrate(database)
    except sa.exc.DBAPIError as error:
        raise StoreError(
            f"{sa.make_url(url).render_as_string(hide_password=True)} cannot be opened: {error.orig}; "
            "check the path and its rights, or that it is a riskwatch store"
        ) from None
    return database


_CONNECTIONS = 20  # kept: every one beyond would be opened and closed again each time it is needed


def _without_password(url: str) -> str:
    return re.sub(r"://[^/]*@", "://***@", url)


_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"),
    "wal_autocheckpoint=4000",  # pages; `checkpoint` is to come before, where nobody waits for it
)


def checkpoint(database: sa.Engine) -> None:
    """Bring what SQLite's log holds into its file, as far as that disturbs no one; nothing elsewhere.

    Else the one whose commit makes the log long does it, while others wait for their turn.
    """
    if database.dialect.name == "sqlite":
        with database.connect() as tx:
            tx.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


_ADVICE = {
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_IOERR: "look after its disk, its room and limits",
    sqlite3.SQLITE_BUSY: "another program holds it for over 10 s: end that one (a shell, a backup, a copy)",
}


def _tell_of_disk(context: sa.ExceptionContext) -> None:
    """Raise StoreUnavailable where the database took nothing; SQLite has rolled the transaction back.

    A full disk is SQLITE_FULL, and SQLITE_IOERR in one of its kinds under a limit of file size or a
    fault of the disk; one who writes for longer than busy_timeout makes it SQLITE_BUSY
    (https://sqlite.org/rescode.html).
    """
    error = context.original_exception
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    if code not in _ADVICE:
        return
    where = context.engine.url.render_as_string(hide_password=True) if context.engine else "the store"
    raise StoreUnavailable(
        f"{where}: nothing was written ({error}); {_ADVICE[code]} and send again, what is stored is sound"
    ) from error
