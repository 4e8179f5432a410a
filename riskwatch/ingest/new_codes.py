"""Codes that a stream shows for the first time: a change of the form, not a risk; kept by the mapper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.ingest.codes import Looked
from riskwatch.ingest.quarantine import MAX_REF_CHARS

MAX_SEEN = 10_000
"""Codes remembered for a stream; a column with more is no column of codes."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code not shown before, what it maps to (None: unknown or not watched), and its first row."""

    code: str
    indicator: str | None
    row: int


class SeenCodes:
    """The codes that a stream has shown, in the order of their first rows."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def state(self) -> list[str]:
        """The codes, as JSON."""
        return list(self._seen)

    def load(self, state: Iterable[str]) -> None:
        """Go on from a state."""
        self._seen = dict.fromkeys(state)

    def meet(
        self,
        looked: Looked,
        here: NDArray[np.bool_],
        row: NDArray[np.int64],
        code_of: Callable[[str], str],
    ) -> tuple[NewCode, ...]:
        """The codes of these rows that are new; they are no longer new afterwards."""
        fresh = {i: code_of(raw)[:MAX_REF_CHARS] for i, raw in enumerate(looked.raw)}
        fresh = {i: code for i, code in fresh.items() if code not in self._seen}
        if not fresh or len(self._seen) >= MAX_SEEN:
            return ()
        rows = np.flatnonzero(here)
        index, first = np.unique(looked.index[rows], return_index=True)
        found = []
        for i, at in sorted(zip(index.tolist(), first.tolist(), strict=True), key=lambda pair: pair[1]):
            if i in fresh and fresh[i] not in self._seen and len(self._seen) < MAX_SEEN:
                self._seen[fresh[i]] = None
                found.append(NewCode(fresh[i], looked.target[i], int(row[rows[at]])))
        return tuple(found)
