"""The panel: one closed tick, as arrays over the series that had something in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Panel:
    """What happened in one tick, decided at `decided_at_us`, rolled up over the area tree.

    `series` are ids `area_index * columns + column`, ascending and unique; a column is an
    indicator or, behind all of them, the total of a signature. `counts` are integer sums and
    `first_us` the first instant of each (same shape). `source_counts` is [sources, indicators].
    `blind_since` [columns] is the first tick since when a column's feed is down, or -1 if it sees.
    `gauges` are the series of an area's gauges that were read, ascending and unique, `readings` what
    they showed; a gauge without a reading in the tick is not listed.
    Where sources send sums: `source_rows` [sources, indicators] are the rows they sent, those that
    say 0 too, and `summed` [indicators] how many ticks lie between the sums of those that nine
    tenths of are sums, else 0. Otherwise both are empty.
    """

    tick: int
    start_us: int
    end_us: int
    decided_at_us: int
    series: NDArray[np.int64]
    counts: NDArray[np.int64]
    first_us: NDArray[np.int64]
    source_counts: NDArray[np.int64]
    blind_since: NDArray[np.int64]
    gauges: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    readings: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    source_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    summed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def without_blind(self, columns: int) -> Panel:
        """The panel without the rows of blind columns: what comes of them has nothing to be held to."""
        if (self.blind_since < 0).all():
            return self
        kept = self.blind_since[self.series % columns] < 0
        return replace(
            self, series=self.series[kept], counts=self.counts[kept], first_us=self.first_us[kept]
        )


@dataclass(frozen=True, slots=True)
class TickGrid:
    """How event time is cut: ticks of `tick_us` from the epoch, decided `lateness_us` after their end.

    >>> grid = TickGrid(tick_us=900_000_000, lateness_us=900_000_000)
    >>> grid.tick_of(901_000_000), grid.decided_at(0), grid.last_decided(1_800_000_000)
    (1, 1800000000, 0)
    """

    tick_us: int
    lateness_us: int

    def tick_of(self, instant_us: int) -> int:
        """The tick an instant falls into."""
        return instant_us // self.tick_us

    def start(self, tick: int) -> int:
        """Start of a tick, inclusive."""
        return tick * self.tick_us

    def decided_at(self, tick: int) -> int:
        """The decision instant: the tick's end plus the allowed lateness."""
        return (tick + 1) * self.tick_us + self.lateness_us

    def last_decided(self, clock_us: int) -> int:
        """The newest tick whose decision instant is not after the clock."""
        return (clock_us - self.lateness_us) // self.tick_us - 1
