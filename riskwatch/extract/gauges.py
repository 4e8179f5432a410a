"""Gauges of all places: how far each lies beyond its own past, and for how long, in nats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Gauged, State, World
from riskwatch.extract import gauge_signs as signs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_BAD = {"high": 1, "low": -1, "either": 0}
_GROWTH = 0.1  # of its range that a gauge learns of what lies beyond, in 96 readings
_SHARE, _PRIOR = 0.05, 50.0  # the mean excess before any is seen, and how many pieces that is worth
_MOST_LEARNT = 0.2  # of one excess, so that a flood hardly widens the tail that it is judged by
_PIECE = 1.0 / 16.0  # what one reading is worth of a piece: those of four hours say the same
_MOST_NATS = 100.0
_CHART_H = 48
_FADE_H = 6.0  # half-life of how high a reading stood, once it is no longer beyond


class Gauges:
    """The state of every gauge that was ever read: about 7 KB each, and nothing for places without.

    A reading's excess (`gauge_signs.look`) over the mean excess of this indicator, which is learnt
    from the stream, is its nats: of readings that lie beyond their past at all, e to the minus that
    share lie as far (peaks over threshold, Pickands 1975, shape 0). The evidence of a window is the
    mean of its readings' nats, so that what lasts weighs in long windows and one odd reading in short
    ones only; below one nat it is none.
    """

    def __init__(self, world: World, ticks: Sequence[int]) -> None:
        registry = world.registry
        self._world, self._columns = world, len(registry) + len(registry.signatures)
        self._signature = np.array([registry.signature_index[i.signature] for i in registry.indicators])
        self._bad = np.array([_BAD[g.bad] if g else 0 for g in map(registry.gauges.get, registry.ids)])
        self._is_gauge = np.array([i in registry.gauges for i in registry.ids], dtype=bool)
        self._widths = np.array(ticks, np.int64)
        self._per_day, self._per_hour = DAY_US // world.grid.tick_us, HOUR_US // world.grid.tick_us
        self._row_of = np.full(len(world.tree) * self._columns, -1, np.int32) if registry.gauges else None
        self.series = np.empty(0, np.int64)
        self._tick = self._first_tick = -1
        self._hour = 0
        self._tails = np.zeros((2, len(registry)))  # pieces beyond their past, their excess; by indicator
        self._of = self._room(0)

    @property
    def any(self) -> bool:
        """Whether an indicator is a gauge."""
        return self._row_of is not None

    def _room(self, n: int) -> dict[str, NDArray[Any]]:
        """The state of `n` gauges that were never read."""
        windows, longest = len(self._widths), int(self._widths.max())
        return {
            "rows": np.zeros(n, np.int64),
            "past": np.zeros((n, signs.PAST)),
            "differed": np.zeros((n, signs.DAYPART)),
            "hours": np.full((n, signs.HOURS), np.nan),
            "mean": np.zeros(n),
            "highs": np.full((n, signs.SIGNS, signs.BLOCKS), -np.inf),
            "lows": np.full((n, signs.SIGNS, signs.BLOCKS), np.inf),
            "sizes": np.zeros((n, signs.BLOCKS)),
            "over": np.full((n, signs.SIGNS), -np.inf),
            "under": np.full((n, signs.SIGNS), np.inf),
            "nats": np.full((n, longest), -1, np.int16),
            "sums": np.zeros((n, windows), np.int32),
            "counts": np.zeros((n, windows), np.int32),
            "height": np.zeros(n),
            "value": np.zeros(n),
            "shown": np.zeros((n, _CHART_H)),
            "shown_at": np.full((n, _CHART_H), -1, np.int64),
        }

    def update(self, panel: Panel, hour: int) -> None:
        """Take in the next panel, in the local hour of the week: judge its readings, then learn them."""
        if self._tick < 0:
            self._first_tick = panel.tick
        self._tick, self._hour = panel.tick, hour
        if not len(panel.gauges) and not len(self.series):
            return
        gauge, of = self._rows(panel.gauges), self._of
        indicator = panel.gauges % self._columns
        memory = signs.Memory(*(of[name] for name in signs.Memory._fields))
        bad = self._bad[self.series % self._columns]
        excess = signs.look(gauge, panel.readings, hour, bad, _GROWTH, memory)
        of["height"] *= 0.5 ** (1.0 / (_FADE_H * self._per_hour))
        of["height"][gauge] = np.maximum(of["height"][gauge], excess)
        of["value"][gauge] = panel.readings
        at_h = panel.tick // self._per_hour
        of["shown"][gauge, at_h % _CHART_H] = panel.readings
        of["shown_at"][gauge, at_h % _CHART_H] = at_h
        fresh = np.rint(self._nats(excess, indicator) * 100.0).astype(np.int64)
        held = (of["nats"], of["sums"], of["counts"])
        signs.slide(held, self._widths, panel.tick, gauge, fresh)
        self._learn(excess, indicator)

    def _nats(self, excess: FloatArray, indicator: IntArray) -> FloatArray:
        pieces, total = self._tails[:, indicator]
        mean = (total + _PRIOR * _SHARE) / (pieces + _PRIOR)
        nats: FloatArray = np.minimum(excess / mean, _MOST_NATS)
        return nats

    def _learn(self, excess: FloatArray, indicator: IntArray) -> None:
        over = excess > 0
        np.add.at(self._tails[0], indicator[over], _PIECE)
        np.add.at(self._tails[1], indicator[over], _PIECE * np.minimum(excess[over], _MOST_LEARNT))

    def _rows(self, series: IntArray) -> IntArray:
        """Where the state of each gauge lies; one that was never read gets its place."""
        assert self._row_of is not None  # noqa: S101 - only gauges have readings
        new = series[self._row_of[series] < 0]
        if len(new):
            self._row_of[new] = np.arange(len(self.series), len(self.series) + len(new))
            self.series = np.concatenate([self.series, new])
            fresh = self._room(len(new))
            self._of = {k: np.concatenate([held, fresh[k]]) for k, held in self._of.items()}
        return self._row_of[series].astype(np.int64)

    # --- what they say -----------------------------------------------------------------------

    def speaking(self) -> tuple[IntArray, IntArray]:
        """(areas, signatures), ascending: places where a gauge has evidence in some window."""
        sums, counts = self._of["sums"], self._of["counts"]
        loud = self.series[((counts > 0) & (sums >= 100 * counts)).any(axis=1)]
        area, indicator = np.divmod(loud, self._columns)
        n = len(self._world.registry.signatures)
        key = np.unique(area * n + self._signature[indicator]) if len(loud) else loud
        return key // n, key % n

    def placed(self) -> NDArray[np.bool_]:
        """[areas, signatures] where a gauge was ever read."""
        found = np.zeros((len(self._world.tree), len(self._world.registry.signatures)), dtype=bool)
        area, indicator = np.divmod(self.series, self._columns)
        found[area, self._signature[indicator]] = True
        return found

    def behind(self, areas: IntArray, members: IntArray) -> Gauged | None:
        """The gauges among the indicators `members` in these areas; None if there is no such gauge."""
        if self._row_of is None or not self._is_gauge[members].any():
            return None
        of, row = self._of, self._row_of[areas[:, None] * self._columns + members]
        there = row >= 0
        shape = row.shape
        nats = np.zeros((*shape, len(self._widths)))
        readings, since = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
        single = {name: np.zeros(shape) for name in ("height", "per_tick", "value", "usual")}
        r = row[there]
        if len(r):
            counts = of["counts"][r]
            mean = of["sums"][r] / (100.0 * np.maximum(counts, 1))
            nats[there] = np.where((counts > 0) & (mean >= 1.0), mean, 0.0)
            longest = int(self._widths.argmax())
            lived = min(int(self._widths[longest]), self._tick - self._first_tick + 1)
            often = counts[:, longest] / max(lived, 1)
            single["per_tick"][there] = np.minimum(often, 1.0 / self._per_hour)
            single["height"][there], single["value"][there] = of["height"][r], of["value"][r]
            single["usual"][there] = self._usual(r, self._hour)
            ticks = np.arange(self._tick - self._per_day + 1, self._tick + 1)
            beyond = of["nats"][np.ix_(r, ticks % of["nats"].shape[1])] >= 100
            readings[there] = beyond.sum(axis=1)
            first = ticks[beyond.argmax(axis=1)] * self._world.grid.tick_us
            since[there] = np.where(beyond.any(axis=1), first, -1)
        return Gauged(nats=nats, readings=readings, since_us=since, **single)

    def _usual(self, rows: IntArray, hour: int) -> FloatArray:
        """What is usual at an hour of the week; the slow mean where it was never read then."""
        known = self._of["hours"][rows, hour]
        usual: FloatArray = np.where(np.isnan(known), self._of["mean"][rows], known)
        return usual

    def history(
        self, area: int, indicator: int, hours_of_week: Sequence[int]
    ) -> tuple[FloatArray, FloatArray]:
        """What a gauge showed last in each of the last hours, oldest first (NaN: nothing), and the usual.

        `hours_of_week` are theirs, 48 at most.
        """
        row = self._row_of[area * self._columns + indicator] if self._row_of is not None else -1
        n = len(hours_of_week)
        if row < 0:
            return np.full(n, np.nan), np.full(n, np.nan)
        hours = np.arange(-n + 1, 1) + self._tick // self._per_hour
        place = hours % _CHART_H
        shown = np.where(self._of["shown_at"][row, place] == hours, self._of["shown"][row, place], np.nan)
        usual = [float(self._usual(np.array([row]), hour)[0]) for hour in hours_of_week]
        return shown, np.array(usual)

    def state(self) -> State:
        """Everything learnt of every gauge."""
        return {
            "series": self.series,
            "tick": self._tick,
            "first_tick": self._first_tick,
            "hour": self._hour,
            "tails": self._tails,
            "of": dict(self._of),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._of = self._room(0)
        self.series = np.empty(0, np.int64)
        if self._row_of is not None:
            self._row_of[:] = -1
            self._rows(np.array(state["series"], np.int64))
        self._tick, self._first_tick = int(state["tick"]), int(state["first_tick"])
        self._hour, self._tails = int(state["hour"]), np.array(state["tails"])
        self._of = {
            k: np.array(state["of"][k], held.dtype).reshape(held.shape) for k, held in self._of.items()
        }
