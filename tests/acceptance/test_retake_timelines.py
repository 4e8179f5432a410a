"""A mapping is mended: the rows that it refused are taken, once, and every one of them is accounted for."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from retake_town import Call, account, calls, configs, opened, written

from riskwatch.core.alerts import AlertKind
from riskwatch.desk import Desk
from riskwatch.ingest import retaking
from riskwatch.ingest.sent import Form, Sent
from riskwatch.store.quarantine import QuarantineRows


@pytest.fixture(scope="module")
def half_read_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store of all calls; of every second one the mapping does not read the instant."""
    folder = tmp_path_factory.mktemp("half")
    rows = [replace(c, iso=n % 2 == 1) for n, c in enumerate(calls())]
    desk = opened(folder / "home", overlay=configs(folder / "wrong", mended=False))
    desk.replay(written(folder / "calls.csv", rows), "town")
    return folder / "home"


@pytest.fixture
def half_read(half_read_once: Path, tmp_path: Path) -> Desk:
    """A copy of that store."""
    return opened(Path(shutil.copytree(half_read_once, tmp_path / "home")))


def mended(desk: Desk, folder: Path) -> Desk:
    """The same store, opened with the mended mapping."""
    return opened(desk.place.home, overlay=configs(folder, mended=True))


def test_half_a_file_is_taken_once_its_format_is_mended(half_read, tmp_path):
    """Rows leave quarantine for what they are: most come late, and the account adds up before and after."""
    before = account(half_read)
    assert before["quarantined"] == before["rows_read"] // 2
    desk = mended(half_read, tmp_path / "right")
    made = desk.retake()
    after = account(desk)
    assert made.taken() == made.rows == before["quarantined"]
    assert (made.still, made.kept_back) == (Counter(), Counter())
    assert after["rows_read"] == before["rows_read"]
    assert after["quarantined"] == 0
    assert after["late"] == made.outcomes()["late"] > 0.9 * made.rows
    assert after["accepted"] - before["accepted"] == made.outcomes()["accepted"]
    assert desk.alerts.quarantined() == []


def test_a_second_retake_takes_nothing(half_read, tmp_path):
    """The inbox, the account and the alerts stay as the first left them."""
    desk = mended(half_read, tmp_path / "right")
    first = desk.retake()
    entries, counted = desk.inbox.last(), account(desk)
    again = desk.retake()
    assert (again.rows, again.batches) == (0, [])
    assert (desk.inbox.last(), account(desk)) == (entries, counted)
    left = QuarantineRows(desk.database).left(10_000)
    assert len(left) == first.rows
    assert {row["seq"] for row in left} == {batch.receipt for batch in first.batches}


def test_a_dry_run_says_what_would_come_and_writes_nothing(half_read, tmp_path):
    """As many rows and as many late ones as the retake has then; ids of its own are no duplicates here."""
    desk = mended(half_read, tmp_path / "right")
    entries, counted = desk.inbox.last(), account(desk)
    foreseen = desk.retake(dry=True)
    assert (desk.inbox.last(), account(desk)) == (entries, counted)
    assert len(desk.alerts.quarantined(10_000)) == counted["quarantined"]
    made = desk.retake()
    assert foreseen.taken() == made.taken()
    assert foreseen.outcomes() == made.outcomes()


def test_without_a_mended_mapping_nothing_moves(half_read):
    """The rows stay with their reason, and no entry is made for nothing."""
    entries, counted = half_read.inbox.last(), account(half_read)
    made = half_read.retake()
    assert (made.taken(), made.still) == (0, Counter(bad_time=counted["quarantined"]))
    assert made.details["bad_time"].endswith("(column 'when')")
    assert (half_read.inbox.last(), account(half_read)) == (entries, counted)


def test_a_row_that_came_again_meanwhile_is_a_duplicate(half_read, tmp_path):
    """The department mended its file and sent it under another name before the mapping was mended."""
    again = written(tmp_path / "again.csv", calls())
    half_read.replay(again, "town", stream="again")
    desk = mended(half_read, tmp_path / "right")
    before = account(desk)
    made = desk.retake()
    found = made.outcomes()
    assert found["duplicate"] > 0.7 * made.rows  # ids are remembered for 14 days: earlier rows are late
    assert found["duplicate"] + found["late"] == made.rows
    assert account(desk)["accepted"] == before["accepted"]


