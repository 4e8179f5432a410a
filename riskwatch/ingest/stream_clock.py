"""The running clock of a stream: lone jumps set aside, repeated hours told apart; kept by the mapper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.ingest.zones import Instants, Readings

NEVER = np.iinfo(np.int64).min // 4
"""Stands for "no clock yet": before every instant, and far from overflow."""

_WINDOW = 64  # rows looked at again after a lone jump; grows while there is none


@dataclass(frozen=True, slots=True)
class Jumps:
    """Which rows are lone jumps, and whether the last row is undecided until its follower is known."""

    lone: NDArray[np.bool_]
    last_undecided: bool


def find_jumps(instants: Instants, *, clock_us: int, max_jump_us: int, witnessed: bool = False) -> Jumps:
    """Rows more than `max_jump_us` ahead of the running clock whose follower is not.

    Without a clock yet (NEVER) the first row is measured against its follower. `witnessed`: the
    row before was set aside as such a jump, so that a first row as far ahead confirms it.

    >>> find_jumps(np.array([0, 900, 1, 800, 801]), clock_us=0, max_jump_us=100).lone.tolist()
    [False, True, False, False, False]
    """
    lone = np.zeros(len(instants), dtype=bool)
    start, clock, size, undecided = 0, clock_us, _WINDOW, False
    while start < len(instants):
        part = instants[start : start + size]
        before = running_max(part[:-1], clock)
        limit = before + max_jump_us
        if clock == NEVER:
            limit[0] = part[0] - max_jump_us - 1
        ahead = part > limit
        if witnessed and start == 0:
            ahead[0] = False
        back = ahead[:-1] & (part[1:] <= limit[:-1])
        if back.any():
            first = int(np.argmax(back))
            lone[start + first] = True
            clock, start, size = int(before[first]), start + first + 1, _WINDOW
        elif start + size < len(instants):  # the last row of the window waits for the next window
            clock, start, size = int(before[-1]), start + size - 1, size * 4
        else:
            undecided = bool(ahead[-1])
            break
    return Jumps(lone, undecided)


def running_max(instants: Instants, clock_us: int) -> Instants:
    """The running maximum before each instant, and after the last: one longer than its input."""
    return np.maximum.accumulate(np.concatenate((np.array([clock_us], dtype=np.int64), instants)))


def resolve(readings: Readings, *, clock_us: int, lateness_us: int, latest_us: int) -> Instants:
    """One instant a row: of a repeated hour the earlier reading, unless that is late.

    Late is more than `lateness_us` behind the running clock; the later reading is then taken,
    unless it lies after `latest_us`. Only rows of repeated hours are walked one by one.
    """
    instants = readings.earlier.copy()
    repeated = np.flatnonzero(readings.ambiguous)
    if len(repeated) == 0:
        return instants
    known = running_max(np.where(readings.ambiguous, NEVER, readings.earlier), clock_us)
    carried = NEVER
    for i in repeated:
        clock = max(int(known[i]), carried)
        if instants[i] < clock - lateness_us and readings.later[i] <= latest_us:
            instants[i] = readings.later[i]
        carried = max(clock, int(instants[i]))
    return instants


def resolve_against(
    readings: Readings, received_us: Instants, *, lateness_us: int, skew_us: int
) -> Instants:
    """One instant a row where the arrival of each is known: the later reading if the earlier is late."""
    late = readings.earlier < received_us - lateness_us
    take_later = readings.ambiguous & late & (readings.later <= received_us + skew_us)
    return np.where(take_later, readings.later, readings.earlier)
