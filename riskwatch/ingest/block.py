"""The raw block and the position after it: what every reader yields and the mapper takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.ingest.quarantine import Quarantined


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read: rows, bytes, and the SHA-256 of what was read until there.

    Bytes are those of the decompressed text; for Parquet those of the mapped values.

    >>> Position.load(Position(1, 20, "ab").state())
    Position(rows=1, offset_bytes=20, digest='ab')
    """

    rows: int
    offset_bytes: int
    digest: str

    def state(self) -> dict[str, int | str]:
        """The position as JSON."""
        return {"rows": self.rows, "offset_bytes": self.offset_bytes, "digest": self.digest}

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> Position:
        """The position of a state."""
        return cls(int(state["rows"]), int(state["offset_bytes"]), str(state["digest"]))


@dataclass(frozen=True, slots=True)
class RawBlock:
    """Consecutive rows of a stream: `rows` = `table.num_rows` + `len(quarantined)`.

    `table` has one string column, without nulls, for each mapped column; `row` is the place of
    each of its rows in the stream (from 0) and `line` its line in the file (from 1).
    """

    rows: int
    table: pa.Table
    row: NDArray[np.int64]
    line: NDArray[np.int64]
    quarantined: tuple[Quarantined, ...]
    end: Position