def test_what_fails_still_stays_with_its_new_reason(half_read, tmp_path):
    """The instants are read now, and rows of a place that nobody knows are told apart."""
    rows = [Call("x1", calls()[-1].at, "SOUTH", "FEVER", iso=True), ("x2", "", "", "")]
    half_read.replay(written(tmp_path / "more.csv", rows), "town", stream="more")
    desk = mended(half_read, tmp_path / "right")
    made = desk.retake()
    assert made.still == Counter(unknown_area=1, bad_time=1)
    assert made.details["unknown_area"] == "'SOUTH' (column 'town')"
    assert sorted(row["reason"] for row in desk.alerts.quarantined()) == ["bad_time", "unknown_area"]
    account(desk)


def test_rows_are_chosen_by_source_and_reason(tmp_path):
    """Others wait."""
    rows = [replace(c, iso=n % 5 == 1, coded=n % 5 == 2) for n, c in enumerate(calls())]
    wrong = configs(tmp_path / "wrong", mended=False)
    desk = opened(tmp_path / "home", overlay=wrong)
    desk.replay(written(tmp_path / "calls.csv", rows), "town")
    aside = QuarantineRows(desk.database).reasons()
    desk = mended(desk, tmp_path / "right")
    assert desk.retake(source="nowhere").rows == 0
    assert desk.retake(source="town", reason="unknown_code").taken() == aside["unknown_code"]
    assert QuarantineRows(desk.database).reasons() == {"bad_time": aside["bad_time"]}


def test_rows_that_come_before_their_tick_is_decided_warn(tmp_path):
    """With a day's lateness the burst is taken from quarantine in time, and its alert opens."""
    rows = [replace(c, coded=c.title == "FEVER" and c.town == "EAST") for c in calls()]
    given = {"lateness_min": 1440}
    desk = opened(tmp_path / "home", overlay=configs(tmp_path / "wrong", mended=False, **given))
    quiet = [c for c in rows if not c.coded]
    desk.replay(written(tmp_path / "quiet.csv", quiet), "town", stream="quiet")
    cut = calls()[-1].at - timedelta(days=1)
    desk.replay(written(tmp_path / "burst.csv", [c for c in rows if c.coded and c.at > cut]), "town")
    desk = opened(desk.place.home, overlay=configs(tmp_path / "right", mended=True, **given))
    made = desk.retake()
    assert made.outcomes()["accepted"] >= 80
    _pass(desk, days=2)
    assert any(a.kind is AlertKind.RISK and a.area == "EAST" for a in desk.alerts.find(everything=True))


def test_a_retaken_row_corrects_nothing(tmp_path):
    """It may be older than what it would correct: a known id is a plain duplicate then."""
    rows, given = calls(), {"corrections": True, "lateness_min": 1440}
    last = replace(rows[-1], at=rows[-1].at - timedelta(minutes=1))
    old = replace(last, title="FALL", iso=True)
    desk = opened(tmp_path / "home", overlay=configs(tmp_path / "wrong", mended=False, **given))
    desk.replay(written(tmp_path / "calls.csv", [*rows[:-1], old, last]), "town")
    desk = opened(desk.place.home, overlay=configs(tmp_path / "right", mended=True, **given))
    made = desk.retake()
    assert made.outcomes() == dict.fromkeys(made.outcomes(), 0) | {"duplicate": 1}
    assert desk.alerts.corrections() == {}


def test_a_correction_of_a_retaken_row_is_one(tmp_path):
    """Its content is remembered from then on, as if it had been taken when it came."""
    rows, given = calls(), {"corrections": True, "lateness_min": 1440}
    desk = opened(tmp_path / "home", overlay=configs(tmp_path / "wrong", mended=False, **given))
    desk.replay(written(tmp_path / "calls.csv", [*rows[:-1], replace(rows[-1], iso=True)]), "town")
    desk = opened(desk.place.home, overlay=configs(tmp_path / "right", mended=True, **given))
    assert desk.retake().outcomes()["accepted"] == 1
    later = replace(rows[-1], town="WEST")
    desk.replay(written(tmp_path / "later.csv", [later]), "town", stream="later")
    assert desk.alerts.corrections()["town"] == {"corrected": 1, "uncorrected": 0}


