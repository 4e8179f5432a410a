"""Expanding-window splits in time: what is trained on was known an embargo before the test begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Places of the rows to train on and to test on; the test is from `start_us` to before `end_us`."""

    train: IntArray
    test: IntArray
    start_us: int
    end_us: int


def expanding_splits(
    decided_at_us: IntArray, known_at_us: IntArray, *, folds: int, embargo_us: int, least_share: float = 0.4
) -> Iterator[Split]:
    """`folds` tests of equal length, one after the other, each with all that was known before it.

    A row is trained on if its label was known, and the embargo over, when the test begins; so no
    label of training looks at an instant that a row of the test is about. The first test begins
    after `least_share` of the time. Folds without rows to train on or to test are left out.

    >>> at = np.arange(10)
    >>> [(s.train.tolist(), s.test.tolist()) for s in expanding_splits(at, at + 1, folds=2, embargo_us=1)]
    [([0, 1, 2], [4, 5, 6]), ([0, 1, 2, 3, 4, 5], [7, 8, 9])]
    """
    if not len(decided_at_us):
        return
    first, last = int(decided_at_us.min()), int(decided_at_us.max()) + 1
    begin = first + least_share * (last - first)
    edges = np.linspace(begin, last, folds + 1).round().astype(np.int64)
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        split = split_at(decided_at_us, known_at_us, start_us=start, end_us=end, embargo_us=embargo_us)
        if len(split.train) and len(split.test):
            yield split


def split_at(
    decided_at_us: IntArray, known_at_us: IntArray, *, start_us: int, end_us: int, embargo_us: int
) -> Split:
    """One test from `start_us` to before `end_us`, and everything that was known long enough before it."""
    train = np.flatnonzero(known_at_us + embargo_us <= start_us)
    test = np.flatnonzero((decided_at_us >= start_us) & (decided_at_us < end_us))
    return Split(train, test, start_us, end_us)
