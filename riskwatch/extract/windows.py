"""Counts of every series over several windows: what enters is added, what leaves is taken off."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.panels import Panel
from riskwatch.core.scores import State

IntArray = NDArray[np.int64]


class WindowSums:
    """`sums` [windows, series] are exact integer counts over the last `ticks[w]` panels.

    The ring keeps only what happened (sparse), so a quiet series costs its sums and nothing more.
    """

    def __init__(self, n_series: int, ticks: Sequence[int]) -> None:
        self.ticks = tuple(ticks)
        self.sums: NDArray[np.int32] = np.zeros((len(ticks), n_series), dtype=np.int32)
        self._ring: deque[tuple[int, IntArray, IntArray, IntArray]] = deque()

    def update(self, panel: Panel) -> None:
        """Take in the next panel; panels come in order, without gaps."""
        longest = max(self.ticks)
        while self._ring and self._ring[0][0] < panel.tick - longest:
            self._ring.popleft()
        for w, width in enumerate(self.ticks):
            self.sums[w, panel.series] += panel.counts.astype(np.int32)
            leaving = self._at(panel.tick - width)
            if leaving is not None:
                self.sums[w, leaving[1]] -= leaving[2].astype(np.int32)
        self._ring.append((panel.tick, panel.series, panel.counts, panel.first_us))

    def latest(self) -> tuple[IntArray, IntArray] | None:
        """Series and counts of the last panel, or None before the first."""
        return (self._ring[-1][1], self._ring[-1][2]) if self._ring else None

    def _at(self, tick: int) -> tuple[int, IntArray, IntArray, IntArray] | None:
        """The ring's entry of one tick; ticks are consecutive, so its place is a subtraction."""
        if not self._ring or tick < self._ring[0][0]:
            return None
        return self._ring[tick - self._ring[0][0]]

    def first_instant(self, series: Sequence[int], width: int) -> int | None:
        """When the first event of any of these series happened in the last `width` ticks, if any did."""
        if not self._ring:
            return None
        newest = self._ring[-1][0]
        for tick, held, _, first_us in self._ring:
            if tick <= newest - width:
                continue
            hit = [first_us[at] for at in _places(held, series)]
            if hit:
                return int(min(hit))
        return None

    def history(self, series: Sequence[int], width: int) -> NDArray[np.int64]:
        """[width] counts a tick of these series together, oldest first; for charts."""
        counts = np.zeros(width, dtype=np.int64)
        if not self._ring:
            return counts
        newest = self._ring[-1][0]
        for tick, held, n, _ in reversed(self._ring):
            place = tick - newest + width - 1
            if place < 0:
                break
            counts[place] = sum(n[at] for at in _places(held, series))
        return counts

    def state(self) -> State:
        """The ring, flattened; sums follow from it."""
        ring = list(self._ring)
        empty = np.empty(0, np.int64)
        return {
            "tick": np.array([r[0] for r in ring], np.int64),
            "length": np.array([len(r[1]) for r in ring], np.int64),
            "series": np.concatenate([r[1] for r in ring]) if ring else empty,
            "counts": np.concatenate([r[2] for r in ring]) if ring else empty,
            "first_us": np.concatenate([r[3] for r in ring]) if ring else empty,
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        ends = np.cumsum(np.asarray(state["length"], np.int64))
        parts = [
            np.split(np.asarray(state[k], np.int64), ends[:-1]) for k in ("series", "counts", "first_us")
        ]
        ticks = [int(t) for t in state["tick"]]
        self._ring = deque(
            (t, s, c, f) for t, s, c, f in zip(ticks, parts[0], parts[1], parts[2], strict=False)
        )
        self.sums[:] = 0
        for tick, series, counts, _ in self._ring:
            for w, width in enumerate(self.ticks):
                if tick > ticks[-1] - width:
                    self.sums[w, series] += counts.astype(np.int32)


def _places(held: IntArray, series: Sequence[int]) -> list[int]:
    """Where these few series stand in a sorted array, for those that do."""
    found = []
    for wanted in series:
        at = int(held.searchsorted(wanted))
        if at < len(held) and held[at] == wanted:
            found.append(at)
    return found