def test_rows_that_were_sent_are_taken_again(tmp_path):
    """A request is answered for what it was; its rows leave quarantine under a receipt of their own."""
    desk = opened(tmp_path / "home", overlay=configs(tmp_path / "wrong", mended=False))
    desk.replay(written(tmp_path / "calls.csv", calls()), "town")
    at = desk.clock.now() - timedelta(minutes=5)
    row = {"id": "s1", "town": "EAST", "title": "PYREXIA", "when": f"{at:%F %T}"}
    receipt, _ = desk.take("town", Sent(json.dumps(row).encode(), Form.LINES))
    desk.applied(receipt.seq)
    assert [reason for _, reason, _ in receipt.refused] == ["unknown_code"]
    desk = mended(desk, tmp_path / "right")
    (batch,) = desk.retake().batches
    assert (batch.rows, dict(batch.outcomes)) == (1, {"accepted": 1})
    assert desk.receipts.get(batch.receipt).outcomes == b"\0"
    assert account(desk)["quarantined"] == 0


def test_a_running_engine_takes_what_another_process_retakes(half_read, tmp_path):
    """It has read the old mapping; the rows come to it through the inbox."""
    stop, ready = threading.Event(), threading.Event()

    def run() -> None:
        with half_read.engine() as pipeline:
            ready.set()
            while not stop.wait(0.01):
                pipeline.catch_up()

    running = threading.Thread(target=run)
    running.start()
    try:
        assert ready.wait(120)
        made = mended(half_read, tmp_path / "right").retake()
    finally:
        stop.set()
        running.join()
    half_read.applied(half_read.inbox.last())  # should the engine have been slow
    (batch,) = made.batches
    assert made.rows == made.taken() == len(half_read.receipts.get(batch.receipt).outcomes) > 200
    assert account(half_read)["quarantined"] == 0


def test_two_retakes_at_once_take_each_row_once(half_read, tmp_path):
    """Whichever comes second finds nothing, or what the first has left."""
    desk = mended(half_read, tmp_path / "right")
    waiting = account(desk)["quarantined"]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda n: opened(desk.place.home).retake(), range(2)))
    desk.applied(desk.inbox.last())  # should the second have waited for the engine of the first in vain
    assert sum(m.taken() for m in made) == waiting
    assert len(QuarantineRows(desk.database).left(10_000)) == waiting
    assert account(desk)["quarantined"] == 0


def test_a_large_quarantine_leaves_in_pieces(half_read, tmp_path, monkeypatch):
    """Each is a batch of its own; together they are what one would be."""
    whole = mended(half_read, tmp_path / "right")
    home = Path(shutil.copytree(whole.place.home, tmp_path / "pieces"))
    monkeypatch.setattr(retaking, "_AT_ONCE", 100)
    made, pieces = opened(home), opened(home).retake()
    monkeypatch.undo()
    assert [b.rows for b in pieces.batches] == [100, 100, pieces.rows - 200]
    assert pieces.outcomes() == whole.retake().outcomes()
    assert account(made) == account(whole)


def test_rows_of_departments_move_from_the_mapping_to_them(tmp_path):
    """A refused row counts for the source whose mapping read it, a retaken one for its department."""
    wrong = configs(tmp_path / "wrong", mended=False)
    right = configs(tmp_path / "right", mended=True)
    for folder in (wrong, right):
        file = folder / "sources" / "town.yaml"
        named = "  source: {column: id, kind: code, codes: same}\n"
        file.write_text(file.read_text().replace("  id: {column: id, kind: id}\n", named))
    rows = [replace(c, id="fire" if n % 2 else "clinic", iso=n % 4 == 1) for n, c in enumerate(calls())]
    desk = opened(tmp_path / "home", overlay=wrong)
    desk.replay(written(tmp_path / "calls.csv", rows), "town")
    aside = desk.alerts.accounts()["town"]
    assert aside["rows_read"] == aside["quarantined"] > 100
    read = sum(a["rows_read"] for a in desk.alerts.accounts().values())
    desk = opened(desk.place.home, overlay=right)
    made = desk.retake()
    accounts = desk.alerts.accounts()
    assert set(accounts["town"].values()) == {0}
    assert made.outcomes()["late"] == accounts["fire"]["late"] > 100
    assert sum(a["rows_read"] for a in accounts.values()) == read == len(rows)


def _pass(desk: Desk, *, days: float) -> None:
    from riskwatch.core.clock import DAY_US
    from riskwatch.store.inbox import EntryKind

    desk.applied(desk.inbox.append(EntryKind.CLOCK, {"at_us": desk.clock_us() + round(days * DAY_US)}))
