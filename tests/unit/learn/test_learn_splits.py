"""Splits in time: no label of training looks at an instant that the test is about."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.learn.splits import expanding_splits


@settings(deadline=None, max_examples=60)
@given(
    decided=st.lists(st.integers(0, 5000), min_size=1, max_size=200),
    horizon=st.integers(0, 400),
    extra=st.integers(0, 400),
    folds=st.integers(1, 6),
    least=st.sampled_from([0.2, 0.4, 0.8]),
)
def test_no_label_window_of_training_overlaps_a_test(decided, horizon, extra, folds, least):
    """It ends an embargo before the first row of the test, whatever the rows are."""
    at = np.array(decided)
    known, embargo = at + horizon + 1, horizon + extra
    found = list(expanding_splits(at, known, folds=folds, embargo_us=embargo, least_share=least))
    assert len(found) <= folds
    tested: list[int] = []
    for split in found:
        assert known[split.train].max() + embargo <= at[split.test].min()
        assert ((at[split.test] >= split.start_us) & (at[split.test] < split.end_us)).all()
        tested += split.test.tolist()
    assert len(set(tested)) == len(tested)
    for one, other in pairwise(found):
        assert set(one.train.tolist()) <= set(other.train.tolist())  # the window expands
        assert at[one.test].max() < at[other.test].min()


def test_every_row_after_the_first_share_is_tested_once():
    """Where there is enough to train on, folds leave no gap."""
    at = np.arange(1000)
    found = list(expanding_splits(at, at + 10, folds=4, embargo_us=10, least_share=0.4))
    assert np.concatenate([s.test for s in found]).tolist() == list(range(400, 1000))
    assert [len(s.train) for s in found] == [381, 531, 681, 831]


def test_no_rows_give_no_split():
    """An empty log is no fault of the splits."""
    assert list(expanding_splits(np.empty(0, int), np.empty(0, int), folds=3, embargo_us=1)) == []
