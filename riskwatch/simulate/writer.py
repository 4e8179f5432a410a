"""Writers of events: Parquet, CSV or JSON lines by suffix, a chunk at a time."""

from __future__ import annotations

import gzip
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskwatch.core.clock import SECOND_US
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.simulate.rows import Rows

SUFFIXES: tuple[str, ...] = (".parquet", ".csv", ".jsonl", ".csv.gz", ".jsonl.gz")
COLUMNS: tuple[str, ...] = (
    "id", "source", "area", "indicator", "occurred_at", "received_at", "value", "incident_ref",
)  # fmt: skip

_SLICE = 500_000  # rows that become text or a row group at once
_HEX = np.frombuffer(b"".join(b"%02x" % i for i in range(256)), dtype="<u2")
_TWO = np.frombuffer(b"".join(b"%02d" % i for i in range(60)), dtype=np.uint8).reshape(60, 2)
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Codes:
    """What the numbers in rows stand for: area and indicator codes, and each indicator's source."""

    areas: tuple[str, ...]
    indicators: tuple[str, ...]
    sources: tuple[str, ...]
    source_of: NDArray[np.int64]


def hex_strings(numbers: NDArray[np.uint64]) -> pa.Array:
    """16 hexadecimal digits for each number.

    >>> hex_strings(np.array([255], dtype=np.uint64)).to_pylist()
    ['00000000000000ff']
    """
    data = _HEX[numbers.astype(">u8").view(np.uint8)]
    return _fixed_width(data.view(np.uint8).reshape(len(numbers), 16))


def iso_strings(instants_s: NDArray[np.int64]) -> pa.Array:
    """ISO 8601 in UTC, to the second.

    >>> iso_strings(np.array([0])).to_pylist()
    ['1970-01-01T00:00:00Z']
    """
    days, seconds = np.divmod(instants_s, 86_400)
    distinct, place = np.unique(days, return_inverse=True)
    dates = np.array([str(np.datetime64(int(d), "D")) for d in distinct], dtype="S10")
    text = np.empty((len(instants_s), 20), dtype=np.uint8)
    text[:, :10] = dates.view(np.uint8).reshape(-1, 10)[place]
    text[:, [10, 13, 16, 19]] = np.frombuffer(b"T::Z", dtype=np.uint8)
    text[:, 11:13] = _TWO[seconds // 3600]
    text[:, 14:16] = _TWO[seconds // 60 % 60]
    text[:, 17:19] = _TWO[seconds % 60]
    return _fixed_width(text)


def _fixed_width(text: NDArray[np.uint8]) -> pa.Array:
    n, width = text.shape
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))


class EventWriter(ABC):
    """Takes rows sorted by received_at; the file gets its name when all of them are in it."""

    def __init__(self, out: Path, codes: Codes) -> None:
        self.out = out
        self.part = out.with_name(out.name + ".part")
        self.codes = codes
        self.sources = pa.array(codes.sources, pa.string())
        self.areas = pa.array(codes.areas, pa.string())
        self.indicators = pa.array(codes.indicators, pa.string())
        out.parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self.part.replace(self.out)
        else:
            self.part.unlink(missing_ok=True)

    def write(self, rows: Rows) -> None:
        """Append rows."""
        for first in range(0, len(rows), _SLICE):
            self.write_slice(rows.take(np.arange(first, min(first + _SLICE, len(rows)))))

    @abstractmethod
    def write_slice(self, rows: Rows) -> None:
        """Append at most 500,000 rows."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left and close the file."""


