"""Ticks of the feature log that are not written yet, as arrays; a part of the engine's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.errors import StoreError
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Features, FloatArray, State, World, rows_with

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Likelihoods of one tick, as arrays of one length, ordered by area and signature."""

    areas: IntArray
    signatures: IntArray
    likelihood: FloatArray


@dataclass(slots=True)
class _Tick:
    """What one decided tick brings; `stamp` is a place in the list of stamps."""

    tick: int
    decided_at_us: int
    stamp: int
    blind: NDArray[np.bool_]  # [signatures]
    row_cell: IntArray  # area * signatures + signature
    values: FloatArray  # [rows, columns]
    likelihood: FloatArray  # [rows], NaN where the composite did not look
    count_cell: IntArray
    count: IntArray


class FeatureBuffer:
    """Decided ticks in order, by UTC day of their start."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._per_day = DAY_US // world.grid.tick_us
        self._n = len(world.registry)
        self._signatures = len(world.registry.signatures)
        self._cell_of = _cells_by_series(len(world.tree), self._n, self._signatures)
        self._ticks: list[_Tick] = []
        self._stamps: list[tuple[str, str]] = []
        self._columns: tuple[str, ...] = ()

    def add(self, panel: Panel, features: Features, scored: Scored, stamp: tuple[str, str]) -> None:
        """Keep one decided tick; only what is not zero."""
        if not self._columns:
            self._columns = self._named(features.names)
        if stamp not in self._stamps:
            self._stamps.append(stamp)
        rows = features.values.reshape(len(features.areas) * self._signatures, len(self._columns))
        told = rows_with(rows != 0.0)
        at, signature = np.divmod(told, self._signatures)
        cell = features.areas[at].astype(np.int64) * self._signatures + signature
        likelihood = np.full(len(cell), np.nan)
        looked = scored.areas * self._signatures + scored.signatures
        likelihood[np.searchsorted(cell, looked)] = scored.likelihood
        counted = self._cell_of[panel.series]
        total = counted >= 0
        self._ticks.append(
            _Tick(
                panel.tick,
                panel.decided_at_us,
                self._stamps.index(stamp),
                panel.blind_since[self._n :] >= 0,
                cell,
                rows[told],
                likelihood,
                counted[total],
                panel.counts[total],
            )
        )

    def complete_day(self) -> int | None:
        """The oldest day that no further tick belongs to, in days since the epoch."""
        if not self._ticks:
            return None
        day = self._ticks[0].tick // self._per_day
        return int(day) if (self._ticks[-1].tick + 1) // self._per_day > day else None

    def drop(self, day: int) -> None:
        """Forget a day that was written."""
        self._ticks = [t for t in self._ticks if t.tick // self._per_day != day]

    def tables(self, day: int) -> dict[str, pa.Table]:
        """A day as the tables of the log; the ticks last."""
        mine = [t for t in self._ticks if t.tick // self._per_day == day]
        stamps = _stamp_columns([self._stamps[t.stamp] for t in mine])
        n_rows, n_counts = [len(t.row_cell) for t in mine], [len(t.count_cell) for t in mine]
        tick = np.array([t.tick for t in mine], dtype=np.int64)
        decided = np.array([t.decided_at_us for t in mine], dtype=np.int64)
        values = np.concatenate([t.values for t in mine])
        of_row = np.repeat(np.arange(len(mine)), n_rows)
        likelihood = np.concatenate([t.likelihood for t in mine])
        rows = {
            "tick": tick[of_row],
            "decided_at_us": decided[of_row],
            **self._named_cells(np.concatenate([t.row_cell for t in mine])),
            **{name: np.ascontiguousarray(values[:, c]) for c, name in enumerate(self._columns)},
            "likelihood": pa.array(likelihood, mask=np.isnan(likelihood)),
            **{name: column.take(pa.array(of_row)) for name, column in stamps.items()},
        }
        counts = {
            "tick": np.repeat(tick, n_counts),
            **self._named_cells(np.concatenate([t.count_cell for t in mine])),
            "count": np.concatenate([t.count for t in mine]),
        }
        ids = [s.id for s in self._world.registry.signatures]
        blind = [[ids[s] for s in np.flatnonzero(t.blind)] for t in mine]
        ticks = {
            "tick": tick,
            "decided_at_us": decided,
            "blind": pa.array(blind, pa.list_(pa.string())),
            **stamps,
        }
        return {"rows": pa.table(rows), "counts": pa.table(counts), "ticks": pa.table(ticks)}

    def state(self) -> State:
        """Everything that is kept, as arrays."""
        kept = self._ticks
        width = len(self._columns)
        return {
            "columns": list(self._columns),
            "stamps": [list(s) for s in self._stamps],
            "tick": np.array([t.tick for t in kept], dtype=np.int64),
            "decided_at_us": np.array([t.decided_at_us for t in kept], dtype=np.int64),
            "stamp": np.array([t.stamp for t in kept], dtype=np.int64),
            "blind": np.array([t.blind for t in kept], dtype=bool).reshape(len(kept), self._signatures),
            "n_rows": np.array([len(t.row_cell) for t in kept], dtype=np.int64),
            "row_cell": _joined([t.row_cell for t in kept]),
            "values": _joined([t.values.ravel() for t in kept], np.float64).reshape(-1, max(width, 1)),
            "likelihood": _joined([t.likelihood for t in kept], np.float64),
            "n_counts": np.array([len(t.count_cell) for t in kept], dtype=np.int64),
            "count_cell": _joined([t.count_cell for t in kept]),
            "count": _joined([t.count for t in kept]),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._columns = tuple(state["columns"])
        self._stamps = [(bundle, config) for bundle, config in state["stamps"]]
        row = np.cumsum(np.r_[0, state["n_rows"]])
        count = np.cumsum(np.r_[0, state["n_counts"]])
        values = np.asarray(state["values"], np.float64)
        self._ticks = [
            _Tick(
                int(tick),
                int(state["decided_at_us"][n]),
                int(state["stamp"][n]),
                np.asarray(state["blind"][n], bool),
                np.asarray(state["row_cell"][row[n] : row[n + 1]], np.int64),
                values[row[n] : row[n + 1]],
                np.asarray(state["likelihood"][row[n] : row[n + 1]], np.float64),
                np.asarray(state["count_cell"][count[n] : count[n + 1]], np.int64),
                np.asarray(state["count"][count[n] : count[n + 1]], np.int64),
            )
            for n, tick in enumerate(state["tick"])
        ]

    def _named(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a row: an extractor's names without the signature in front."""
        signatures = self._world.registry.signatures
        columns = names[: len(names) // len(signatures)]
        columns = tuple(n.removeprefix(f"{signatures[0].id}.") for n in columns)
        if names != tuple(f"{s.id}.{c}" for s in signatures for c in columns):
            raise StoreError(
                "the feature log takes `<signature>.<column>`, the same columns of every signature in "
                "their order; name the extractor's columns so, or turn the log off in features.yaml"
            )
        return columns

    def _named_cells(self, cell: IntArray) -> dict[str, pa.DictionaryArray]:
        area, signature = np.divmod(cell, self._signatures)
        is_used = np.zeros(len(self._world.tree), bool)
        is_used[area] = True
        place = (np.cumsum(is_used, dtype=np.int32) - 1)[area].astype(np.int32)
        codes = pa.array([self._world.tree.codes[i] for i in np.flatnonzero(is_used).tolist()], pa.string())
        ids = pa.array([s.id for s in self._world.registry.signatures], pa.string())
        return {
            "area": pa.DictionaryArray.from_arrays(pa.array(place, pa.int32()), codes),
            "signature": pa.DictionaryArray.from_arrays(pa.array(signature, pa.int32()), ids),
        }


def _cells_by_series(areas: int, indicators: int, signatures: int) -> IntArray:
    """[series] the cell of a signature's total, -1 for an indicator; a division at every tick is dear."""
    cells = np.full((areas, indicators + signatures), -1, dtype=np.int64)
    cells[:, indicators:] = np.arange(areas * signatures).reshape(areas, signatures)
    return cells.ravel()


def _stamp_columns(stamps: list[tuple[str, str]]) -> dict[str, pa.DictionaryArray]:
    return {
        name: pa.array([s[k] for s in stamps], pa.string()).dictionary_encode()
        for k, name in enumerate(("bundle", "config"))
    }


def _joined(parts: list[NDArray[Any]], kind: Any = np.int64) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
