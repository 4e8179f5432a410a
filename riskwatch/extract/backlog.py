"""Backlog: late rows that fill a source's outage, told apart from a surge; used by the app."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import State
from riskwatch.extract.feeds import Outage


class Backlog:
    """The latest outage of each source, and how many late rows say what happened in it.

    Rows of an outage come after their ticks were decided: they are late, and change no panel. Here
    they are told apart from other late rows.
    """

    def __init__(self, grid: TickGrid) -> None:
        self._grid = grid
        self._held: dict[str, dict[str, int | None]] = {}

    def look(self, outages: Iterable[Outage], end_us: int) -> None:
        """Follow the outages in force at a tick that ends then."""
        now = {o.source: self._grid.start(o.since_tick) for o in outages if o.source is not None}
        for name, since_us in now.items():
            held = self._held.get(name)
            if held is None or held["since_us"] != since_us:
                self._held[name] = {"since_us": since_us, "until_us": None, "rows": 0}
        for name, held in self._held.items():
            if held["until_us"] is None and name not in now:
                held["until_us"] = end_us

    def take(self, events: pa.Table, late: NDArray[np.bool_]) -> None:
        """Count a batch's late rows that occurred within the outage of their source."""
        if not self._held or not late.any():
            return
        rows = events.filter(pa.array(late))
        occurred = rows.column("occurred_at").cast(pa.int64()).to_numpy()
        source = rows.column("source").cast(pa.string()).to_numpy()
        for name, held in self._held.items():
            within = (source == name) & (occurred >= held["since_us"])
            if held["until_us"] is not None:
                within &= occurred < held["until_us"]
            held["rows"] = int(held["rows"] or 0) + int(within.sum())

    def read(self) -> dict[str, dict[str, int | None]]:
        """Source -> since when and until when (None: still) it was silent, and its rows since."""
        return {name: dict(held) for name, held in self._held.items() if held["rows"]}

    def state(self) -> State:
        """The latest outages."""
        return {name: dict(held) for name, held in self._held.items()}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._held = {name: dict(held) for name, held in state.items()}