class ParquetEvents(EventWriter):
    """Parquet with a row group a chunk; instants are timestamp[us, UTC], codes plain strings."""

    def __init__(self, out: Path, codes: Codes) -> None:
        super().__init__(out, codes)
        types = [pa.string()] * 4 + [_INSTANT, _INSTANT, pa.float64(), pa.string()]
        coded = {"source", "area", "indicator"}
        self.schema = pa.schema(
            [
                pa.field(name, pa.dictionary(pa.int32(), kind) if name in coded else kind, nullable=False)
                for name, kind in zip(COLUMNS, types, strict=True)
            ]
        )
        self.writer = pq.ParquetWriter(
            self.part,
            self.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[*sorted(coded), "value"],
            store_schema=False,
            write_statistics=["occurred_at", "received_at"],
        )

    def write_slice(self, rows: Rows) -> None:
        """One row group."""

        def coded(places: NDArray[Any], words: pa.Array) -> pa.Array:
            return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), words)

        def instants(seconds: NDArray[np.int64]) -> pa.Array:
            return pa.array(seconds * SECOND_US).cast(_INSTANT)

        columns = [
            hex_strings(rows.id),
            coded(self.codes.source_of[rows.indicator], self.sources),
            coded(rows.area, self.areas),
            coded(rows.indicator, self.indicators),
            instants(rows.occurred_s),
            instants(rows.received_s),
            pa.array(np.ones(len(rows))),
            hex_strings(rows.ref),
        ]
        self.writer.write_table(pa.Table.from_arrays(columns, schema=self.schema), row_group_size=_SLICE)

    def close(self) -> None:
        """Write the footer."""
        self.writer.close()


class TextEvents(EventWriter):
    """Lines of text around the same values: CSV with a header, or one JSON object a line."""

    def __init__(self, out: Path, codes: Codes) -> None:
        super().__init__(out, codes)
        self.raw = self.part.open("wb")
        # no name and no time in gzip's header: the same rows are the same bytes
        self.file: IO[bytes] = (
            io.BufferedWriter(gzip.GzipFile("", "wb", 4, self.raw, mtime=0))
            if out.name.endswith(".gz")
            else self.raw
        )
        self.json = ".jsonl" in out.name
        if not self.json:
            self.file.write((",".join(COLUMNS) + "\n").encode())

    def write_slice(self, rows: Rows) -> None:
        """Append one line a row."""
        values = {
            "id": hex_strings(rows.id),
            "source": self.sources.take(pa.array(self.codes.source_of[rows.indicator])),
            "area": self.areas.take(pa.array(rows.area)),
            "indicator": self.indicators.take(pa.array(rows.indicator)),
            "occurred_at": iso_strings(rows.occurred_s),
            "received_at": iso_strings(rows.received_s),
            "value": "1",
            "incident_ref": hex_strings(rows.ref),
        }
        pieces: list[Any] = []
        for n, (name, value) in enumerate(values.items()):
            quote = '"' if self.json and name != "value" else ""
            before = f'{"," if n else "{"}"{name}":{quote}' if self.json else ("," if n else "")
            pieces += [before, value, quote]
        pieces.append("}\n" if self.json else "\n")
        lines = pc.binary_join_element_wise(*_merged(pieces), "")
        _, offsets, data = lines.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)
        self.file.write(memoryview(data)[int(ends[0]) : int(ends[len(lines)])])

    def close(self) -> None:
        """Flush and close the file."""
        self.file.close()
        self.raw.close()


def _merged(pieces: list[Any]) -> list[Any]:
    """Neighbouring literals as one; empty ones dropped."""
    merged: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif not (isinstance(piece, str) and not piece):
            merged.append(piece)
    return merged


def suffix_of(out: Path) -> str:
    """The suffix that says the format. Raises ConfigError on another one."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if out.name.endswith(suffix) and out.name != suffix:
            return suffix
    fix = f"end it in {', '.join(SUFFIXES)}"
    raise ConfigError([Fault("options", "out", f"'{out.name}' has no known suffix", fix)])


def open_writer(out: Path, codes: Codes) -> EventWriter:
    """A writer for the path's suffix."""
    return ParquetEvents(out, codes) if suffix_of(out) == ".parquet" else TextEvents(out, codes)
