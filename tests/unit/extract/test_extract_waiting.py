"""Events that wait for their tick, against the plain list of them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.extract import waiting
from riskwatch.extract.waiting import COLUMNS, Waiting
from riskwatch.store.snapshots import pack, unpack

ROW = st.tuples(
    st.integers(3, 5),
    st.integers(0, 3),
    st.integers(0, 1),
    st.integers(0, 9),
    st.integers(0, 4),
    st.just(1),
)
BATCHES = st.lists(st.tuples(st.booleans(), st.lists(ROW, min_size=1, max_size=8)), max_size=8)


@pytest.fixture(autouse=True, scope="module")
def _counts_early():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting, "_MANY", 6)
        yield


def columns(rows):
    table = np.array(rows, np.int64).reshape(-1, len(COLUMNS)).T
    return {name: np.ascontiguousarray(column) for name, column in zip(COLUMNS, table, strict=True)}


def listed(events):
    return list(zip(*(events[name].tolist() for name in COLUMNS), strict=True))


def told(rows):
    """What a panel needs: count, rows and earliest instant by tick, series and source."""
    count, many, first = Counter(), Counter(), {}
    for tick, series, source, when, n, of in rows:
        key = tick, series, source
        count[key] += n
        many[key] += of
        first[key] = min(first.get(key, when), when)
    return {key: (count[key], many[key], first[key]) for key in first}


@settings(deadline=None, max_examples=80)
@given(BATCHES, st.lists(st.integers(2, 6), max_size=3), st.integers(0, 8))
def test_what_waits_is_what_came_however_often_it_was_counted(batches, lasts, saved):
    """By count, rows and earliest instant; up to a tick, and what is later goes on waiting."""
    held, left, lasts = Waiting(), [], sorted(lasts)
    for n, (apart, rows) in enumerate(batches):
        (held.add_apart if apart else held.add)(columns(rows))
        left += rows
        if n == saved:
            data = pack(held.state())
            held = Waiting()
            held.load(unpack(data))
        if n % 3 == 2 and lasts:
            last = lasts.pop(0)
            assert told(listed(held.until(last))) == told([r for r in left if r[0] <= last])
            left = [r for r in left if r[0] > last]
    assert told(listed(held.until(9))) == told(left)
    assert listed(held.until(9)) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(ROW, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_a_state_does_not_tell_how_the_stream_was_cut(rows, cuts):
    """So two engines that took the same events have the same snapshot."""
    whole, cut = Waiting(), Waiting()
    whole.add(columns(rows))
    places = [0, *sorted(min(c, len(rows)) for c in cuts), len(rows)]
    for begin, end in pairwise(places):
        cut.add(columns(rows[begin:end]))
    assert pack(cut.state()) == pack(whole.state())


def test_what_may_leave_stays_as_it_came():
    """Equal ones apart too, while others become one."""
    held, twice = Waiting(), [(3, 1, 0, 5, 2, 1)] * 2
    held.add_apart(columns(twice))
    held.add(columns(twice))
    state = held.state()
    assert listed(state["apart"]) == twice
    assert listed(state["counted"]) == [(3, 1, 0, 5, 4, 2)]
    assert listed(held.apart()) == twice
    assert listed(held.until(3)) == [(3, 1, 0, 5, 4, 2)]


def test_many_events_of_few_series_are_few_rows():
    """What is held grows with the series that speak and not with the events."""
    held, draw = Waiting(), np.random.default_rng(1)
    for _ in range(50):
        series = draw.integers(0, 40, 1000)
        held.add({**columns(np.full((1000, 6), 3)), "series": series})
    taken = held.until(3)
    assert len(taken["tick"]) < 2000 + 40
    assert taken["count"].sum() == 150_000
    assert np.array_equal(np.unique(taken["series"]), np.arange(40))
