"""The loops behind panels, windows and remembered ids, in Python against compiled."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from riskwatch.core.clock import DAY_US
from riskwatch.extract import seen_ids, sliding
from riskwatch.extract.roll_up import roll_up
from riskwatch.extract.seen_ids import SeenIds
from riskwatch.ingest.plain_text import text_bytes


def test_events_roll_up_the_same_in_python():
    """Bounds, series, counts and first instants; the scratch is left as it was."""
    draw = np.random.default_rng(1)
    paths = np.array([[0, -1, -1], [1, 0, -1], [2, 1, 0], [3, 1, 0]], np.int32)
    n = 200
    events = (
        draw.integers(0, 5, n) * 2,
        draw.integers(0, 4, n) * 3 + draw.integers(0, 2, n),
        draw.integers(0, 4, n),
        draw.integers(0, 1000, n),
    )
    told = []
    for loop in (roll_up, roll_up.py_func):
        scratch = (np.zeros(12, np.int64), np.zeros(12, np.int64), np.zeros(1, np.uint64))
        told.append([a.tolist() for a in loop(events, paths, np.array([2, 2]), 3, 9, scratch)])
        assert not scratch[2].any()
    assert told[0] == told[1]
    assert sum(told[0][2]) == 2 * sum(
        (paths[s // 3] >= 0).sum() * c for s, c in zip(events[1], events[2], strict=True)
    )


def test_windows_slide_the_same_in_python():
    """What enters all windows and leaves one."""
    series, counts = np.array([1, 3]), np.array([2, 5])
    for enter, leave, add_to in (
        (sliding.enter, sliding.leave, sliding.add_to),
        tuple(loop.py_func for loop in (sliding.enter, sliding.leave, sliding.add_to)),
    ):
        sums, held = np.zeros((4, 2), np.int32), np.zeros(4, np.int64)
        enter(sums, series, counts)
        leave(sums, series, counts, 1)
        add_to(held, series, counts)
        assert sums.tolist() == [[0, 0], [2, 0], [0, 0], [5, 0]]
        assert held.tolist() == [0, 2, 0, 5]


def test_hashes_of_ids_differ_and_repeat():
    """A hundred thousand texts of every length have as many hashes, and Python says the same ones."""
    texts = [hashlib.sha256(str(i).encode()).hexdigest()[: 1 + i % 64] + str(i) for i in range(100_000)]
    offsets, data = text_bytes(pa.array(texts))
    salt = np.zeros(len(texts), np.uint64)
    found = seen_ids.hashed(offsets, data, salt)
    assert len(np.unique(found)) == len(texts)
    assert not np.array_equal(found, seen_ids.hashed(offsets, data, salt + np.uint64(1)))
    with np.errstate(over="ignore"):
        assert seen_ids.hashed.py_func(offsets[:50], data, salt[:49]).tolist() == found[:49].tolist()


@pytest.mark.parametrize("at_once", [1, 4, 32])
def test_remembered_ids_survive_growing_and_forgetting(at_once, monkeypatch):
    """A table that is made anew many times answers as a dict of last days does, and so does its state.

    Also while it is moved, however little of it with each batch.
    """
    monkeypatch.setattr(seen_ids, "_AT_ONCE", at_once)
    draw = np.random.default_rng(2)
    seen, last = SeenIds(3 * DAY_US), dict[int, int]()
    for day in range(40):
        keys = draw.integers(1, 40_000, 3_000).astype(np.uint64)
        want = []
        for key in keys.tolist():
            known = day - last.get(key, -100) <= 3
            want.append(known)
            if not known:
                last[key] = day
        assert seen.mark(keys, np.full(len(keys), day * DAY_US)).tolist() == want
        if day % 7 == 3:
            again = SeenIds(3 * DAY_US)
            again.load(seen.state())
            assert {d: k.tolist() for d, k in again.state().items()} == {
                d: k.tolist() for d, k in seen.state().items()
            }
            seen = again


@pytest.mark.parametrize("room", [128, 256, 1024])
def test_keys_are_carried_into_another_table(room):
    """Those of the day and later, each where looking it up finds it; the same in Python."""
    draw = np.random.default_rng(6)
    table, days = np.zeros(256, np.uint64), np.zeros(256, np.int32)
    keys = draw.integers(1, 2**64, 100, dtype=np.uint64)
    of_day = draw.integers(0, 9, 100).astype(np.int32)
    seen_ids.put(table, days, keys, of_day)
    late = of_day >= 6
    for count, move in (
        (seen_ids.held_since, seen_ids.move),
        (seen_ids.held_since.py_func, seen_ids.move.py_func),
    ):
        assert count(table, days, 6) == late.sum()
        other, other_days = np.zeros(room, np.uint64), np.zeros(room, np.int32)
        move((other, other_days), (table, days), 0, len(table), 6)
        assert sorted(other[other != 0].tolist()) == sorted(keys[late].tolist())
        repeated = np.zeros(100, bool)
        none = np.zeros(0, np.uint64), np.zeros(0, np.int32), 0
        seen_ids.mark((other, other_days), none, keys, of_day.astype(np.int64), 0, repeated)
        assert repeated.tolist() == late.tolist()


def test_keys_are_sorted_into_their_days():
    """Those of the days asked for, as a filter for each day finds them; the same in Python."""
    draw = np.random.default_rng(5)
    keys = draw.permutation(np.arange(200, dtype=np.uint64)) * (draw.random(200) < 0.7).astype(np.uint64)
    days = draw.integers(0, 9, 200).astype(np.int32)
    for loop in (seen_ids.by_day, seen_ids.by_day.py_func):
        found, bounds = loop(keys, days, 2, 6)
        for n, day in enumerate(range(2, 7)):
            want = keys[(keys != 0) & (days == day)]
            assert found[bounds[n] : bounds[n + 1]].tolist() == want.tolist()
        assert len(found) == bounds[-1]


def test_marks_are_the_same_in_python():
    """One by one, with collisions of place."""
    told = []
    for mark, put, move in (
        (seen_ids.mark, seen_ids.put, seen_ids.move),
        (seen_ids.mark.py_func, seen_ids.put.py_func, seen_ids.move.py_func),
    ):
        held, old = ((np.zeros(8, np.uint64), np.zeros(8, np.int32)) for _ in range(2))
        put(*held, np.array([8], np.uint64), np.array([1], np.int32))
        put(*held, np.array([24], np.uint64), np.array([1], np.int32))
        put(*old, np.array([33, 43, 21], np.uint64), np.array([1, -2, 1], np.int32))
        keys = np.array(
            [8, 16, 0, 16, 24, 33, 43, 21, 53, 7], np.uint64
        )  # of places 0, 0, -, 0, 0, 1, 3, 5, 5, 7
        repeated = np.zeros(len(keys), bool)
        filled = mark(held, (*old, 3), keys, np.array([2, 2, 2, 2, 9, 2, 2, 2, 2, 2]), 3, repeated)
        move(held, old, 3, 8, 1)
        count = seen_ids.held_since if mark is seen_ids.mark else seen_ids.held_since.py_func
        parts = [part.tolist() for part in held]
        told.append((filled, repeated.tolist(), *parts, count(*held, 1), count(*held, 3)))
    assert told[0] == told[1]
    assert told[0][1] == [True, False, False, True, False, False, False, True, False, False]
    assert set(told[0][2]) == {8, 16, 24, 33, 43, 21, 53, 7}
