"""How much of a file is held at once; passed to the readers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """A block and the longest record in bytes of decompressed text; a block of Parquet in rows."""

    block_bytes: int = 4 << 20
    record_bytes: int = 1 << 20
    batch_rows: int = 65_536
