"""Opening the store: what is promised of SQLite, and what is said when it cannot be opened."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from made_store import database

from riskwatch.core.errors import MissingExtra, RiskwatchError, StoreError
from riskwatch.store import schema
from riskwatch.store.database import checkpoint, open_database


def test_sqlite_keeps_what_it_acknowledged(tmp_path):
    """WAL with synchronous=FULL (2), on every connection."""
    engine = database(tmp_path / "made" / "here")
    for _ in range(2):
        with engine.connect() as one, engine.connect() as two:
            for tx in (one, two):
                assert tx.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
                assert tx.execute(sa.text("PRAGMA synchronous")).scalar() == 2
                assert tx.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1
                assert tx.execute(sa.text("PRAGMA busy_timeout")).scalar() == 10_000


def test_a_checkpoint_empties_the_log_that_nobody_reads(tmp_path):
    """What was committed stands in the file alone; a database without a log is left alone."""
    engine = database(tmp_path)
    with engine.begin() as tx:
        tx.execute(schema.meta.insert().values(key="k", value="v"))
    checkpoint(engine)
    with sqlite3.connect(f"file:{tmp_path / 'riskwatch.db'}?immutable=1", uri=True) as file:
        assert file.execute("SELECT value FROM meta WHERE key = 'k'").fetchone() == ("v",)
    file.close()
    checkpoint(sa.create_engine("sqlite://"))


def test_opening_twice_changes_nothing(tmp_path):
    """The tables are made once."""
    database(tmp_path)
    with database(tmp_path).connect() as tx:
        assert tx.execute(sa.select(schema.meta)).all() == [("schema", str(schema.VERSION))]


def test_a_store_of_another_version_is_refused(tmp_path):
    """With both versions, and what to do."""
    with database(tmp_path).begin() as tx:
        tx.execute(schema.meta.update().values(value="99"))
    with pytest.raises(StoreError) as error:
        database(tmp_path)
    assert str(error.value) == (
        f"the store has schema 99, this riskwatch writes {schema.VERSION}; "
        "open it with the version that wrote it, or name another with --store DIR"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [("nonsense", "nonsense"), ("postgres://ann:secret@host/db", "postgres://***@host/db"), ("", None)],
)
def test_a_url_that_is_none_is_refused_without_its_password(tmp_path, url, shown):
    """An empty one means the default."""
    if shown is None:
        assert open_database(url, tmp_path).dialect.name == "sqlite"
        return
    with pytest.raises(StoreError) as error:
        open_database(url, tmp_path)
    assert str(error.value) == (
        f"RISKWATCH_DB: '{shown}' is not a database URL; write one like postgresql+psycopg://user@host/name"
    )


def test_a_driver_that_is_not_installed_names_its_extra(tmp_path):
    """And how to install it."""
    with pytest.raises((MissingExtra, RiskwatchError)) as error:
        open_database("postgresql+pg8000://ann@127.0.0.1:1/x", tmp_path)
    assert "pip install 'riskwatch[postgres]'" in str(error.value)


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_cannot_be_made_is_told(tmp_path, below):
    """A file in its place, or on the way to it."""
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / below if below else tmp_path / "file"
    with pytest.raises(
        StoreError, match=r"cannot be made a store \(.*\); name a folder that may be written"
    ):
        open_database(None, home)


def test_a_file_that_is_no_store_or_cannot_be_written_is_told(tmp_path):
    """Text instead of a database, a folder that is not there, a database that may only be read."""
    (tmp_path / "riskwatch.db").write_text(
        "this is not a database at all, it is a text of some length\n" * 50
    )
    with pytest.raises(StoreError, match=r"cannot be opened: file is not a database; check the path"):
        database(tmp_path)
    with pytest.raises(StoreError, match=r"cannot be opened: unable to open database file; check the path"):
        open_database(f"sqlite:///{tmp_path}/no/such/x.db", tmp_path)
    other = tmp_path / "read.db"
    sqlite3.connect(other).close()
    with pytest.raises(StoreError, match=r"cannot be opened: .*; check the path and its rights"):
        open_database(f"sqlite:///file:{other}?mode=ro&uri=true", tmp_path)
