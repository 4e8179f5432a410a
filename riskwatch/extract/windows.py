"""Counts of every series over several windows: what enters is added, what leaves is taken off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.panels import Panel
from riskwatch.core.scores import State
from riskwatch.extract.sliding import counts_of, enter, first_of, leave

IntArray = NDArray[np.int64]
_ROOM = 4096  # places the ring begins with


class WindowSums:
    """`sums` [windows, series] are exact integer counts over the last `ticks[w]` panels.

    The ring keeps only what happened (sparse, 16 bytes a series of a tick), so a quiet series
    costs its sums and nothing more. `by_series` is the same, [series, windows], as it lies in memory.
    """

    def __init__(self, n_series: int, ticks: Sequence[int]) -> None:
        self.ticks = tuple(ticks)
        self.by_series: NDArray[np.int32] = np.zeros((n_series, len(ticks)), dtype=np.int32)
        self._longest = max(ticks)
        self._first = self._ticks = 0  # the ring's oldest tick, and how many it holds
        self._head = 0  # place of the oldest in `_bounds`; a tick's rows lie between two bounds
        self._bounds = np.zeros(4 * self._longest + 8, np.int64)
        self._reserve(_ROOM)
        self._latest: tuple[IntArray, IntArray] | None = None

    @property
    def sums(self) -> NDArray[np.int32]:
        """[windows, series], a view."""
        return self.by_series.T

    def update(self, panel: Panel) -> None:
        """Take in the next panel; panels come in order, without gaps."""
        while self._ticks and self._first < panel.tick - self._longest:
            self._first, self._head, self._ticks = self._first + 1, self._head + 1, self._ticks - 1
        enter(self.by_series, panel.series, panel.counts)
        for w, width in enumerate(self.ticks):
            leaving = self._at(panel.tick - width)
            if leaving is not None:
                part = slice(*leaving)
                leave(self.by_series, self._series[part], self._counts[part], w)
        self._append(panel.tick, panel.series, panel.counts, panel.first_us)

    def latest(self) -> tuple[IntArray, IntArray] | None:
        """Series and counts of the last panel, or None before the first."""
        return self._latest

    def first_instant(self, series: Sequence[int], width: int) -> int | None:
        """When the first event of any of these series happened in the last `width` ticks, if any did."""
        begin, end = self._places(width)
        found = first_of(np.array(series, np.int64), self._series, self._since, begin, end)
        return None if found < 0 else int(found)

    def history(self, series: Sequence[int], width: int) -> NDArray[np.int64]:
        """[width] counts a tick of these series together, oldest first; for charts."""
        counts = np.zeros(width, dtype=np.int64)
        begin, end = self._places(width)
        if len(begin):
            found = counts_of(np.array(series, np.int64), self._series, self._counts, begin, end)
            counts[-len(found) :] = found
        return counts

    def rows(self, tick: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Series and counts of one tick; none of a tick that the windows no longer hold."""
        part = slice(*(self._at(tick) or (0, 0))) if tick < self._first + self._ticks else slice(0)
        return self._series[part], self._counts[part]

    def _places(self, width: int) -> tuple[IntArray, IntArray]:
        """Where the ring's last `width` ticks begin and end."""
        end = self._head + self._ticks
        first = max(self._head, end - width)
        return self._bounds[first:end], self._bounds[first + 1 : end + 1]

    def _at(self, tick: int) -> tuple[int, int] | None:
        """Where one tick lies in the ring; ticks are consecutive, so its place is a subtraction."""
        if not self._ticks or tick < self._first:
            return None
        at = self._head + tick - self._first
        return int(self._bounds[at]), int(self._bounds[at + 1])

    def _append(self, tick: int, series: IntArray, counts: IntArray, since: IntArray) -> None:
        if not self._ticks:
            self._first = tick
        if self._head + self._ticks + 2 > len(self._bounds):
            self._bounds[: self._ticks + 1] = self._bounds[self._head : self._head + self._ticks + 1]
            self._head = 0
        begin = int(self._bounds[self._head + self._ticks])
        if begin + len(series) > len(self._series):
            begin = self._make_room(len(series))
        end = begin + len(series)
        self._series[begin:end], self._counts[begin:end] = series, counts
        self._since[begin:end] = since
        self._ticks += 1
        self._bounds[self._head + self._ticks] = end
        self._latest = (series, counts)

    def _make_room(self, more: int) -> int:
        """Move what the ring holds to the front of arrays half as large again as it needs."""
        held = self._held()
        last = int(held.stop - held.start)
        series, counts, since = self._series[held], self._counts[held], self._since[held]
        self._reserve(max(_ROOM, (last + more) * 3 // 2))
        self._series[:last], self._counts[:last], self._since[:last] = series, counts, since
        self._bounds[self._head : self._head + self._ticks + 1] -= held.start
        return last

    def _held(self) -> slice:
        """What the ring holds of its arrays."""
        return slice(int(self._bounds[self._head]), int(self._bounds[self._head + self._ticks]))

    def _reserve(self, size: int) -> None:
        self._series, self._counts = np.empty(size, np.int32), np.empty(size, np.int32)
        self._since = np.empty(size, np.int64)

    def state(self) -> State:
        """The ring, flattened; sums follow from it."""
        held = self._held()
        begin, end = self._places(self._ticks)
        return {
            "tick": np.arange(self._first, self._first + self._ticks),
            "length": end - begin,
            "series": self._series[held],
            "counts": self._counts[held],
            "first_us": self._since[held],
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        ticks, length = (np.asarray(state[k], np.int64) for k in ("tick", "length"))
        series, counts = (np.asarray(state[k], np.int64) for k in ("series", "counts"))
        self._reserve(max(_ROOM, len(series)))
        self._series[: len(series)], self._counts[: len(series)] = series, counts
        self._since[: len(series)] = state["first_us"]
        self._first, self._ticks, self._head = int(ticks[0]) if len(ticks) else 0, len(ticks), 0
        self._bounds[: len(ticks) + 1] = np.r_[0, np.cumsum(length)]
        self.by_series[:] = 0
        for tick, begin, end in zip(ticks, *self._places(len(ticks)), strict=True):
            for w, width in enumerate(self.ticks):
                if tick > ticks[-1] - width:
                    self.by_series[series[begin:end], w] += counts[begin:end].astype(np.int32)
        newest = slice(int(self._bounds[max(len(ticks) - 1, 0)]), len(series))
        self._latest = (series[newest], counts[newest]) if len(ticks) else None
