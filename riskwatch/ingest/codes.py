"""Codes of a column looked up once a distinct value; used by the mapper for areas, indicators, sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_MEMO_SIZE = 100_000


@dataclass(frozen=True, slots=True)
class Looked:
    """Distinct raw values, the index of each row into them, and what each became.

    `target` is None where the value was refused; `reason` then says why.
    """

    raw: list[str]
    index: NDArray[np.int32]
    target: list[str | None]
    reason: list[str]

    def column(self, keep: NDArray[np.int64]) -> pa.DictionaryArray:
        """The targets of the kept rows, dictionary-encoded, with no unused entry."""
        ids = sorted({target for target in self.target if target is not None})
        place = {target: i for i, target in enumerate(ids)}
        of_raw = np.array([place.get(t, -1) if t is not None else -1 for t in self.target], dtype=np.int32)
        rows = of_raw[self.index[keep]] if len(of_raw) else np.zeros(0, dtype=np.int32)
        used = np.zeros(len(ids), dtype=bool)
        used[rows] = True
        compact = np.cumsum(used, dtype=np.int32) - 1
        values = pa.array(
            [target for target, is_used in zip(ids, used, strict=True) if is_used], pa.string()
        )
        indices = compact[rows].astype(np.int32) if ids else rows
        return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), values)

    def refused(self, reason: str) -> NDArray[np.bool_]:
        """Which rows were refused for a reason."""
        of_raw = np.array([r == reason for r in self.reason], dtype=bool)
        return of_raw[self.index] if len(of_raw) else np.zeros(0, dtype=bool)


class Lookup:
    """Memoised lookup of raw values by a function `raw -> (target or None, reason)`."""

    def __init__(self, find: Callable[[str], tuple[str | None, str]]) -> None:
        self._find = find
        self._memo: dict[str, tuple[str | None, str]] = {}

    def read(self, column: pa.StringArray) -> Looked:
        """Look a column up."""
        coded = column.dictionary_encode()
        raw = coded.dictionary.to_pylist()
        if len(self._memo) > _MEMO_SIZE:
            self._memo.clear()
        found = [self._of(value) for value in raw]
        index = coded.indices.to_numpy(zero_copy_only=False)
        return Looked(raw, index, [target for target, _ in found], [reason for _, reason in found])

    def _of(self, raw: str) -> tuple[str | None, str]:
        if raw not in self._memo:
            self._memo[raw] = self._find(raw)
        return self._memo[raw]


def folded(codes: Iterable[str]) -> dict[str, str]:
    """Codes by their case-folded, trimmed form; forms that two codes share are left out.

    >>> folded(["TRAPPE", "Ambler", "AMBLER"])
    {'trappe': 'TRAPPE'}
    """
    found: dict[str, str] = {}
    shared = set()
    for code in codes:
        key = code.strip().casefold()
        if key in found:
            shared.add(key)
        found[key] = code
    return {key: code for key, code in found.items() if key not in shared}
