"""A feature log of a small world, written panel by panel, without a store around it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Features, World
from riskwatch.extract.arrivals import Arrivals
from riskwatch.extract.panels import PanelBuilder
from riskwatch.learn.labels import Labels, SeasonSpec
from riskwatch.store.feature_buffer import Scored
from riskwatch.store.feature_log import FeatureLog
from riskwatch.testing.made import MONDAY_US, base_load, burst, leaves, made_batch, made_panels, made_world

WORLD: World = made_world(tick_min=60)
COLUMNS = ("surprise_1h", "surprise_3h", "surprise_6h", "surprise_24h")
LABELS = Labels(min_history_days=5, season=SeasonSpec(half_life_days=14), quantile=0.9)


class Sums:
    """Counts of each signature over the last hours, where there are any."""

    def __init__(self) -> None:
        self.names = tuple(f"{s.id}.{c}" for s in WORLD.registry.signatures for c in (*COLUMNS, "size"))
        self._last = np.zeros((24, len(WORLD.tree), len(WORLD.registry.signatures)))

    def update(self, panel: Panel) -> None:
        n, columns = len(WORLD.registry), len(WORLD.registry) + len(WORLD.registry.signatures)
        area, column = np.divmod(panel.series, columns)
        self._last = np.roll(self._last, 1, axis=0)
        self._last[0] = 0.0
        self._last[0, area[column >= n], column[column >= n] - n] = panel.counts[column >= n]
        self._tick = panel.tick

    def read(self) -> Features:
        sums = np.cumsum(self._last, axis=0)[[0, 2, 5, 23]]
        values = np.stack([*sums, np.minimum(sums[-1], 1.0)], axis=2).reshape(len(WORLD.tree), -1)
        areas = np.flatnonzero((values > 0).any(axis=1))
        return Features(self._tick, areas.astype(np.int32), self.names, values[areas])


@cache
def panels(days: int = 40) -> tuple[Panel, ...]:
    return tuple(made_panels(WORLD, days=days, per_day=3.0))


@cache
def storms(days: int = 60) -> tuple[Panel, ...]:
    """Ordinary calls, and every other day one of a town's that go on for sixteen hours."""
    rows = base_load(WORLD, days=days, per_day=3.0, seed=5)
    towns = leaves(WORLD.tree)
    for day in range(1, days - 1, 2):
        at, town = MONDAY_US + day * DAY_US + (day * 7 % 24) * HOUR_US, towns[day * 5 % len(towns)]
        indicator = WORLD.registry.ids[day * 3 % len(WORLD.registry)]
        rows += burst(WORLD, area=town, indicator=indicator, start_us=at, n=160, over_h=16)
    arrivals, builder = Arrivals(WORLD, ()), PanelBuilder(WORLD)
    builder.add(arrivals.take(made_batch(sorted(rows, key=lambda r: r[5])))[0])
    return tuple(builder.close(MONDAY_US + days * DAY_US, 1))


def written(folder: Path, days: int = 40, made: tuple[Panel, ...] = ()) -> FeatureLog:
    """The log of panels; every row has a likelihood of 0.1."""
    log, volume = FeatureLog(folder, WORLD), Sums()
    for panel in made or panels(days):
        volume.update(panel)
        read = volume.read()
        rows = read.values.reshape(len(read.areas), len(WORLD.registry.signatures), 5)
        at, signature = np.nonzero((rows[:, :, :-1] > 0).any(axis=2))
        scored = Scored(read.areas[at].astype(np.int64), signature.astype(np.int64), np.full(len(at), 0.1))
        log.add(panel, read, scored, ("made", "c0"))
        log.flush()
    return log
