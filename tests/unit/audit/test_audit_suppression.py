"""Small counts stay hidden, also from people who subtract."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskwatch.audit.suppression import bounds, with_sums, withheld

TABLES = arrays(
    np.int64,
    st.tuples(st.integers(1, 5), st.integers(1, 3)),
    elements=st.one_of(st.integers(0, 25), st.integers(0, 300)),
)


@settings(max_examples=25)
@given(TABLES)
def test_no_small_count_is_published(table):
    """Neither in the table nor in its sums."""
    whole, hidden = with_sums(table), withheld(table)
    assert not ((whole > 0) & (whole < 10) & ~hidden).any()


@settings(max_examples=25)
@given(TABLES)
def test_no_hidden_small_count_is_known_to_within_ten(table):
    """From everything published, each could still be any number over a width of ten."""
    whole, hidden = with_sums(table), withheld(table)
    for cell in map(tuple, np.argwhere(hidden & (whole > 0) & (whole < 10)).tolist()):
        low, high = bounds(whole, hidden, cell)
        assert low <= whole[cell] <= high + 1e-6
        assert high - low >= 10 - 1e-5


@settings(max_examples=25)
@given(TABLES)
def test_subtraction_along_lines_gives_no_small_count(table):
    """The plain attack, done plainly: fill in every line with one gap, again and again."""
    whole, hidden = with_sums(table), withheld(table)
    known = np.where(hidden, -1, whole)
    rows, columns = whole.shape
    lines = [[(r, c) for c in range(columns)] for r in range(rows)]
    lines += [[(r, c) for r in range(rows)] for c in range(columns)]
    for _ in range(rows + columns):
        for line in lines:
            gaps = [at for at in line if known[at] < 0]
            if len(gaps) == 1:
                *parts, total = line
                others = sum(int(known[p]) for p in parts if p != gaps[0])
                known[gaps[0]] = others if gaps[0] == total else known[total] - others
    for cell in map(tuple, np.argwhere(hidden & (whole > 0) & (whole < 10)).tolist()):
        assert known[cell] == -1


@settings(max_examples=15)
@given(TABLES)
def test_nothing_is_hidden_that_need_not_be(table):
    """Any one cell more, published, would tell a small count to within ten."""
    whole, hidden = with_sums(table), withheld(table)
    small = (whole > 0) & (whole < 10)
    if hidden.all():
        return  # nothing could be published at all
    for cell in map(tuple, np.argwhere(hidden & ~small & (whole > 0)).tolist()):
        told = hidden.copy()
        told[cell] = False
        widths = [np.diff(bounds(whole, told, at))[0] for at in map(tuple, np.argwhere(small).tolist())]
        assert min(widths) < 10


def test_a_small_sum_of_two_hidden_counts_is_hidden_too():
    """3 and 4 alone would be known to add up to 7."""
    assert withheld(np.array([[3, 4], [80, 90], [60, 20]]))[0].all()


def test_a_table_without_small_counts_is_published_whole():
    """Zero is no small count."""
    assert not withheld(np.array([[0, 40], [50, 60]])).any()


@pytest.mark.parametrize("k", [1, 5, 20])
def test_the_bound_is_the_callers(k):
    """Counts from 1 to k - 1."""
    table = np.array([[3, 40, 12], [50, 60, 70], [15, 33, 90]])
    whole, hidden = with_sums(table), withheld(table, k)
    assert hidden[(whole > 0) & (whole < k)].all()
    assert hidden.any() == (k > 3)


def test_bounds_agree_with_trying_every_table():
    """On a table small enough to try all fillings that fit what is published."""
    whole = with_sums(np.array([[2, 5], [4, 3]]))
    hidden = np.zeros_like(whole, dtype=bool)
    hidden[:2, :2] = True
    fits = [
        t
        for t in itertools.product(range(10), repeat=4)
        if (with_sums(np.array(t).reshape(2, 2))[~hidden] == whole[~hidden]).all()
    ]
    low, high = bounds(whole, hidden, (0, 0))
    assert (round(low), round(high)) == (min(t[0] for t in fits), max(t[0] for t in fits))
