"""The inbox: one order, durable, and a batch with its stream's place or not at all."""

from __future__ import annotations

import threading

import pytest
from made_store import database, table

from riskwatch.core.events import empty_batch
from riskwatch.store.inbox import EntryKind, Inbox, Quarantine, SentBatch, SentReceipt, StreamPlace
from riskwatch.store.meta import Meta
from riskwatch.testing.made import MONDAY_US, made_batch

PLACE = StreamPlace("town", "calls", {"row": 1})


def batch(n: int):
    return made_batch(
        [(f"x{i}", "town", "A0", "s0_0", MONDAY_US + i, MONDAY_US + i, 1.0) for i in range(n)]
    )


def test_entries_come_back_in_order_and_as_they_were(tmp_path):
    """Batches with their events, the others with their bodies; behind any position."""
    inbox = Inbox(database(tmp_path))
    assert (inbox.last(), list(inbox.after(0))) == (0, [])
    one = inbox.append_batch({"source": "town"}, batch(3), PLACE, [])
    two = inbox.append(EntryKind.CLOCK, {"at_us": 5})
    three = inbox.append(EntryKind.ACTION, {"kind": "ack", "note": "县"})
    assert 0 < one < two < three == inbox.last()
    entries = list(inbox.after(0))
    assert [(e.seq, e.kind, e.body) for e in entries] == [
        (one, "batch", {"source": "town"}),
        (two, "clock", {"at_us": 5}),
        (three, "action", {"kind": "ack", "note": "县"}),
    ]
    assert entries[0].events.equals(batch(3))
    assert [e.events for e in entries[1:]] == [None, None]
    assert [e.seq for e in inbox.after(two)] == [three]


def test_a_batch_that_was_sent_reads_the_same_from_memory_and_from_the_store(tmp_path):
    """Its appender holds a few of the newest; whoever opens the store anew unpacks them."""
    inbox, held = Inbox(database(tmp_path)), {"row": 0}
    for n in range(7):
        sent = SentBatch({"source": "town", "n": n}, batch(n + 1), [], SentReceipt(None, "d", 5, n + 1, ()))
        place, before = {"row": n + 1}, held if n else None
        assert inbox.append_sent(sent, StreamPlace("town", "sent", place), before)
        held = place
    stale = StreamPlace("town", "sent", {"row": 9})
    assert inbox.append_sent(sent, stale, {"row": 1}) is None
    again = Inbox(inbox._database)
    for one, other in zip(inbox.after(0), again.after(0), strict=True):
        assert (one.seq, one.body) == (other.seq, other.body)
        assert one.events.equals(other.events)
        assert one.events.schema == other.events.schema
    assert [e.events.num_rows for e in inbox.after(0)] == list(range(1, 8))


def test_reading_sees_what_is_appended_meanwhile(tmp_path):
    """Entries are read one at a time: none is held back, none is seen twice."""
    inbox = Inbox(database(tmp_path))
    inbox.append(EntryKind.CLOCK, {"n": 0})
    seen = []
    for entry in inbox.after(0):
        seen.append(entry.body["n"])
        if len(seen) < 5:
            inbox.append(EntryKind.CLOCK, {"n": len(seen)})
    assert seen == [0, 1, 2, 3, 4]


def test_a_batch_of_nothing_is_an_entry_too(tmp_path):
    """An empty table keeps its schema."""
    inbox = Inbox(database(tmp_path))
    inbox.append_batch({"source": "town"}, empty_batch(), PLACE, [])
    assert next(inbox.after(0)).events.equals(empty_batch())


def test_a_stream_stands_where_its_last_batch_ended(tmp_path):
    """Each source and stream has its own place."""
    inbox = Inbox(database(tmp_path))
    assert inbox.stream("town", "calls") is None
    for row in (1, 2):
        inbox.append_batch({}, batch(1), StreamPlace("town", "calls", {"row": row}), [])
    inbox.append_batch({}, batch(1), StreamPlace("town", "else", {"row": 9}), [])
    assert inbox.stream("town", "calls") == {"row": 2}
    assert inbox.stream("town", "else") == {"row": 9}


def test_a_batch_that_fails_leaves_neither_entry_nor_place(tmp_path):
    """The quarantine is written in the same transaction."""
    engine = database(tmp_path)
    inbox = Inbox(engine)
    bad = [Quarantine(1, "bad_time", {"when": "x"}), Quarantine(2, None, {})]
    with pytest.raises(Exception, match="NOT NULL"):
        inbox.append_batch({}, batch(1), PLACE, bad)
    assert inbox.last() == 0
    assert inbox.stream("town", "calls") is None
    assert table(engine, "quarantine") == []
    inbox.append_batch({}, batch(1), PLACE, bad[:1])
    assert [r.reason for r in table(engine, "quarantine")] == ["bad_time"]


def test_writers_at_once_share_one_order(tmp_path):
    """Four threads and their own connections: every entry has its place, none is lost."""
    Inbox(database(tmp_path))

    def write(name: int) -> None:
        mine = Inbox(database(tmp_path))
        for n in range(10):
            mine.append(EntryKind.CLOCK, {"name": name, "n": n})

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = list(Inbox(database(tmp_path)).after(0))
    assert len({e.seq for e in entries}) == len(entries) == 40
    for k in range(4):
        assert [e.body["n"] for e in entries if e.body["name"] == k] == list(range(10))


def test_facts_are_kept_and_pinned(tmp_path):
    """`set` writes over, `set_once` keeps the first."""
    meta = Meta(database(tmp_path))
    assert meta.get("x") is None
    meta.set("x", "1")
    meta.set("x", "2")
    assert meta.get("x") == "2"
    assert meta.set_once("y", "a") == "a"
    assert meta.set_once("y", "b") == "a"
    assert Meta(database(tmp_path)).get("y") == "a"
