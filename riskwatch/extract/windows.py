"""Counts of every series over several windows: what enters is added, what leaves is taken off."""

from __future__ import annotations

from collections import deque
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
        self._ring: deque[tuple[int, int, int]] = deque()  # (tick, begin, end), one behind the other
        self._reserve(_ROOM)
        self._latest: tuple[IntArray, IntArray] | None = None

    @property
    def sums(self) -> NDArray[np.int32]:
        """[windows, series], a view."""
        return self.by_series.T

    def update(self, panel: Panel) -> None:
        """Take in the next panel; panels come in order, without gaps."""
        while self._ring and self._ring[0][0] < panel.tick - self._longest:
            self._ring.popleft()
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

    def _places(self, width: int) -> tuple[IntArray, IntArray]:
        """Where the ring's last `width` ticks begin and end."""
        first = max(len(self._ring) - width, 0)
        held = np.array([self._ring[i][1:] for i in range(first, len(self._ring))], np.int64).reshape(-1, 2)
        return np.ascontiguousarray(held[:, 0]), np.ascontiguousarray(held[:, 1])

    def _at(self, tick: int) -> tuple[int, int] | None:
        """Where one tick lies in the ring; ticks are consecutive, so its place is a subtraction."""
        if not self._ring or tick < self._ring[0][0]:
            return None
        return self._ring[tick - self._ring[0][0]][1:]

    def _append(self, tick: int, series: IntArray, counts: IntArray, since: IntArray) -> None:
        begin = self._ring[-1][2] if self._ring else 0
        if begin + len(series) > len(self._series):
            begin = self._make_room(len(series))
        end = begin + len(series)
        self._series[begin:end], self._counts[begin:end] = series, counts
        self._since[begin:end] = since
        self._ring.append((tick, begin, end))
        self._latest = (series, counts)

    def _make_room(self, more: int) -> int:
        """Move what the ring holds to the front of arrays half as large again as it needs."""
        first = self._ring[0][1] if self._ring else 0
        last = self._ring[-1][2] if self._ring else 0
        old = self._series, self._counts, self._since
        self._reserve(max(_ROOM, (last - first + more) * 3 // 2))
        for new, held in zip((self._series, self._counts, self._since), old, strict=True):
            new[: last - first] = held[first:last]
        self._ring = deque((tick, begin - first, end - first) for tick, begin, end in self._ring)
        return last - first

    def _reserve(self, size: int) -> None:
        self._series, self._counts = np.empty(size, np.int32), np.empty(size, np.int32)
        self._since = np.empty(size, np.int64)

    def state(self) -> State:
        """The ring, flattened; sums follow from it."""
        first = self._ring[0][1] if self._ring else 0
        last = self._ring[-1][2] if self._ring else 0
        return {
            "tick": np.array([r[0] for r in self._ring], np.int64),
            "length": np.array([r[2] - r[1] for r in self._ring], np.int64),
            "series": self._series[first:last],
            "counts": self._counts[first:last],
            "first_us": self._since[first:last],
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        ends = np.cumsum(np.asarray(state["length"], np.int64))
        ticks = [int(t) for t in state["tick"]]
        series, counts = (np.asarray(state[k], np.int64) for k in ("series", "counts"))
        self._reserve(max(_ROOM, len(series)))
        self._series[: len(series)], self._counts[: len(series)] = series, counts
        self._since[: len(series)] = state["first_us"]
        self._ring = deque(
            (t, int(b), int(e)) for t, b, e in zip(ticks, np.r_[0, ends[:-1]], ends, strict=True)
        ) if ticks else deque()
        self.by_series[:] = 0
        for tick, begin, end in self._ring:
            for w, width in enumerate(self.ticks):
                if tick > ticks[-1] - width:
                    self.by_series[series[begin:end], w] += counts[begin:end].astype(np.int32)
        self._latest = (series[begin:end], counts[begin:end]) if ticks else None
