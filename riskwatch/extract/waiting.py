"""What waits for its tick to be decided, counted as it comes; kept by the panel builder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled
from riskwatch.core.scores import State

IntArray = NDArray[np.int64]
Events = dict[str, IntArray]
"""Columns of one length, as named in COLUMNS."""

COLUMNS = ("tick", "series", "source", "occurred_us", "count", "rows")
"""The tick, the leaf series, who sent it, the (earliest) instant, the count, and of how many rows."""

_MANY = 1 << 14  # rows; fewer are not worth a pass over what is counted already


class Waiting:
    """Events of undecided ticks: one row for each tick, series and source that has any.

    A panel needs no more of them than their counts together and the earliest instant. So what is
    left to do when a tick is decided depends on how many series speak in it, not on how many events
    came. Events that may be taken back stay apart, each as it came, and so do readings.
    """

    def __init__(self) -> None:
        self._apart: list[Events] = []
        self._fresh: list[Events] = []
        self._counted = none()
        self._n_fresh = 0

    def add(self, events: Events) -> None:
        """Let events wait that stay; those that came before are counted when they are many."""
        if self._n_fresh > max(_MANY, len(self._counted["tick"])):
            self._count()
        self._fresh.append(events)
        self._n_fresh += len(events["tick"])

    def add_apart(self, events: Events) -> None:
        """Let events wait that must stay what they are."""
        self._apart.append(events)

    def until(self, last: int) -> Events:
        """Take the events of the ticks up to this one."""
        due, self._apart = _split(self._apart, last)
        fresh, self._fresh = _split(self._fresh, last)
        counted, left = _split([self._counted], last)
        self._counted = joined(left)
        self._n_fresh = sum(len(part["tick"]) for part in self._fresh)
        return joined([*counted, *fresh, *due])

    def apart(self) -> Events:
        """Take all that stay what they are."""
        taken, self._apart = joined(self._apart), []
        return taken

    def _count(self) -> None:
        """Count what came since."""
        if self._fresh:
            events = joined([self._counted, *self._fresh])
            rows = count(*(events[name] for name in COLUMNS))
            self._counted = {name: column[:rows].copy() for name, column in events.items()}
            self._fresh, self._n_fresh = [], 0

    def state(self) -> State:
        """What waits; what is counted in an order that does not tell how it was cut into batches."""
        self._count()
        order = np.lexsort([self._counted[name] for name in ("series", "source", "tick")])
        counted = {name: column[order] for name, column in self._counted.items()}
        return {"apart": joined(self._apart), "counted": counted}

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._apart, self._counted = _loaded(state["apart"]), joined(_loaded(state["counted"]))
        self._fresh, self._n_fresh = [], 0


def none() -> Events:
    """No events."""
    return {name: np.empty(0, np.int64) for name in COLUMNS}


def joined(parts: Sequence[Events]) -> Events:
    """One behind the other, with memory of their own."""
    if not parts:
        return none()
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}


def _split(parts: Sequence[Events], last: int) -> tuple[list[Events], list[Events]]:
    """Those of the ticks up to this one, and those of later ones; no part is empty."""
    due, later = [], []
    for part in parts:
        is_due = part["tick"] <= last
        if is_due.all():
            due += [part] if len(is_due) else []
        elif is_due.any():
            due.append({name: column[is_due] for name, column in part.items()})
            later.append({name: column[~is_due] for name, column in part.items()})
        else:
            later.append(part)
    return due, later


def _loaded(state: Mapping[str, IntArray]) -> list[Events]:
    events = {name: np.array(state[name], np.int64) for name in COLUMNS}
    return [events] if len(events["tick"]) else []


@compiled
def count(
    tick: IntArray, series: IntArray, source: IntArray, when: IntArray, held: IntArray, rows: IntArray
) -> int:
    """Make one row, in place, of those of one tick, series and source; returns how many there are then.

    They stand in the order in which the first of each came.
    """
    room = 16
    while room < 2 * len(tick):
        room *= 2
    place = np.full(room, -1, np.int32)
    mask = np.uint64(room - 1)
    filled = 0
    for i in range(len(tick)):
        key = np.uint64(series[i]) * np.uint64(0x9E3779B97F4A7C15)
        key ^= np.uint64(tick[i]) * np.uint64(0xC2B2AE3D27D4EB4F)
        key ^= np.uint64(source[i]) * np.uint64(0x165667B19E3779F9)
        at = (key ^ (key >> np.uint64(29))) & mask
        while True:
            n = place[at]
            if n < 0 or (series[n] == series[i] and tick[n] == tick[i] and source[n] == source[i]):
                break
            at = (at + np.uint64(1)) & mask
        if n < 0:
            n = place[at] = filled
            tick[n], series[n], source[n] = tick[i], series[i], source[i]
            when[n], held[n], rows[n] = when[i], held[i], rows[i]
            filled += 1
        else:
            when[n] = min(when[n], when[i])
            held[n] += held[i]
            rows[n] += rows[i]
    return filled
