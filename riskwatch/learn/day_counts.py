"""Counts of the feature log over a few days around one of them: sums of any stretch of ticks at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.scores import World
from riskwatch.store.feature_log import Span, area_index

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One day of the log, as arrays: its ticks, where which feed was down, and its counts, sparse."""

    day: int  # since the epoch
    ticks: IntArray
    decided_at_us: IntArray
    blind: NDArray[np.bool_]  # [ticks, signatures]
    at: IntArray  # [n] ticks
    area: IntArray
    signature: IntArray
    count: IntArray

    @classmethod
    def of(cls, span: Span, world: World) -> DayCounts:
        """The counts of a day as the log holds them."""
        signatures = world.registry.signature_index
        ticks = span.ticks.column("tick").to_numpy()
        blind = np.zeros((len(ticks), len(signatures)), dtype=bool)
        for n, ids in enumerate(span.ticks.column("blind").to_pylist()):
            blind[n, [signatures[i] for i in ids]] = True
        return cls(
            int(ticks[0] * world.grid.tick_us // DAY_US),
            ticks,
            span.ticks.column("decided_at_us").to_numpy(),
            blind,
            span.counts.column("tick").to_numpy(),
            area_index(span.counts.column("area"), world.tree.index),
            area_index(span.counts.column("signature"), signatures),
            span.counts.column("count").to_numpy(),
        )


class Stretch:
    """Counts of the ticks from `start` on, cumulated, so that any sum is one subtraction."""

    def __init__(self, days: Sequence[DayCounts], start: int, end: int, shape: tuple[int, int]) -> None:
        self.start, n = start, end - start
        counts = np.zeros((n + 1, *shape), dtype=np.int32)
        unseen = np.ones((n + 1, shape[1]), dtype=np.int32)
        unseen[0] = 0
        for day in days:
            inside = (day.at >= start) & (day.at < end)
            at = (day.at[inside] - start + 1, day.area[inside], day.signature[inside])
            counts[at] = day.count[inside]
            logged = (day.ticks >= start) & (day.ticks < end)
            unseen[day.ticks[logged] - start + 1] = day.blind[logged]
        self.counts = counts[1:]  # before they are cumulated in place, `day` copies what it needs
        self._total = np.cumsum(counts, axis=0, dtype=np.int32)
        self._unseen = np.cumsum(unseen, axis=0, dtype=np.int32)

    def sums(self, first: IntArray, width: int, area: IntArray, signature: IntArray) -> IntArray:
        """[n] counts of the `width` ticks from `first` on."""
        at = first - self.start
        taken: IntArray = (
            self._total[at + width, area, signature] - self._total[at, area, signature]
        ).astype(np.int64)
        return taken

    def seen(self, first: IntArray, width: int, signature: IntArray) -> NDArray[np.bool_]:
        """[n] whether each of those ticks is in the log and its feed was up, as it was known then."""
        at = first - self.start
        whole: NDArray[np.bool_] = self._unseen[at + width, signature] == self._unseen[at, signature]
        return whole
