"""Corrections: a known id with other content, for sources that declare them; kept by the arrivals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import State

IntArray = NDArray[np.int64]

_CONTENT = ("area", "indicator", "source", "occurred_us", "count")
_OUT, _COUNTED, _FIXED = 0, 1, 2
"""Of an id: in no panel; as held, in a panel (which may be closed); in a closed one, and said otherwise."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch as far as corrections need it: arrays of one length; `key` 0 has no id."""

    key: NDArray[np.uint64]
    clock_us: IntArray
    area: IntArray
    indicator: IntArray
    source: IntArray
    occurred_us: IntArray
    count: IntArray

    def content(self, i: int) -> tuple[int, ...]:
        """What row `i` says of its event."""
        return tuple(int(getattr(self, name)[i]) for name in _CONTENT)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a batch corrects: events that leave open ticks and those that come, [n, 5] as in `_CONTENT`.

    `applied` and `too_late` are masks over the rows: what the panels follow, and what they cannot.
    """

    leave: IntArray
    come: IntArray
    applied: NDArray[np.bool_]
    too_late: NDArray[np.bool_]


class Corrections:
    """The content of every id within the horizon; 64 bytes an id, for the sources that declare it.

    A row is a correction if its id is known with other content. The event is then moved if no
    closed tick holds it; what a closed tick holds stays as it was decided.
    """

    def __init__(self, grid: TickGrid, horizon_days: int) -> None:
        self._grid, self._horizon_days = grid, horizon_days
        self._held: dict[str, NDArray[np.int64] | NDArray[np.uint64]] = {
            "key": np.empty(0, np.uint64),
            **{name: np.empty(0, np.int64) for name in ("day", "state", *_CONTENT)},
        }

    def take(self, rows: Rows, repeated: NDArray[np.bool_], late: NDArray[np.bool_]) -> Corrected:
        """Hold repeated rows against what is known; remember the others."""
        applied, too_late = np.zeros(len(rows.key), dtype=bool), np.zeros(len(rows.key), dtype=bool)
        leave: list[tuple[int, ...]] = []
        come: list[tuple[int, ...]] = []
        day = rows.clock_us // DAY_US
        for today in np.unique(day):
            mine = (day == today) & (rows.key != 0)
            self._forget_before(int(today) - self._horizon_days)
            self._remember(rows, np.flatnonzero(mine & ~repeated), late, int(today))
            for i in np.flatnonzero(mine & repeated):
                at = int(np.searchsorted(self._held["key"], rows.key[i]))
                if at == len(self._held["key"]) or self._held["key"][at] != rows.key[i]:
                    continue  # its first row came before the source declared corrections
                was, now = tuple(int(self._held[name][at]) for name in _CONTENT), rows.content(int(i))
                if was == now:
                    continue
                state, clock = int(self._held["state"][at]), int(rows.clock_us[i])
                if state == _COUNTED and self._is_closed(was, clock):
                    state = _FIXED
                closed = self._is_closed(now, clock)
                if state == _FIXED or (state == _OUT and closed):
                    too_late[i] = True
                else:
                    applied[i] = True
                    leave += [was] if state == _COUNTED else []
                    come += [] if closed else [now]
                    state = _OUT if closed else _COUNTED
                self._held["state"][at] = state
                for name, value in zip(_CONTENT, now, strict=True):
                    self._held[name][at] = value
        return Corrected(_table(leave), _table(come), applied, too_late)

    def _is_closed(self, content: tuple[int, ...], clock_us: int) -> bool:
        occurred_us = content[_CONTENT.index("occurred_us")]
        return self._grid.decided_at(self._grid.tick_of(occurred_us)) <= clock_us

    def _remember(self, rows: Rows, fresh: IntArray, late: NDArray[np.bool_], today: int) -> None:
        if not len(fresh):
            return
        given: dict[str, NDArray[np.int64] | NDArray[np.uint64]] = {
            name: getattr(rows, name)[fresh] for name in ("key", *_CONTENT)
        }
        given["day"] = np.full(len(fresh), today)
        given["state"] = np.where(late[fresh], _OUT, _COUNTED)
        order = np.argsort(np.concatenate([self._held["key"], given["key"]]), kind="stable")
        self._held = {name: np.concatenate([held, given[name]])[order] for name, held in self._held.items()}

    def _forget_before(self, day: int) -> None:
        keep = self._held["day"] >= day
        if not keep.all():
            self._held = {name: held[keep] for name, held in self._held.items()}

    def state(self) -> State:
        """Every id that is remembered."""
        return dict(self._held)

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._held = {name: np.array(state[name]) for name in self._held}


def _table(found: list[tuple[int, ...]]) -> IntArray:
    return np.array(found, dtype=np.int64).reshape(len(found), len(_CONTENT))
