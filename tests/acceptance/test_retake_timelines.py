"""A mapping is mended: the rows that it refused are taken, once, and every one of them is accounted for."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from retake_town import Call, account, calls, configs, opened, written

from riskwatch.core.alerts import AlertKind
from riskwatch.desk import Desk
from riskwatch.ingest.sent import Form, Sent
from riskwatch.store.quarantine import QuarantineRows


@pytest.fixture
def half_read(tmp_path: Path) -> Desk:
    """All calls, of which every second one carries an instant that the mapping does not read."""
    rows = [replace(c, iso=n % 2 == 1) for n, c in enumerate(calls())]
    desk = opened(tmp_path / "home", overlay=configs(tmp_path / "wrong", mended=False))
    desk.replay(written(tmp_path / "calls.csv", rows), "town")
    return desk


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


def _pass(desk: Desk, *, days: float) -> None:
    from riskwatch.core.clock import DAY_US
    from riskwatch.store.inbox import EntryKind

    desk.applied(desk.inbox.append(EntryKind.CLOCK, {"at_us": desk.clock_us() + round(days * DAY_US)}))
