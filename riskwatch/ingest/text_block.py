"""The readable records of a buffer, handed from the text stream to the CSV and JSON parsers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from riskwatch.ingest.records import Places


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Records of a buffer, all of them UTF-8 text without NUL."""

    buffer: bytes
    starts: Places
    ends: Places

    def __len__(self) -> int:
        return len(self.starts)

    def record(self, i: int) -> str:
        """The text of a record, without the end of its line."""
        return record_bytes(self.buffer, int(self.starts[i]), int(self.ends[i])).decode()

    def joined(self) -> bytes:
        """All records as one piece of text, without what lies between them."""
        if not len(self):
            return b""
        breaks = np.flatnonzero(self.starts[1:] != self.ends[:-1] + 1) + 1
        first = self.starts[np.concatenate(([0], breaks))].tolist()
        last = self.ends[np.concatenate((breaks - 1, [len(self) - 1]))].tolist()
        return b"\n".join(self.buffer[start:end] for start, end in zip(first, last, strict=True))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record of a block could not be read, and what is kept of it."""

    reason: str
    detail: str
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """A table of the records that were read, in order, and the faults of all others by index."""

    table: pa.Table
    faults: dict[int, Fault]


class TextParser(Protocol):
    """Reads records of text into mapped columns of strings."""

    mapped: tuple[str, ...]
    """The columns that are read."""

    quotes: bool
    """Whether a record may hold quoted newlines."""

    delimiter: bytes
    """What separates fields, where records may be quoted."""

    def begin(self, first: str) -> bool:
        """Look at the first record; True if it is a header. Raises SourceError if it does not fit."""
        ...

    def not_utf8(self, first: bytes) -> str:
        """What is wrong with a first record that is not UTF-8, and what to do."""
        ...

    def parse(self, block: TextBlock) -> ParsedBlock:
        """Read the records of a block."""
        ...

    def salvage(self, record: str) -> dict[str, str]:
        """The mapped values of a record that has bad bytes in it, as far as they can be told."""
        ...


def record_bytes(buffer: bytes, start: int, end: int) -> bytes:
    """The bytes of a record, without a carriage return at its end."""
    return buffer[start:end].removesuffix(b"\r")
