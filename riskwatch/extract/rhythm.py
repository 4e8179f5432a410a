"""The rhythm of channels: how often each speaks by hour of day, and when a silence is an outage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.scores import State

FloatArray = NDArray[np.float64]


class Rhythm:
    """Mean counts a tick by hour of day, learnt a day behind and never from an outage.

    Silence weighs -log P(nothing came), taken at half the rate to allow for overdispersion; at
    `limit_nats`, after an hour at least, the channel is blind until it speaks again. A channel that
    speaks by appointment is never blind while it is not overdue; if `on_word`, always when it is.
    """

    def __init__(
        self, channels: int, *, per_day: int, min_ticks: int, limit_nats: float, on_word: bool = False
    ) -> None:
        self._on_word = on_word
        self._per_day, self._min_ticks, self._limit = per_day, min_ticks, limit_nats
        self._per_hour = max(per_day // 24, 1)
        self._fade = 0.5 ** (1.0 / (28.0 * self._per_hour))
        self._sum = np.zeros((24, channels))
        self._seen = np.zeros((24, channels))
        self._recent = np.full((per_day, channels), np.nan)
        self._silence = np.zeros(channels)
        self._ticks = np.zeros(channels, dtype=np.int64)
        self.since: NDArray[np.int64] = np.full(channels, -1, dtype=np.int64)
        self.blind: NDArray[np.bool_] = np.zeros(channels, dtype=bool)

    def grow(self, channels: int) -> None:
        """Make room for channels that were not known before."""
        more = channels - len(self.blind)
        if more <= 0:
            return
        fresh = Rhythm(more, per_day=self._per_day, min_ticks=self._min_ticks, limit_nats=self._limit)
        for name in ("_sum", "_seen", "_recent", "_silence", "_ticks", "since", "blind"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(fresh, name)], axis=-1))

    def look(
        self,
        tick: int,
        counts: NDArray[np.int64],
        hour: int,
        excused: NDArray[np.bool_] | None = None,
        patience: NDArray[np.int64] | None = None,
    ) -> None:
        """Take in one tick's counts [channels]; the silence of `excused` channels is not their own.

        `patience` is for how many ticks a channel that speaks by appointment may be silent, else 0.
        """
        excused = np.zeros(len(counts), dtype=bool) if excused is None else excused
        silent = (counts == 0) & ~excused
        expected = np.divide(
            self._sum[hour], self._seen[hour], out=np.zeros(len(counts)), where=self._seen[hour] > 0
        )
        self._ticks += ~excused
        self.since[silent & (self.since < 0)] = tick
        self.since[~silent] = -1
        self._silence = np.where(silent, self._silence + 0.5 * expected, 0.0)
        unexplained = (self._silence >= self._limit) & (tick - self.since + 1 >= self._per_hour)
        self.blind = silent & (self.blind | (unexplained & (self._ticks >= self._min_ticks)))
        if patience is not None:
            overdue = silent & (tick - self.since + 1 > patience)
            kept = overdue if self._on_word else self.blind & overdue
            self.blind = np.where(patience > 0, kept, self.blind)
        self._learn(tick, np.where(excused, np.nan, counts), hour)

    def _learn(self, tick: int, counts: FloatArray, hour: int) -> None:
        place = tick % self._per_day
        old = self._recent[place]  # same hour a day ago, but for two days a year
        usable = ~np.isnan(old)
        self._sum[hour, usable] = self._sum[hour, usable] * self._fade + old[usable]
        self._seen[hour, usable] = self._seen[hour, usable] * self._fade + 1.0
        self._recent[place] = counts
        for channel in np.flatnonzero(self.blind):
            first = max(int(self.since[channel]), tick - self._per_day + 1)
            self._recent[np.arange(first, tick + 1) % self._per_day, channel] = np.nan

    _STATE = ("_sum", "_seen", "_recent", "_silence", "_ticks", "since", "blind")

    def state(self) -> State:
        """Rhythms, silences and the last day."""
        return {name.strip("_"): getattr(self, name) for name in self._STATE}

    def load(self, state: State) -> None:
        """Go on from a state."""
        for name in self._STATE:
            setattr(self, name, np.array(state[name.strip("_")]))
