"""Retention: what has outlived its time goes, evidence stays, and the engine goes on as if nothing had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from desk_town import ROOT, configs, opened, outside, parts

from riskwatch.core.clock import DAY_US
from riskwatch.core.errors import ConfigError
from riskwatch.core.fail_points import VARIABLE
from riskwatch.core.retention import RetentionRules
from riskwatch.desk import Desk
from riskwatch.store import schema
from riskwatch.store.database import open_database
from riskwatch.store.evidence import Evidence
from riskwatch.store.retention import Retention

RULES = "inbox_days: 3\nquarantine_days: 3\nidempotency_days: 3\n"


@pytest.fixture
def replayed(tmp_path: Path) -> tuple[Desk, list[Path]]:
    """A store of seventeen days in four batches; the first ends four days before the last."""
    overlay = configs(tmp_path / "configs")
    (overlay / "retention.yaml").write_text(RULES)
    files = parts(tmp_path)
    files[0].write_text(files[0].read_text() + "NOWHERE,FEVER,2025-01-10 00:00:00\n")
    desk = opened(tmp_path / "store", sources=["town"], overlay=overlay)
    for n, file in enumerate(files):
        desk.replay(file, "town", stream=f"part{n}")
    return desk, files


def table(engine: sa.Engine, name: str) -> list[sa.Row]:
    with engine.connect() as tx:
        return list(tx.execute(sa.select(schema.metadata.tables[name])))


def expire(desk: Desk) -> None:
    while desk.retention.expire(desk.clock_us()):
        pass


def behind(desk: Desk) -> dict[str, pa.Table]:
    """The rows behind each alert, looked for in the whole inbox."""
    found = {}
    for pinned in Evidence(desk.inbox._database, desk.settings.world).alerts():
        found[pinned.alert] = pa.concat_tables(
            [pinned.of(e.events) for e in desk.inbox.after(0) if e.events]
        )
    return found


def test_old_entries_go_and_the_evidence_of_alerts_stays(replayed):
    """What an alert rests on can be read afterwards as before, partly pinned and partly in the inbox."""
    desk, _ = replayed
    before, was = behind(desk), outside(desk.place.home)
    assert before
    assert any(t.num_rows > 5 for t in before.values())
    stocks = {s.name: (s.stands, s.goes) for s in desk.retention.stocks(desk.clock_us())}
    assert stocks == {"inbox": (4, 1), "quarantine": (1, 1), "corrections": (0, 0), "receipts": (0, 0)}
    expire(desk)
    assert [e.seq for e in desk.inbox.after(0)] == [2, 3, 4]
    assert desk.alerts.quarantined() == []
    evidence, after = Evidence(desk.inbox._database, desk.settings.world), behind(desk)
    for alert, rows in before.items():
        both = [t.unify_dictionaries() for t in (*evidence.rows(alert), after[alert])]
        assert pa.concat_tables(both).to_pylist() == rows.to_pylist()
    assert outside(desk.place.home) == was
    expire(desk)
    assert desk.retention.stocks(desk.clock_us())[0].stands == 3


def test_the_engine_goes_on_from_its_snapshot(replayed):
    """A restart replays nothing that is gone, and what is sent again is known."""
    desk, files = replayed
    expire(desk)
    was = outside(desk.place.home)
    again = opened(desk.place.home)
    with again.engine() as pipeline:
        assert pipeline.position == 4
    assert outside(desk.place.home) == was
    told = again.replay(files[3], "town", stream="part3").account
    assert (told["rows_read"], told["accepted"]) == (told["duplicate"], 0)
    assert outside(desk.place.home)["alerts"] == was["alerts"]


def test_nothing_goes_beyond_the_older_snapshot(replayed):
    """However old it is: a restart from that one must find what comes after."""
    desk, _ = replayed
    hard = Retention(
        desk.inbox._database, desk.settings.world, RetentionRules(inbox_days=1e-6, idempotency_days=1e-6)
    )
    while hard.expire(desk.clock_us() + DAY_US):
        pass
    assert [e.seq for e in desk.inbox.after(0)] == [4]
    with desk.inbox._database.begin() as tx:
        tx.execute(schema.snapshots.delete())
    assert hard.stocks(desk.clock_us() + DAY_US)[0].goes == 0


def test_a_death_between_copy_and_removal_changes_nothing(replayed):
    """Both are one transaction; the command is run again."""
    desk, _ = replayed
    command = [
        sys.executable,
        "-m",
        "riskwatch",
        "retention",
        "--apply",
        "--json",
        "--store",
        desk.place.home,
    ]
    environ = os.environ | {"RISKWATCH_WORKSPACE": str(ROOT)}
    died = subprocess.run(
        command,
        env=environ | {VARIABLE: "retention.before_commit"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert len(list(desk.inbox.after(0))) == 4
    assert table(desk.inbox._database, "evidence") == []
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert '{"name": "inbox", "stands": 4, "goes": 1, "applied": true}' in done.stdout
    assert len(list(desk.inbox.after(0))) == 3
    assert table(desk.inbox._database, "evidence")


def test_marks_do_not_grow_for_ever(replayed):
    """They go with what they date."""
    desk, _ = replayed
    assert len(table(desk.inbox._database, "marks")) == 3  # two of the four batches end within one day
    expire(desk)
    assert len(table(desk.inbox._database, "marks")) == 3  # the oldest still dates what stands
    rules = RetentionRules(inbox_days=0.01, quarantine_days=0.01, idempotency_days=0.01)
    Retention(desk.inbox._database, desk.settings.world, rules).expire(desk.clock_us() + DAY_US)
    assert len(table(desk.inbox._database, "marks")) == 1


def test_receipts_and_late_corrections_go_by_their_instant(tmp_path):
    """With the keys of the receipts."""
    engine = open_database(None, tmp_path)
    with engine.begin() as tx:
        for n, at_us in ((1, 0), (2, 20 * DAY_US)):
            given = {"seq": n, "source": "town", "at_us": at_us}
            tx.execute(
                schema.receipts.insert().values(**given, key=f"k{n}", digest="", rows=0, refused="[]")
            )
            tx.execute(schema.corrections.insert().values(**given, row=0, body="{}"))
    Retention(engine, None, RetentionRules(quarantine_days=5)).expire(
        21 * DAY_US
    )  # no world: no entry to pin
    assert [row.seq for row in table(engine, "receipts")] == [2]
    assert [row.seq for row in table(engine, "corrections")] == [2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "inbox_days: 0\n",
            "retention.yaml: inbox_days: 0 is not accepted; input should be greater than 0",
        ),
        (
            "inbox_months: 3\n",
            "retention.yaml: inbox_months: is not a known key; remove it or fix its spelling",
        ),
        (
            "inbox_days: 5\n",
            "retention.yaml: inbox_days 5 is less than idempotency_days 14; "
            "keep the inbox at least as long as the answers about it",
        ),
    ],
)
def test_rules_that_make_no_sense_are_told(tmp_path, text, told):
    """With what to do."""
    overlay = configs(tmp_path / "configs")
    (overlay / "retention.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        opened(tmp_path / "store", sources=["town"], overlay=overlay)
    assert str(error.value) == told
