"""The hour-of-week profile of each column, pooled over the tree and shrunk to all columns together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import State
from riskwatch.extract.spans import Spans

FloatArray = NDArray[np.float64]

_HOURS = 168
_POOL_WEIGHT = 200.0  # counts that the pooled shape is worth beside a column's own


class Profile:
    """`shape` [columns, 168] has mean 1; `exposure` [windows, columns] sums it over each window.

    The windows are those of `spans`, so what is expected is of the very ticks that were counted.
    Blind ticks have no exposure: when a feed turns out to have been down for a while, what the
    windows hold of that while is taken out again.
    """

    def __init__(self, columns: int, spans: Spans, half_life_days: float, per_day: int) -> None:
        self.spans = spans
        self.shape: FloatArray = np.ones((columns, _HOURS))
        self.exposure: FloatArray = np.zeros((len(spans.widths), columns))
        self._fade = 0.5 ** (1.0 / half_life_days)
        self._per_day = per_day
        self._ring = np.zeros((max(spans.longest, per_day), columns))  # by tick: pooled, so it may be
        self._tick = -1
        self._counts = np.zeros((columns, _HOURS))
        self._hours = np.zeros((columns, _HOURS))  # how many hours of each kind were seen, faded

    def advance(self, tick: int, hour: int, blind_since: NDArray[np.int64]) -> None:
        """Move the windows on by one tick that lies in this hour of the week."""
        size = len(self._ring)
        entering = np.where(blind_since >= 0, 0.0, self.shape[:, hour])
        self.exposure += entering
        for w, (old, new) in enumerate(
            zip(self.spans.begins(tick - 1), self.spans.begins(tick), strict=True)
        ):
            if new - old == 1:
                self.exposure[w] -= self._ring[old % size]
            elif new > old:
                self.exposure[w] -= self._ring[np.arange(old, new) % size].sum(axis=0)
        np.maximum(self.exposure, 0.0, out=self.exposure)  # a rounding error must not go below nothing
        self._ring[tick % size] = entering
        self._tick = tick
        newly = np.flatnonzero((blind_since >= 0) & (blind_since < tick))
        if len(newly):
            self._take_out(newly, blind_since[newly])

    def _take_out(self, columns: NDArray[np.int64], since: NDArray[np.int64]) -> None:
        size = len(self._ring)
        begins = self.spans.begins(self._tick)
        for column, start in zip(columns, since, strict=True):
            ticks = np.arange(max(int(start), self._tick - size + 1), self._tick + 1)
            held = self._ring[ticks % size, column]
            if not held.any():
                continue
            for w, first in enumerate(begins):
                left = self.exposure[w, column] - held[ticks >= first].sum()
                self.exposure[w, column] = max(left, 0.0)
            self._ring[ticks % size, column] = 0.0

    def today(self) -> FloatArray:
        """[columns] exposure of the last day."""
        ticks = np.arange(self._tick - self._per_day + 1, self._tick + 1)
        exposure: FloatArray = self._ring[ticks % len(self._ring)].sum(axis=0)
        return exposure

    def recent(self, ticks: int) -> FloatArray:
        """[ticks, columns] profile of the last ticks, oldest first."""
        at = np.arange(self._tick - min(ticks, len(self._ring)) + 1, self._tick + 1)
        recent: FloatArray = self._ring[at % len(self._ring)]
        return recent

    def learn(self, counts: FloatArray, hours: NDArray[np.int64]) -> None:
        """Fold in a day: counts [ticks, columns] of the whole tree, and each tick's hour of the week.

        Blind ticks teach nothing: neither their counts nor their hours are taken.
        """
        saw = self.recent(len(hours)) > 0
        day, seen = (np.zeros((_HOURS, counts.shape[1])) for _ in range(2))
        np.add.at(day, hours, np.where(saw, counts, 0.0))
        np.add.at(seen, hours, saw / (self._per_day / 24))
        self._counts = self._counts * self._fade + day.T
        self._hours = self._hours * self._fade + seen.T
        pool = self._pooled()
        rate = self._counts.sum(axis=1) / np.maximum(self._hours.sum(axis=1), 1e-9)
        per_hour = _POOL_WEIGHT / _HOURS
        shape = (self._counts + per_hour * pool) / (self._hours * rate[:, None] + per_hour)
        shape = 0.5 * shape + 0.25 * np.roll(shape, 1, axis=1) + 0.25 * np.roll(shape, -1, axis=1)
        self.shape = np.maximum(shape / shape.mean(axis=1, keepdims=True), 1e-6)  # 0 means blind
        self._rebuild()

    def _pooled(self) -> FloatArray:
        """[168] shape of all columns together; hours of the week not seen yet borrow the hour of day's."""
        hours = self._hours.max(axis=0)
        seen = hours > 0.3
        each = self._counts * np.divide(
            hours, self._hours, out=np.zeros_like(self._hours), where=self._hours > 0
        )
        by_hour = np.where(seen, each.sum(axis=0) / np.maximum(hours, 1e-9), 0.0)
        days = seen.reshape(7, 24).sum(axis=0)
        of_day = by_hour.reshape(7, 24).sum(axis=0) / np.maximum(days, 1)
        filled = np.where(seen, by_hour, np.tile(of_day, 7))
        smooth = 0.5 * filled + 0.25 * np.roll(filled, 1) + 0.25 * np.roll(filled, -1)
        mean = smooth.mean()
        return smooth / mean if mean > 0 else np.ones(_HOURS)

    def _rebuild(self) -> None:
        """Sum the windows afresh once a day, so that no rounding error accumulates."""
        for w, first in enumerate(self.spans.begins(self._tick)):
            ticks = np.arange(first, self._tick + 1)
            self.exposure[w] = self._ring[ticks % len(self._ring)].sum(axis=0)

    def state(self) -> State:
        """Everything learnt and the ring of the longest window."""
        return {
            "shape": self.shape,
            "exposure": self.exposure,
            "ring": self._ring,
            "tick": self._tick,
            "counts": self._counts,
            "hours": self._hours,
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.shape, self.exposure = np.array(state["shape"]), np.array(state["exposure"])
        self._ring, self._counts = np.array(state["ring"]), np.array(state["counts"])
        self._hours, self._tick = np.array(state["hours"]), int(state["tick"])
