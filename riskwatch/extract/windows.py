"""Counts of every series over several windows: what enters is added, what leaves is taken off."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.panels import Panel
from riskwatch.core.scores import State
from riskwatch.extract.cells import Cell, flattened, merge, unflattened
from riskwatch.extract.sliding import enter
from riskwatch.extract.spans import Spans, begin

IntArray = NDArray[np.int64]
_MOST_WAITING = 6  # cells that wait for the rest of a coarser one before they are joined


class WindowSums:
    """`sums` [windows, series] are exact integer counts over the windows of `spans`.

    What happened is kept in cells, coarser with age: of a tick while a window needs its ticks, then of
    the next grain. A quiet series costs its sums and nothing more, and a busy one no more cells than
    the spans have steps, however short a tick is. `by_series` is the same, [series, windows], as it
    lies in memory.
    """

    def __init__(self, n_series: int, spans: Spans) -> None:
        self.spans = spans
        self.by_series: NDArray[np.int32] = np.zeros((n_series, len(spans.widths)), dtype=np.int32)
        self._n = n_series
        self._cells: list[Cell] = []
        self._tick, self._begins = -1, tuple[int, ...]()

    @property
    def sums(self) -> NDArray[np.int32]:
        """[windows, series], a view."""
        return self.by_series.T

    def update(self, panel: Panel) -> None:
        """Take in the next panel; panels come in order, without gaps."""
        enter(self.by_series, panel.series, panel.counts)
        begins = self.spans.begins(panel.tick)
        for w, (old, new) in enumerate(zip(self._begins, begins, strict=False)):
            for cell in self._between(old, new):
                cell.leave(self.by_series, w)
        if self._cells:
            self._coarsen(self._tick, panel.tick)
        rows = (panel.series, panel.counts, panel.first_us)
        self._cells.append(Cell.pack(panel.tick, rows, self._n))
        self._tick, self._begins = panel.tick, begins

    def latest(self) -> tuple[IntArray, IntArray] | None:
        """Series and counts of the last panel, or None before the first."""
        if not self._cells:
            return None
        return self._cells[-1].series(), self._cells[-1].calls()

    def first_instant(self, series: Sequence[int], window: int) -> int | None:
        """When the first event of any of these series happened in a window, if any did."""
        if not self._cells:
            return None
        asked = np.array(sorted(series), np.int64)
        for cell in self._between(self._begins[window], self._tick + 1):
            found = cell.since_of(asked)
            if found is not None:
                return found
        return None

    def history(self, series: Sequence[int], steps: int, ticks: int) -> IntArray:
        """[steps] counts of these series together in steps of the grid of `ticks`, oldest first.

        The last step is the running one. They reach as far back as ticks are held apart so finely.
        """
        counts, asked = np.zeros(steps, dtype=np.int64), np.array(sorted(series), np.int64)
        oldest = self._tick // ticks - steps + 1
        for cell in self._between(oldest * ticks, self._tick + 1):
            counts[cell.first // ticks - oldest] += cell.count_of(asked)
        return counts

    def _between(self, first: int, until: int) -> Iterator[Cell]:
        """The cells whose first tick is one from `first` up to, not including, `until`."""
        if first >= until:
            return
        yield from self._cells[self._place(first) : self._place(until)]

    def _place(self, tick: int) -> int:
        """How many cells begin before a tick."""
        return bisect_left(self._cells, tick, key=attrgetter("first"))

    def _coarsen(self, before: int, now: int) -> None:
        """Join the cells that no window needs apart any more, and forget what none looks back on."""
        stages = self.spans.stages
        for (reach, grain), (_, coarser) in pairwise(stages):
            until, was = begin(now, reach, grain), begin(before, reach, grain)
            whole = until // coarser * coarser
            if whole > was // coarser * coarser:
                self._join(whole - coarser, whole, 2)
            elif until > was:
                self._join(whole, until, _MOST_WAITING)
        gone = self._place(min(begin(now, *stage) for stage in stages))
        if gone:
            del self._cells[:gone]

    def _join(self, first: int, until: int, at_least: int) -> None:
        """Make one cell of those between two ticks, if they are so many."""
        low, high = self._place(first), self._place(until)
        if high - low >= at_least:
            part = self._cells[low:high]
            self._cells[low:high] = [merge(part[0].first, part, self._n)]

    def state(self) -> State:
        """The cells; sums follow from them."""
        numbers, data = flattened(self._cells)
        return {"tick": self._tick, "cells": numbers, "data": data}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._tick = int(state["tick"])
        self._begins = self.spans.begins(self._tick)
        self._cells = unflattened(np.asarray(state["cells"], np.int64), np.asarray(state["data"]))
        self.by_series[:] = 0
        for cell in self._cells:
            series, counts = cell.series(), cell.calls().astype(np.int32)
            for w, first in enumerate(self._begins):
                if cell.first >= first:
                    self.by_series[series, w] += counts
