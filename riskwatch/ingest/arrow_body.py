"""An Arrow IPC stream from outside as raw blocks: bounded before anything of it is expanded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskwatch.core.errors import SourceError
from riskwatch.ingest.block import Position, RawBlock
from riskwatch.ingest.mapping import SourceMapping


def arrow_blocks(
    data: bytes, mapping: SourceMapping, *, most_rows: int, most_bytes: int
) -> Iterator[RawBlock]:
    """The mapped columns of each record batch as text; raises SourceError for what is no such stream.

    A small stream can stand for a large one: compressed buffers, dictionaries, runs, columns without
    buffers. Compressed buffers and types that need not be are refused; rows and the bytes of their
    text are counted before they are made.
    """
    rows = size = 0
    try:
        _refuse_compressed(data)
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            _check_columns(reader.schema, mapping)
            for batch in reader:
                rows += batch.num_rows
                if rows > most_rows:
                    raise TooManyRows(most_rows)
                batch.validate(full=True)
                columns = [batch.column(name) for name in mapping.mapped]
                size += sum(_text_bytes(column) for column in columns)
                if size > most_bytes:
                    raise TooManyBytes(most_bytes)
                table = pa.table([_as_text(c) for c in columns], names=list(mapping.mapped))
                place = np.arange(rows - batch.num_rows, rows, dtype=np.int64)
                yield RawBlock(batch.num_rows, table, place, place + 1, (), Position(rows, len(data), ""))
    except (pa.ArrowException, OSError, struct.error, IndexError, UnicodeDecodeError) as error:
        told = str(error).partition("\n")[0]
        raise SourceError(f"is not a readable Arrow stream ({told}); send it again") from None


class TooManyRows(SourceError):  # noqa: N818 - reads as the sentence it stands for
    """More rows than one request may have."""


class TooManyBytes(SourceError):  # noqa: N818 - reads as the sentence it stands for
    """More bytes, expanded, than one request may have."""


def _check_columns(schema: pa.Schema, mapping: SourceMapping) -> None:
    missing = [name for name in mapping.mapped if name not in schema.names]
    if missing:
        there = ", ".join(repr(name[:40]) for name in schema.names[:20]) or "none"
        raise SourceError(
            f"has no column {', '.join(map(repr, missing))}; it has {there}; send the mapping's columns"
        )
    for name in mapping.mapped:
        if len(schema.get_all_field_indices(name)) > 1:
            raise SourceError(f"has two columns '{name}'; send each once")
        kind = schema.field(name).type
        if not _is_plain(kind.value_type if pa.types.is_dictionary(kind) else kind):
            raise SourceError(f"column '{name}' holds {kind}; send text, numbers or instants")


def _is_plain(kind: pa.DataType) -> bool:
    is_a = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_floating),
        *(pa.types.is_timestamp, pa.types.is_null),
    )
    return any(one(kind) for one in is_a)


def _text_bytes(column: pa.Array) -> int:
    """How long the column is as text, told without making it; numbers and instants take 32 at most."""
    if pa.types.is_dictionary(column.type):
        words = column.dictionary
        if not pa.types.is_string(words.type) and not pa.types.is_large_string(words.type):
            return 32 * len(column)
        lengths = pc.binary_length(words).fill_null(0).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return int(pc.sum(pc.binary_length(column).cast(pa.int64())).as_py() or 0)
    return 32 * len(column)


def _as_text(column: pa.Array) -> pa.StringArray:
    """The column as the readers of files give it: text without nulls; instants in ISO 8601."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        zone = "Z" if column.type.tz else ""
        plain = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
        column = pc.binary_join_element_wise(plain.cast(pa.timestamp("us")).cast(pa.string()), zone, "")
    return pc.fill_null(column.cast(pa.string()), "")


def _refuse_compressed(data: bytes) -> None:
    """Raise SourceError where a batch says that its buffers are compressed (the format's BodyCompression).

    Their declared size is allocated unseen. The encoding of the request compresses as well, and is bounded.
    """
    messages = pa.ipc.MessageReader.open_stream(pa.py_buffer(data))
    for message in iter(partial(_next, messages), None):
        if message.type not in ("record batch", "dictionary"):
            continue
        held = bytes(message.metadata)
        head = _field(held, _u32(held, 0), 2)
        batch = head + _u32(held, head)
        if message.type == "dictionary":
            inner = _field(held, batch, 1)
            batch = inner + _u32(held, inner)
        if _field(held, batch, 3):
            raise SourceError(
                "has compressed buffers; write it without compression, and compress the whole of it "
                "with Content-Encoding: zstd or gzip"
            )


def _next(messages: Any) -> Any:
    try:
        return messages.read_next_message()
    except StopIteration:
        return None


def _u32(held: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", held, at)[0])


def _field(held: bytes, table: int, number: int) -> int:
    """Where field `number` of a flatbuffer's table lies, or 0 (https://flatbuffers.dev/internals)."""
    vtable = table - int(struct.unpack_from("<i", held, table)[0])
    (size,) = struct.unpack_from("<H", held, vtable)
    entry = 4 + 2 * number
    offset = int(struct.unpack_from("<H", held, vtable + entry)[0]) if entry + 2 <= size else 0
    return table + offset if offset else 0
