"""A Parquet file as a stream of raw blocks; opened by the reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskwatch.core.errors import SourceError
from riskwatch.ingest.block import Position, RawBlock
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.plain_text import text_bytes, write_instants


class ParquetStream:
    """Blocks of the mapped columns of a Parquet file, as text; iterate once.

    The digest is taken per column over its values, so it does not depend on row groups.
    """

    incomplete: str | None = None
    growing = False  # a Parquet file is whole or none

    def __init__(self, path: Path, mapped: tuple[str, ...], limits: Limits) -> None:
        self._path, self._mapped = path, mapped
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise SourceError(
                f"{path}: is not a readable Parquet file ({_brief(error)}); send it again"
            ) from None
        self._check_columns(self._file.schema_arrow)
        self._digest = _ColumnDigest(mapped)
        self._rows = self.skipped_rows = 0
        self._batches = self._texts(limits.batch_rows)
        self._left: pa.Table | None = None

    def begin(self, resume: Position | None, stream: str) -> None:
        """Verify what was read before and go to its end; raises SourceError."""
        if resume is None:
            return
        total = self._file.metadata.num_rows
        if total < resume.rows:
            raise SourceError(
                f"{self._path}: is shorter ({total} rows) than what stream '{stream}' already read "
                f"({resume.rows} rows); send the whole file, or declare another --stream name"
            )
        self.skipped_rows = resume.rows
        while self._rows < resume.rows:
            table = next(self._batches)
            wanted = min(resume.rows - self._rows, table.num_rows)
            self._feed(table.slice(0, wanted))
            self._left = table.slice(wanted) if wanted < table.num_rows else None
        if self._digest.hexdigest() != resume.digest:
            raise SourceError(
                f"{self._path}: is not a continuation of stream '{stream}': its first {resume.rows} rows "
                "differ from what was read; declare another --stream name if it is another file"
            )

    def __iter__(self) -> Iterator[RawBlock]:
        if self._left is not None:
            yield self._block(self._left)
        for table in self._batches:
            yield self._block(table)

    def _block(self, table: pa.Table) -> RawBlock:
        row = np.arange(self._rows, self._rows + table.num_rows, dtype=np.int64)
        self._feed(table)
        end = Position(self._rows, self._digest.size, self._digest.hexdigest())
        return RawBlock(table.num_rows, table, row, row + 1, (), end)

    def _feed(self, table: pa.Table) -> None:
        self._digest.update(table)
        self._rows += table.num_rows

    def _texts(self, batch_rows: int) -> Iterator[pa.Table]:
        try:
            for batch in self._file.iter_batches(batch_size=batch_rows, columns=list(self._mapped)):
                arrays = [_as_text(batch.column(name)) for name in self._mapped]
                yield pa.table(arrays, names=list(self._mapped))
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{self._path}: is damaged after row {self._rows - 1} ({_brief(error)}); send it again"
            ) from None

    def _check_columns(self, schema: pa.Schema) -> None:
        missing = [name for name in self._mapped if name not in schema.names]
        if missing:
            there = ", ".join(repr(name[:40]) for name in schema.names[:20])
            raise SourceError(
                f"{self._path}: has no column {', '.join(map(repr, missing))}; it has {there}; "
                "fix the mapping's columns or send a file that has them"
            )
        for name in self._mapped:
            kind = schema.field(name).type
            if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_boolean(kind):
                raise SourceError(
                    f"{self._path}: column '{name}' holds {kind}; send text, numbers or instants"
                )


class _ColumnDigest:
    """SHA-256 over the values of each column, fed in any batches."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._lengths = {name: hashlib.sha256() for name in names}
        self._values = {name: hashlib.sha256() for name in names}
        self.size = 0

    def update(self, table: pa.Table) -> None:
        for name in self._lengths:
            for chunk in table.column(name).chunks:
                offsets, held = text_bytes(chunk)
                data = held[offsets[0] : offsets[-1]]
                self._lengths[name].update(np.diff(offsets).astype("<i4", copy=False).data)
                self._values[name].update(data.data)
                self.size += len(data)

    def hexdigest(self) -> str:
        whole = hashlib.sha256()
        for name in sorted(self._lengths):
            whole.update(self._lengths[name].digest() + self._values[name].digest())
        return whole.hexdigest()


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(". ")[0]


def _written(instants: pa.Int64Array, width: int) -> pa.StringArray | None:
    """Microseconds since 1970 as Arrow writes them, in a third of the time; None where it must."""
    if instants.null_count:
        return None
    n = len(instants)
    text = np.empty(n * width, np.uint8)
    if not write_instants(np.array(instants.to_numpy(), np.int64), text, width):
        return None
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(text))


def _as_text(column: pa.Array) -> pa.StringArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        zone = "Z" if kind.tz else ""
        instants = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        written = _written(instants, 26 + len(zone))
        if written is not None:  # nearly always
            return written
        text = instants.cast(pa.timestamp("us")).cast(pa.string())
        column = pc.binary_join_element_wise(text, zone, "")
    elif pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
    return pc.fill_null(column.cast(pa.string()), "")
