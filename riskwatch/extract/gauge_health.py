"""Gauge health: a gauge that fell silent, and one that shows the same for too long, are blind, not calm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import State, World

_KNOWN_ROWS, _KNOWN_CHANGES = 24, 48  # readings, and changes of the value, before anything is said
_TIMES = 3.0  # so many times the longest gap, or the longest run of one value, are out of the ordinary
_LEAST_GAP_H, _LEAST_RUN = 2, 24
_FADE = 0.99  # of the longest, a reading or a run later; a day of readings forgets two thirds
_LEARNT = 1.5  # how much longer it may be after it was told once


@dataclass(frozen=True, slots=True)
class Ailing:
    """A gauge that cannot be believed: silent since its last reading, or stuck at one value.

    Without an area it is every gauge of the indicator.
    """

    area: str
    indicator: str
    since_tick: int
    stuck: bool


class GaugeHealth:
    """Watches every gauge (an area and an indicator) against its own habits.

    It is silent once nothing came for three times its longest gap of late, two hours at least; it
    is stuck once it showed one value for three times its longest run of late, 24 readings at least,
    where it used to vary. The lowest value that a gauge can show is its rest (no rain, an empty
    ward), at which it is never stuck.
    """

    def __init__(self, world: World) -> None:
        registry = world.registry
        self._world, self._columns = world, len(registry) + len(registry.signatures)
        self.any = bool(registry.gauges)
        self._rest = np.array([g.lowest if g else np.nan for g in map(registry.gauges.get, registry.ids)])
        self._alone = [all(i in registry.gauges for i in s.indicators) for s in registry.signatures]
        self._least_gap = _LEAST_GAP_H * HOUR_US // world.grid.tick_us
        self._series = np.empty(0, np.int64)  # ascending
        self._of = self._room(0)

    @staticmethod
    def _room(n: int) -> dict[str, NDArray[Any]]:
        return {
            "rows": np.zeros(n, np.int64),
            "last": np.full(n, -1, np.int64),
            "gap": np.zeros(n),
            "value": np.full(n, np.nan),
            "run": np.zeros(n, np.int64),
            "run_since": np.full(n, -1, np.int64),
            "longest_run": np.zeros(n),
            "changes": np.zeros(n, np.int64),
            "silent": np.zeros(n, dtype=bool),
            "stuck": np.zeros(n, dtype=bool),
        }

    def look(self, panel: Panel) -> Panel:
        """The panel without the readings of gauges that are stuck."""
        if not self.any:
            return panel
        self._grow(panel.gauges)
        at, of = np.searchsorted(self._series, panel.gauges), self._of
        self._hear(at, panel.tick)
        self._compare(at, panel.readings, panel.tick)
        limit = np.maximum(_TIMES * of["gap"], self._least_gap)
        of["silent"] = (of["rows"] >= _KNOWN_ROWS) & (panel.tick - of["last"] > limit)
        resting = of["value"] == self._rest[self._series % self._columns]
        long = of["run"] >= np.maximum(_TIMES * of["longest_run"], _LEAST_RUN)
        of["stuck"] = long & ~resting & (of["changes"] >= _KNOWN_CHANGES) & ~of["silent"]
        moving = ~of["stuck"][at]
        if moving.all():
            return panel
        return replace(panel, gauges=panel.gauges[moving], readings=panel.readings[moving])

    def _hear(self, at: NDArray[np.int64], tick: int) -> None:
        """Readings came: learn how long they were waited for."""
        of = self._of
        known = at[of["rows"][at] > 0]
        gap, usual = tick - of["last"][known], of["gap"][known]
        told = of["silent"][known]
        of["gap"][known] = np.where(told, np.maximum(usual * _LEARNT, 1.0), np.maximum(gap, usual * _FADE))
        of["rows"][at] += 1
        of["last"][at] = tick

    def _compare(self, at: NDArray[np.int64], value: NDArray[np.float64], tick: int) -> None:
        """Learn how long each showed one value."""
        of = self._of
        moved = of["value"][at] != value  # NaN, before the first: moved
        ended, run = at[moved], of["run"][at[moved]]
        usual = of["longest_run"][ended]
        learnt = np.where(
            of["stuck"][ended], np.maximum(usual * _LEARNT, 1.0), np.maximum(run, usual * _FADE)
        )
        of["longest_run"][ended] = learnt
        of["changes"][ended] += 1
        of["run"][ended], of["run_since"][ended] = 0, tick
        of["run"][at] += 1
        of["value"][at] = value

    def ailing(self) -> tuple[Ailing, ...]:
        """Gauges that are silent or stuck, by area; one of no area where all of an indicator are silent."""
        of, told = self._of, []
        ill = of["silent"] | of["stuck"]
        if not ill.any():
            return ()
        area, column = np.divmod(self._series, self._columns)
        for one in np.unique(column[ill]).tolist():
            mine = np.flatnonzero(column == one)
            name = self._world.registry.ids[one]
            if len(mine) > 1 and of["silent"][mine].all():
                told.append(Ailing("", name, int(of["last"][mine].max()) + 1, stuck=False))
                continue
            for n in mine[ill[mine]].tolist():
                silent = bool(of["silent"][n])
                since = int(of["last"][n]) + 1 if silent else int(of["run_since"][n])
                told.append(Ailing(self._world.tree.codes[int(area[n])], name, since, stuck=not silent))
        return tuple(told)

    def dark(self, area: str, signature: str) -> bool:
        """Whether all that an area has of a signature are gauges, and every one of them is ailing."""
        if not self.any or not self._alone[self._world.registry.signature_index[signature]]:
            return False
        found, registry = self._world.tree.index[area], self._world.registry
        series = [
            found * self._columns + registry.index[i] for i in registry.signature(signature).indicators
        ]
        mine = np.isin(self._series, series)
        ill = self._of["silent"] | self._of["stuck"]
        return bool(mine.any() and ill[mine].all())

    def _grow(self, series: NDArray[np.int64]) -> None:
        new = np.setdiff1d(series, self._series)
        if not len(new):
            return
        fresh = self._room(len(new))
        joined = np.concatenate([self._series, new])
        order = np.argsort(joined)
        self._series = joined[order]
        self._of = {k: np.concatenate([held, fresh[k]])[order] for k, held in self._of.items()}

    def state(self) -> State:
        """What each gauge is used to."""
        return {"series": self._series, "of": dict(self._of)}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._series = np.array(state["series"], np.int64)
        self._of = {k: np.array(state["of"][k], kind.dtype) for k, kind in self._room(0).items()}
