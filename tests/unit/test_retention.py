"""Retention: what has outlived its time goes, evidence stays, and the engine goes on as if nothing had."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from desk_town import ROOT, configs, opened, outside, parts

from riskwatch.core.alerts import State
from riskwatch.core.clock import DAY_US, from_us
from riskwatch.core.errors import ConfigError
from riskwatch.core.fail_points import VARIABLE
from riskwatch.core.retention import RetentionRules
from riskwatch.core.sends import Send, SendReason
from riskwatch.desk import Desk
from riskwatch.store import schema
from riskwatch.store.database import open_database
from riskwatch.store.evidence import Evidence
from riskwatch.store.outbox import SendStatus, row_of
from riskwatch.store.retention import Retention

RULES = "inbox_days: 3\nquarantine_days: 3\nidempotency_days: 3\n"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A store of seventeen days in four batches; the first ends four days before the last."""
    folder = tmp_path_factory.mktemp("lived")
    overlay = configs(folder / "configs")
    (overlay / "retention.yaml").write_text(RULES)
    files = parts(folder)
    files[0].write_text(files[0].read_text() + "NOWHERE,FEVER,2025-01-10 00:00:00\n")
    desk = opened(folder / "store", sources=["town"], overlay=overlay)
    for n, file in enumerate(files):
        desk.replay(file, "town", stream=f"part{n}")
    desk.database.dispose()
    return desk.place.home, files


@pytest.fixture
def replayed(lived: tuple[Path, list[Path]], tmp_path: Path) -> tuple[Desk, list[Path]]:
    """A copy of it."""
    home, files = lived
    shutil.copytree(home, tmp_path / "store")
    return opened(tmp_path / "store"), files


def table(engine: sa.Engine, name: str) -> list[sa.Row]:
    with engine.connect() as tx:
        return list(tx.execute(sa.select(schema.metadata.tables[name])))


def expire(desk: Desk) -> None:
    while desk.retention.expire(desk.clock_us()):
        pass


def home_rules(desk: Desk) -> Path:
    """The store's own copy."""
    return desk.place.home / "configs" / "retention.yaml"


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
    days = len(desk.feature_log().days())
    assert days > 10
    assert stocks == {
        "inbox": (4, 1),
        "quarantine": (1, 1),
        "corrections": (0, 0),
        "receipts": (0, 0),
        "outbox": (0, 0),
        "features": (days, 0),
    }
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


def test_a_desk_lets_old_days_of_the_feature_log_go(replayed):
    """By their own key, whole days; what is not that old stays readable."""
    desk, _ = replayed
    home_rules(desk).write_text(RULES + "feature_log_days: 5\n")
    again = opened(desk.place.home)
    before = again.feature_log().days()
    expire(again)
    kept = again.feature_log().days()
    assert kept == [d for d in before if d >= from_us(again.clock_us() - 5 * DAY_US).date()]
    assert 4 <= len(kept) < len(before)
    assert again.feature_log().read(kept[0]).ticks.num_rows == 96
    features = {s.name: s for s in again.retention.stocks(again.clock_us())}["features"]
    assert (features.stands, features.goes) == (len(kept), 0)


SENDS = [  # id, alert, status, ended on day, goes
    ("delivered", "over", SendStatus.DELIVERED, 1, True),
    ("dead", "over", SendStatus.DEAD, 2, True),
    ("by-engine", "over", SendStatus.CANCELLED, None, True),
    ("recently", "over", SendStatus.DELIVERED, 90, False),
    ("pending", "over", SendStatus.PENDING, None, False),
    ("leased", "over", SendStatus.LEASED, None, False),
    ("of-open", "stands", SendStatus.DELIVERED, 1, False),
    ("of-recent", "just-over", SendStatus.DELIVERED, 1, False),
    ("heartbeat", "", SendStatus.DELIVERED, 1, True),
]


def test_sends_go_when_they_and_their_alert_have_ended_long_ago(tmp_path):
    """Never one that is unsent, nor what tells whom a standing alert was told."""
    engine = open_database(None, tmp_path)
    alerts = [("over", State.CLOSED, 3), ("stands", State.OPEN, 3), ("just-over", State.RETURNED, 90)]
    with engine.begin() as tx:
        for name, state, day in alerts:
            given = {"id": name, "kind": "risk", "area": "T", "signature": "s", "level": 4, "shown": True}
            given |= {"state": str(state), "opened_at_us": 0, "updated_at_us": day * DAY_US}
            tx.execute(schema.alerts.insert().values(**given, revision=1, body="{}"))
        for name, alert, status, day, _ in SENDS:
            send = Send(name, alert, 1, "T", "mail", SendReason.FIRST, due_us=DAY_US)
            ended_us = None if day is None else day * DAY_US
            row = row_of(send) | {"status": str(status), "ended_us": ended_us}
            tx.execute(schema.outbox.insert().values(**row))
    kept = Retention(engine, None, RetentionRules(inbox_days=30))
    now_us = 100 * DAY_US
    stock = {s.name: s for s in kept.stocks(now_us)}["outbox"]
    assert (stock.stands, stock.goes) == (9, 4)
    assert not kept.expire(now_us)
    assert {row.id for row in table(engine, "outbox")} == {name for name, *_, goes in SENDS if not goes}


def test_sends_go_a_piece_at_a_time(tmp_path):
    """So that no worker waits long for its turn to write."""
    engine = open_database(None, tmp_path)
    with engine.begin() as tx:
        for n in range(250):
            send = Send(f"s{n}", "", 1, "T", "mail", SendReason.FIRST, due_us=0)
            row = row_of(send) | {"status": str(SendStatus.DELIVERED), "ended_us": 0}
            tx.execute(schema.outbox.insert().values(**row))
    kept = Retention(engine, None, RetentionRules(inbox_days=30))
    assert kept.expire(100 * DAY_US)
    assert len(table(engine, "outbox")) == 50
    assert not kept.expire(100 * DAY_US)
    assert table(engine, "outbox") == []


def test_the_page_names_every_table():
    """So that nothing comes to grow without a word on how long it is kept."""
    words = set(re.findall(r"[a-z]+", (ROOT / "docs" / "retention.md").read_text()))
    assert set(schema.metadata.tables) - words == set()
    assert {f"{n}_days" for n in ("inbox", "quarantine", "feature_log", "idempotency")} == set(
        RetentionRules.model_fields
    )


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
