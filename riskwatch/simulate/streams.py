"""Named random streams and opaque ids; every component of a simulation draws from its own."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_SLOT_BITS, _HOUR_BITS, _COUNT_BITS = 16, 20, 28


def _words(name: str) -> tuple[int, int]:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")


class Streams:
    """Random generators by name: the same seed and name give the same numbers, whatever else is drawn.

    A stream is numpy's PCG64 on a child of `SeedSequence(seed)` whose spawn key is the SHA-256 of
    its names (O'Neill 2014; NEP 19: numbers may change between versions of numpy, not within one).

    >>> float(Streams(7).at("storm", 1).random()) == float(Streams(7).at("storm", 1).random())
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._salt = int(
            np.random.SeedSequence(seed, spawn_key=_words("ids")).generate_state(1, np.uint64)[0]
        )

    def at(self, *path: str | int) -> np.random.Generator:
        """The generator of a component (names) at a place (numbers from 0)."""
        key: list[int] = []
        for part in path:
            key.extend(_words(part) if isinstance(part, str) else (part,))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=tuple(key))))

    def ids(self, kind: str, *, slot: int, hour: int, count: int) -> NDArray[np.uint64]:
        """`count` numbers of 64 bits, never the same for another slot, hour or place; they tell nothing.

        SplitMix64's finaliser (Steele, Lea and Flood 2014) is a bijection, so distinct keys stay
        distinct. `slot` < 2^16 names the component, `hour` < 2^20 the chunk, `count` < 2^28.
        """
        if slot >> _SLOT_BITS or hour >> _HOUR_BITS or count >> _COUNT_BITS:
            raise ValueError(f"slot {slot}, hour {hour} or count {count} is out of range")
        first = ((slot << _HOUR_BITS) | hour) << _COUNT_BITS
        keys = np.arange(count, dtype=np.uint64) + np.uint64(first)
        keys ^= np.uint64(self._salt ^ _words(kind)[0])
        keys ^= keys >> np.uint64(30)
        keys *= np.uint64(0xBF58476D1CE4E5B9)
        keys ^= keys >> np.uint64(27)
        keys *= np.uint64(0x94D049BB133111EB)
        keys ^= keys >> np.uint64(31)
        return keys
