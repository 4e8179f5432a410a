"""Rows leave quarantine with the entry they become, or not at all."""

from __future__ import annotations

import sqlalchemy as sa
from made_store import database, table

from riskwatch.core.clock import DAY_US
from riskwatch.core.retention import RetentionRules
from riskwatch.store import schema
from riskwatch.store.alerts import AlertStore
from riskwatch.store.inbox import Inbox, Quarantine, StreamPlace
from riskwatch.store.quarantine import QuarantineRows, RetakenBatch
from riskwatch.store.receipts import Receipts
from riskwatch.store.retention import AsideRows, Retention
from riskwatch.testing.made import MONDAY_US, made_batch

PLACE = StreamPlace("town", "calls", {"row": 1})


def filled(tmp_path, n: int = 5):
    engine = database(tmp_path)
    rows = [Quarantine(i, "bad_time", {"when": f"noon {i}"}) for i in range(n)]
    Inbox(engine).append_batch({"source": "town"}, made_batch([]), PLACE, rows)
    return engine, QuarantineRows(engine)


def taken(*ids: int, source: str = "town") -> RetakenBatch:
    events = made_batch([(f"x{i}", "town", "A0", "s0_0", MONDAY_US, MONDAY_US, 1.0) for i in ids])
    return RetakenBatch({"source": source, "rows": len(ids), "retaken": len(ids)}, ids, events)


def test_rows_leave_with_a_receipt(tmp_path):
    """They are listed no longer, but as gone: when, and as which entry; others have their new reason."""
    engine, rows = filled(tmp_path)
    seqs = rows.retake([taken(1, 3), taken(4, source="other")], {2: "unknown_code"}, MONDAY_US)
    assert seqs == [2, 3]
    assert [k.id for k in rows.behind(0, None, None, 10)] == [2, 5]
    assert rows.reasons() == {"bad_time": 1, "unknown_code": 1}
    assert [(r["id"], r["seq"], r["at_us"]) for r in rows.left(10)] == [
        (4, 3, MONDAY_US),
        (1, 2, MONDAY_US),
        (3, 2, MONDAY_US),
    ]
    assert {r["id"] for r in AlertStore(engine).quarantined()} == {2, 5}
    receipt = Receipts(engine).get(2)
    assert (receipt.rows, receipt.source, receipt.refused, receipt.outcomes) == (2, "town", (), None)


def test_a_row_that_has_left_takes_the_whole_batch_back(tmp_path):
    """Two retakes at once: the second is told to look again, and nothing of it is written."""
    engine, rows = filled(tmp_path)
    assert rows.retake([taken(1, 2)], {}, MONDAY_US) == [2]
    before = {name: table(engine, name) for name in ("inbox", "receipts", "retaken", "quarantine")}
    assert rows.retake([taken(4), taken(2, 3)], {5: "unknown_code"}, MONDAY_US) is None
    assert {name: table(engine, name) for name in before} == before


def test_a_row_that_has_expired_takes_the_whole_batch_back(tmp_path):
    """Retention was faster."""
    engine, rows = filled(tmp_path)
    with engine.begin() as tx:
        tx.execute(sa.delete(schema.quarantine).where(schema.quarantine.c.id == 2))
    assert rows.retake([taken(1, 2)], {}, MONDAY_US) is None
    assert table(engine, "retaken") == []


def test_rows_are_read_in_pieces_of_what_was_asked(tmp_path):
    """Behind a number, of a source, for a reason."""
    _, rows = filled(tmp_path)
    assert [k.id for k in rows.behind(2, "town", "bad_time", 2)] == [3, 4]
    assert rows.behind(0, "other", None, 9) == rows.behind(0, None, "future", 9) == []
    assert rows.behind(0, None, None, 1)[0].mapped == {"when": "noon 0"}


def test_many_rows_leave_in_one_batch(tmp_path):
    """More than fit into one statement."""
    _, rows = filled(tmp_path, 1201)
    assert rows.retake([taken(*range(1, 1202))], {}, MONDAY_US) == [2]
    assert rows.reasons() == {}
    assert len(rows.left(2000)) == 1201


def test_what_left_expires_with_the_quarantine(tmp_path):
    """Both are gone, so that a new row that is given an old number is in quarantine."""
    engine, rows = filled(tmp_path)
    rows.retake([taken(1, 2)], {}, MONDAY_US)
    days = [(1, MONDAY_US), (2, MONDAY_US + DAY_US)]
    marks = [{"position": at, "clock_us": clock_us, "quarantine_id": 5} for at, clock_us in days]
    with engine.begin() as tx:
        tx.execute(schema.marks.insert(), marks)
    AsideRows(engine, 30).expire(MONDAY_US + 1)
    assert table(engine, "quarantine") == table(engine, "retaken") == []
    Inbox(engine).append_batch(
        {"source": "town"}, made_batch([]), PLACE, [Quarantine(9, "bad_time", {"when": "noon"})]
    )
    assert len(rows.behind(0, None, None, 10)) == 1
    AsideRows(engine, 30).expire(MONDAY_US + 2 * DAY_US)  # the second mark is older than the new row
    assert len(rows.behind(0, None, None, 10)) == 1
    assert "quarantine" in {s.name for s in Retention(engine, None, RetentionRules()).stocks(MONDAY_US)}
