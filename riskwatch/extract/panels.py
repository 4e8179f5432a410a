"""The panel builder: accepted events wait until their tick is decided, then leave as a panel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.panels import Panel
from riskwatch.core.scores import State, World
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.readings import Readings
from riskwatch.extract.roll_up import roll_up
from riskwatch.extract.waiting import COLUMNS, Events, Waiting

IntArray = NDArray[np.int64]


class PanelBuilder:
    """Holds the events of undecided ticks and rolls decided ones up over tree and signatures.

    A column of the panel is an indicator or, behind them, a signature's total: series id =
    area * columns + column, `columns = indicators + signatures`.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        registry = world.registry
        self.columns = len(registry) + len(registry.signatures)
        self._signature_column = np.array(
            [len(registry) + registry.signature_index[i.signature] for i in registry.indicators],
            dtype=np.int64,
        )
        n = len(world.tree) * self.columns
        self._scratch = (np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n // 64 + 1, np.uint64))
        self._waiting = Waiting()
        self._readings = Readings(world, self.columns)
        self.next_tick: int | None = None

    def add(self, events: Accepted, *, may_leave: bool = False) -> None:
        """Let events wait; their ticks are not decided yet (arrivals saw to that).

        Only those that `may_leave` can be withdrawn.
        """
        if not len(events.area):
            return
        came = self._events(events)
        earliest = int(came["tick"].min())
        if self.next_tick is None or earliest < self.next_tick:  # the latter before the first panel only
            self.next_tick = earliest
        if may_leave:
            self._waiting.add_apart(came)
        elif self._readings.any:
            read = self._readings.of(came["series"])
            self._waiting.add_apart({name: column[read] for name, column in came.items()})
            self._waiting.add({name: column[~read] for name, column in came.items()})
        else:
            self._waiting.add(came)

    def _events(self, events: Accepted) -> Events:
        return {
            "tick": events.occurred_us // self._world.grid.tick_us,
            "series": events.area * self.columns + events.indicator,
            "source": events.source,
            "occurred_us": events.occurred_us,
            "count": events.count,
            "rows": np.ones(len(events.area), np.int64),
        }

    def withdraw(self, events: Accepted) -> None:
        """Take events back that wait and may leave, one for each; equal ones are interchangeable."""
        if not len(events.area):
            return
        import pandas as pd  # half a second to import, and few sources send corrections

        waiting, leaving = pd.DataFrame(self._waiting.apart()), pd.DataFrame(self._events(events))
        names = list(COLUMNS)
        for frame in (waiting, leaving):
            frame["nth"] = frame.groupby(names).cumcount()
        stays = (
            waiting.merge(leaving, how="left", on=[*names, "nth"], indicator="found")["found"]
            == "left_only"
        )
        kept = waiting[stays.to_numpy()]
        self._waiting.add_apart({name: kept[name].to_numpy() for name in names})

    def close(self, clock_us: int, n_sources: int) -> Iterator[Panel]:
        """The panels of all ticks decided by the clock, in order, empty ones included."""
        last = self._world.grid.last_decided(clock_us)
        if self.next_tick is None or last < self.next_tick:
            return
        ready = self._waiting.until(last)
        first, self.next_tick = self.next_tick, last + 1
        counted, read = self._without_readings(ready, range(first, last + 2))
        bounds, series, count, since = roll_up(
            (counted["tick"] - first, counted["series"], counted["count"], counted["occurred_us"]),
            self._world.tree.paths,
            self._signature_column,
            self.columns,
            last + 1 - first,
            self._scratch,
        )
        brought = self._by_source(ready, first, last, n_sources)
        rows = None
        if self._world.reports_every_us:
            rows = self._by_source(ready | {"count": ready["rows"]}, first, last, n_sources)
        sees = np.full(self.columns, -1, dtype=np.int64)
        grid = self._world.grid
        for n, at in enumerate(range(first, last + 1)):
            part = slice(int(bounds[n]), int(bounds[n + 1]))
            yield Panel(
                tick=at,
                start_us=grid.start(at),
                end_us=grid.start(at + 1),
                decided_at_us=grid.decided_at(at),
                series=series[part],
                counts=count[part],
                first_us=since[part],
                source_counts=brought[n],
                blind_since=sees,
                **(read[n] if read else {}),
                **({} if rows is None else {"source_rows": rows[n]}),
            )

    def _without_readings(
        self, ready: Events, ticks: range
    ) -> tuple[Events, list[dict[str, NDArray[Any]]]]:
        """What is counted, and the readings of each tick; a reading counts as one row of its source."""
        if not self._readings.any:
            return ready, []
        gauge = self._readings.of(ready["series"])
        names = ("tick", "series", "occurred_us", "count")
        tick, series, value = self._readings.taken(*(ready[name][gauge] for name in names))
        ready["count"] = np.where(gauge, 1, ready["count"])
        places = np.searchsorted(tick, ticks).tolist()
        parts = [slice(*ends) for ends in itertools.pairwise(places)]
        counted = {name: held[~gauge] for name, held in ready.items()}
        return counted, [{"gauges": series[part], "readings": value[part]} for part in parts]

    def _by_source(self, events: Events, first: int, last: int, n_sources: int) -> NDArray[np.int64]:
        """[ticks, sources, indicators] counts."""
        n = len(self._world.registry)
        indicator = events["series"] % self.columns
        key = ((events["tick"] - first) * n_sources + events["source"]) * n + indicator
        shape = (last + 1 - first, n_sources, n)
        counts = np.zeros(int(np.prod(shape)), dtype=np.int64)
        np.add.at(counts, key, events["count"])
        return counts.reshape(shape)

    def state(self) -> State:
        """What waits and the next tick to close."""
        return {"next_tick": self.next_tick, "waiting": self._waiting.state()}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.next_tick = None if state["next_tick"] is None else int(state["next_tick"])
        self._waiting.load(state["waiting"])
