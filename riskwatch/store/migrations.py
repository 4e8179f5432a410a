"""Migrations: what brings an older store to the tables of today, one transaction each, forwards only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from riskwatch.core.errors import StoreError
from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import listed_by, load_alert

_LOCK = 0x6D696772  # one migration at a time on PostgreSQL


def _count_corrections(tx: sa.Connection) -> None:
    """Version 2: accounts count corrections."""
    for name in ("corrected", "uncorrected"):
        tx.execute(sa.text(f"ALTER TABLE accounts ADD COLUMN {name} BIGINT NOT NULL DEFAULT 0"))


def _say_where_from(tx: sa.Connection) -> None:
    """Version 3: a change says which state was before, why, and which entry made it."""
    for column in ("came_from VARCHAR(16)", "why TEXT", "position BIGINT"):
        tx.execute(sa.text(f"ALTER TABLE changes ADD COLUMN {column}"))


def _list_without_reading(tx: sa.Connection) -> None:
    """Version 4: what lists choose and order alerts by stands in columns; bodies are not read for it."""
    columns = [
        "peak_level INTEGER NOT NULL DEFAULT 4",
        "incident VARCHAR(32) NOT NULL DEFAULT ''",
        "quiet VARCHAR(16)",
        "withheld BOOLEAN NOT NULL DEFAULT false",
        "expired BOOLEAN NOT NULL DEFAULT false",
        "fresh_us BIGINT NOT NULL DEFAULT 0",
    ]
    for column in columns:
        tx.execute(sa.text(f"ALTER TABLE alerts ADD COLUMN {column}"))


def _hand_over_without_reading(tx: sa.Connection) -> None:
    """Version 5: what the handover sheet chooses by, too; then all these columns are filled."""
    for column in (
        "overdue BOOLEAN NOT NULL DEFAULT false",
        "drafted BOOLEAN NOT NULL DEFAULT false",
        "closed_at_us BIGINT",
    ):
        tx.execute(sa.text(f"ALTER TABLE alerts ADD COLUMN {column}"))
    for index in ("alerts_listed", "ix_alerts_updated_at_us", "ix_alerts_state"):
        tx.execute(sa.text(f"DROP INDEX IF EXISTS {index}"))
    tx.execute(sa.text("CREATE INDEX alerts_newest ON alerts (updated_at_us DESC, id)"))
    ended = ", ".join(("state", "updated_at_us DESC", "id", *schema.ENDED_BY))
    tx.execute(sa.text(f"CREATE INDEX alerts_in_state ON alerts ({ended})"))
    tx.execute(sa.text(f"CREATE INDEX alerts_listed ON alerts ({', '.join(schema.LISTED_BY)})"))
    ids = list(tx.execute(sa.text("SELECT id FROM alerts")).scalars())
    for alert_id in ids:
        body = tx.execute(
            sa.text("SELECT body FROM alerts WHERE id = :key"), {"key": alert_id}
        ).scalar_one()
        update = schema.alerts.update().where(schema.alerts.c.id == alert_id)
        tx.execute(update.values(listed_by(load_alert(body))))


MIGRATIONS: Mapping[int, Callable[[sa.Connection], None]] = {
    2: _count_corrections,
    3: _say_where_from,
    4: _list_without_reading,
    5: _hand_over_without_reading,
}
"""What makes a store of the version before one of this version; tables that are new need no entry."""


def migrate(database: sa.Engine) -> None:
    """Make a new store, or bring an older one up to date; raises StoreError for a newer one."""
    if sa.inspect(database).has_table(schema.meta.name):
        while _step(database):
            pass
    schema.metadata.create_all(database)
    with database.begin() as tx:
        if _version(tx) is None:
            tx.execute(schema.meta.insert().values(key="schema", value=str(schema.VERSION)))


def _step(database: sa.Engine) -> bool:
    """One migration, if one is due: its changes and the new version are committed together."""
    with database.connect() as tx:
        if _due(tx) is None:
            return False
    with database.begin() as tx:
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql("BEGIN IMMEDIATE")  # else its driver commits each ALTER by itself
        else:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        due = _due(tx)  # another process may have been faster
        if due is not None:
            MIGRATIONS[due](tx)
            tx.execute(schema.meta.update().where(schema.meta.c.key == "schema").values(value=str(due)))
            fail_point("migration.before_commit")
    return True


def _due(tx: sa.Connection) -> int | None:
    """The version that the store comes to next, or None if it is that of today, or has none yet."""
    found = _version(tx)
    if found is None or found == schema.VERSION:
        return None
    if found > schema.VERSION:
        raise StoreError(
            f"the store has schema {found}, this riskwatch writes {schema.VERSION}; "
            "open it with the version that wrote it, or name another with --store DIR"
        )
    return found + 1


def _version(tx: sa.Connection) -> int | None:
    found = tx.execute(sa.select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar()
    return None if found is None else int(found)
