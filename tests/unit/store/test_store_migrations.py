"""Migrations: an older store is brought up to date in whole steps, and a newer one is left as it is."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_store import database, table

from riskwatch.core.errors import StoreError
from riskwatch.core.fail_points import VARIABLE
from riskwatch.store import schema
from riskwatch.store.alerts import AlertStore
from riskwatch.store.listing import Listing, standing
from riskwatch.store.migrations import MIGRATIONS

OLD = Path(__file__).parent / "stores" / "version_1.sql"
OPEN = (
    "import sys; from pathlib import Path; from riskwatch.store.database import open_database; "
    "open_database(None, Path(sys.argv[1]))"
)


def old_store(home: Path) -> Path:
    """A store as version 1 left it."""
    with sqlite3.connect(home / "riskwatch.db") as file:
        file.executescript(OLD.read_text())
    file.close()
    return home


def columns(engine: sa.Engine) -> dict[str, set[str]]:
    seen = sa.inspect(engine)
    return {name: {c["name"] for c in seen.get_columns(name)} for name in seen.get_table_names()}


def indexes(engine: sa.Engine) -> dict[str, str]:
    with engine.connect() as tx:
        found = tx.execute(
            sa.text("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'alerts' AND sql > ''")
        )
        return {name: " ".join(sql.split()) for name, sql in found if sql.startswith("CREATE INDEX")}


def test_a_store_of_version_1_comes_up_to_date(tmp_path):
    """With every row it had, and the tables and columns of a new store."""
    engine = database(old_store(tmp_path / "."))
    (tmp_path / "new").mkdir()
    assert columns(engine) == columns(database(tmp_path / "new"))
    assert indexes(engine) == indexes(database(tmp_path / "new"))
    store = AlertStore(engine)
    assert store.accounts()["town"]["rows_read"] == 7
    assert store.corrections() == {}
    assert [a.id for a in store.find(everything=True)] == ["rw-a"]
    assert Listing(engine).part(standing(), most=1, most_members=0).total == 1
    assert len(store.changes("rw-a")) == len(store.quarantined()) == len(table(engine, "inbox")) == 1
    assert ("schema", str(schema.VERSION)) in table(database(tmp_path), "meta")


def test_every_version_has_its_step():
    """From 1 to that of today."""
    assert sorted(MIGRATIONS) == list(range(2, schema.VERSION + 1))


def test_a_death_within_a_migration_leaves_the_old_store(tmp_path):
    """The next start migrates it; nothing was half done."""
    home = old_store(tmp_path)
    environ = os.environ | {VARIABLE: "migration.before_commit"}
    died = subprocess.run([sys.executable, "-c", OPEN, home], env=environ, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL
    with sqlite3.connect(home / "riskwatch.db") as file:
        assert file.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("1",)
        assert "corrected" not in {c[1] for c in file.execute("PRAGMA table_info(accounts)")}
    file.close()
    assert AlertStore(database(home)).accounts()["town"]["rows_read"] == 7


def test_a_newer_store_is_not_touched(tmp_path):
    """Not a table is added to it."""
    home = old_store(tmp_path)
    with sqlite3.connect(home / "riskwatch.db") as file:
        file.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
        before = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
    with pytest.raises(StoreError, match=f"has schema 99, this riskwatch writes {schema.VERSION}"):
        database(home)
    assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == before
    file.close()


def test_who_holds_the_database_for_long_is_told(tmp_path):
    """Not as an error of SQLite, but with what to do."""
    engine = database(tmp_path)
    sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=50"))
    engine.dispose()
    holder = sqlite3.connect(tmp_path / "riskwatch.db")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program holds it for over 10 s"), engine.begin() as tx:
        tx.execute(schema.inbox.insert().values(kind="clock", body="{}", events=None))
    holder.close()
