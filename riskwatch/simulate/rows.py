"""Rows: the columns of what departments send, from reporting through outages to the writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length; instants in seconds since 1970-01-01 UTC.

    `area` is a node of the county, `indicator` a place in the catalogue. `late`, `caught_up` and
    `copy` mark what was planted and are counted in the truth; they are never written.
    """

    id: NDArray[np.uint64]
    ref: NDArray[np.uint64]
    area: NDArray[np.int32]
    indicator: NDArray[np.int32]
    occurred_s: IntArray
    received_s: IntArray
    late: BoolArray
    caught_up: BoolArray
    copy: BoolArray

    def __len__(self) -> int:
        return len(self.id)

    def take(self, which: BoolArray | IntArray) -> Rows:
        """The rows of a mask or of places, in that order."""
        return Rows(*(getattr(self, f.name)[which] for f in fields(self)))

    def received_at(self, received_s: IntArray, *, caught_up: BoolArray | None = None) -> Rows:
        """The same rows, received at other instants."""
        marks = self.caught_up if caught_up is None else caught_up
        return replace(self, received_s=received_s, caught_up=marks)

    def copies(self, which: IntArray, received_s: IntArray) -> Rows:
        """Rows sent again: the same id and contents, received at other instants."""
        again = self.take(which).received_at(received_s)
        no = np.zeros(len(which), dtype=np.bool_)
        return replace(again, copy=~no, late=no, caught_up=no)

    def by_receipt(self) -> Rows:
        """Sorted by received_at; equal instants keep their order."""
        return self.take(np.argsort(self.received_s, kind="stable"))


def join(parts: Sequence[Rows]) -> Rows:
    """Rows one after another."""
    if len(parts) == 1:
        return parts[0]
    return Rows(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Rows)))


def no_rows() -> Rows:
    """Columns of length 0."""
    u, i, n, b = (np.empty(0, dtype=t) for t in (np.uint64, np.int32, np.int64, np.bool_))
    return Rows(u, u, i, i, n, n, b, b, b)  # type: ignore[arg-type] # numpy's stubs join the four dtypes
