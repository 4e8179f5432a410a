"""Ids received within a horizon, as 64-bit hashes in one open table; kept by arrivals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US
from riskwatch.core.compiled import compiled
from riskwatch.core.scores import State

IntArray = NDArray[np.int64]
Keys = NDArray[np.uint64]
Days = NDArray[np.int32]
Table = tuple[Keys, Days]

_ROOM = 1 << 12
_AT_ONCE = 16  # places of an outgrown table that are moved for each row that comes


class SeenIds:
    """64-bit hashes of (source, id) received within a horizon; memory is bounded by it.

    Two ids share a hash once in 2**64; at 10 million remembered ids a false duplicate is
    expected once in 180,000 such stores. An id costs 24 to 48 bytes.

    A table that has grown too small is moved to a larger one a piece with each batch, so that no
    batch, and no tick, waits for all of it.
    """

    def __init__(self, horizon_us: int) -> None:
        self._days = horizon_us // DAY_US
        self._today = -1
        self._used = 0
        self._keys, self._day = _empty(_ROOM)
        self._old, self._moved = _empty(0), 0  # the table that is outgrown, and how much of it was moved

    def mark(self, keys: Keys | None, clock_us: IntArray) -> NDArray[np.bool_]:
        """Which rows repeat an id seen before (earlier in this batch included); remembers the rest.

        A row is held against the ids of the horizon before its own clock, to the day; the clock
        never falls. A key of 0 is no id.
        """
        repeated = np.zeros(len(clock_us), dtype=bool)
        if keys is None or not len(keys):
            return repeated
        day = clock_us // DAY_US
        held = np.flatnonzero(keys)
        if len(held):
            self._today = max(self._today, int(day[held[-1]]))
        oldest = int(day[0]) - self._days
        if 2 * (self._used + len(keys)) > len(self._keys):
            self._make_room(oldest, len(keys))
        self._move(oldest, _AT_ONCE * len(keys))
        outgrown = (*self._old, self._moved)
        self._used += mark((self._keys, self._day), outgrown, keys, day, self._days, repeated)
        return repeated

    def _make_room(self, oldest: int, more: int) -> None:
        """Begin a table four times what the horizon leaves of this one."""
        self._move(oldest, len(self._old[0]))
        self._used = held_since(self._keys, self._day, oldest)
        self._old, self._moved = (self._keys, self._day), 0
        self._keys, self._day = _empty(max(_ROOM, 1 << int(3 * (self._used + more)).bit_length()))

    def _move(self, oldest: int, places: int) -> None:
        """Move the next so many places of the outgrown table, without what the horizon has passed."""
        if not len(self._old[0]):
            return
        end = min(self._moved + places, len(self._old[0]))
        move((self._keys, self._day), self._old, self._moved, end, oldest)
        self._moved = end
        if end == len(self._old[0]):
            self._old, self._moved = _empty(0), 0

    def state(self) -> State:
        """The remembered hashes by day of receipt, ascending."""
        oldest = int(self._today - self._days)
        self._move(oldest, len(self._old[0]))
        keys, bounds = by_day(self._keys, self._day, oldest, self._today)
        parts = zip(range(oldest, self._today + 1), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        return {str(day): np.sort(keys[begin:end]) for day, begin, end in parts if begin < end}

    def load(self, state: State) -> None:
        """Go on from a state."""
        days = [int(day) for day in state]
        parts = [np.asarray(held, np.uint64) for held in state.values()]
        self._today, self._used = max(days, default=-1), sum(map(len, parts))
        self._keys, self._day = _empty(max(_ROOM, 1 << (3 * self._used).bit_length()))
        self._old, self._moved = _empty(0), 0
        for day, keys in zip(days, parts, strict=True):
            put(self._keys, self._day, keys, np.full(len(keys), day, np.int32))


def _empty(room: int) -> Table:
    return np.zeros(room, np.uint64), np.zeros(room, np.int32)


@compiled
def mark(
    held: Table,
    outgrown: tuple[Keys, Days, int],
    keys: Keys,
    day: IntArray,
    horizon: int,
    repeated: NDArray[np.bool_],
) -> int:
    """Look keys up and enter those not seen within the horizon; returns how many places were filled.

    The outgrown table counts from a place on; below, all was moved. A key whose place there is still to
    be moved is entered there, so that the memory of the new table is touched no sooner than it is filled.
    """
    table, days = held
    old, old_days, moved = outgrown
    mask, old_mask = np.uint64(len(table) - 1), np.uint64(max(len(old), 1) - 1)
    filled = 0
    for i in range(len(keys)):
        key = keys[i]
        if key == 0:
            continue
        at = key & mask
        while table[at] != 0 and table[at] != key:
            at = (at + np.uint64(1)) & mask
        if table[at] == 0 and len(old):
            was = key & old_mask
            home = was
            while old[was] != 0 and old[was] != key:
                was = (was + np.uint64(1)) & old_mask
            if was >= moved and (old[was] == key or home >= moved):
                if old[was] == key and old_days[was] >= day[i] - horizon:
                    repeated[i] = True
                    continue
                filled += old[was] == 0
                old[was], old_days[was] = key, day[i]
                continue
        if table[at] == key and days[at] >= day[i] - horizon:
            repeated[i] = True
            continue
        filled += table[at] == 0
        table[at], days[at] = key, day[i]
    return filled


@compiled
def move(held: Table, old: Table, begin: int, end: int, oldest: int) -> None:
    """Enter what stands in these places of the outgrown table since a day."""
    table, days = held
    before, old_days = old
    mask = np.uint64(len(table) - 1)
    for place in range(begin, end):
        key = before[place]
        if key == 0 or old_days[place] < oldest:
            continue
        at = key & mask
        while table[at] != 0 and table[at] != key:
            at = (at + np.uint64(1)) & mask
        table[at], days[at] = key, old_days[place]


@compiled
def held_since(table: Keys, days: Days, oldest: int) -> int:
    """How many keys there are since a day."""
    found = 0
    for at in range(len(table)):
        found += table[at] != 0 and days[at] >= oldest
    return found


@compiled
def put(table: Keys, days: Days, keys: Keys, day: Days) -> None:
    """Enter keys that are not there."""
    mask = np.uint64(len(table) - 1)
    for i in range(len(keys)):
        at = keys[i] & mask
        while table[at] != 0:
            at = (at + np.uint64(1)) & mask
        table[at] = keys[i]
        days[at] = day[i]


@compiled
def by_day(table: Keys, days: Days, first: int, last: int) -> tuple[Keys, IntArray]:
    """The keys of the days from the first to the last, day after day, and where each day's begin."""
    bounds = np.zeros(last - first + 2, np.int64)
    for at in range(len(table)):
        if table[at] != 0 and first <= days[at] <= last:
            bounds[days[at] - first + 1] += 1
    bounds = np.cumsum(bounds)
    place, found = bounds[:-1].copy(), np.empty(bounds[-1], np.uint64)
    for at in range(len(table)):
        if table[at] != 0 and first <= days[at] <= last:
            day = days[at] - first
            found[place[day]] = table[at]
            place[day] += 1
    return found, bounds


@compiled
def hashed(offsets: NDArray[np.int32], data: NDArray[np.uint8], salt: Keys) -> Keys:
    """A 64-bit hash of each text, its salt mixed in; after MurmurHash64A (Appleby 2011)."""
    odd = np.uint64(0xC6A4A7935BD1E995)
    found = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(found)):
        begin, end = offsets[i], offsets[i + 1]
        h = salt[i] ^ (np.uint64(end - begin) * odd)
        at = begin
        while at < end:
            word, shift = np.uint64(0), np.uint64(0)
            for j in range(at, min(at + 8, end)):
                word |= np.uint64(data[j]) << shift
                shift += np.uint64(8)
            word *= odd
            word ^= word >> np.uint64(47)
            word *= odd
            h = (h ^ word) * odd
            at += 8
        h ^= h >> np.uint64(47)
        h *= odd
        found[i] = h ^ (h >> np.uint64(47))
    return found
