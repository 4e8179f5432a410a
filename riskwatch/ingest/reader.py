"""Opens a file of a source as a stream of raw blocks, by the ending of its name; called by the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from riskwatch.core.errors import SourceError
from riskwatch.ingest.block import Position, RawBlock
from riskwatch.ingest.dialect import UTF_8
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.mapping import SourceMapping

if TYPE_CHECKING:
    from riskwatch.ingest.byte_source import ByteSource
    from riskwatch.ingest.decoded_bytes import DecodedBytes

_CSV = (".csv", ".tsv", ".txt")
SUFFIXES: tuple[str, ...] = (*_CSV, ".jsonl", ".ndjson", ".parquet")
"""Endings that can be read; the text ones may be followed by .gz."""


class RawStream(Protocol):
    """Raw blocks of one file, in order, once."""

    skipped_rows: int
    """Rows before the resumed position: read before, duplicates now."""

    @property
    def incomplete(self) -> str | None:
        """After the last block: why the end of the file is missing, or None."""
        ...

    def __iter__(self) -> Iterator[RawBlock]: ...


def open_stream(
    path: Path,
    mapping: SourceMapping,
    resume: Position | None = None,
    *,
    stream: str | None = None,
    limits: Limits | None = None,
    growing: bool = False,
) -> RawStream:
    """Open a file, after `resume` if it is given; `stream` is the name that errors use.

    Of a `growing` file a last line without its end is left for later.
    Raises SourceError where the file cannot be read at all, where its header does not fit the
    mapping, and where it is not a continuation of what `resume` stands for.
    """
    if not path.exists():
        raise SourceError(f"{path}: does not exist; check the name")
    if path.is_dir():
        raise SourceError(f"{path}: is a folder; name one file of it")
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    opened = _opened(path, suffix.lower(), mapping, limits or Limits())
    opened.growing = growing
    try:
        opened.begin(resume, stream or mapping.stream)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    return opened


class _Stream(RawStream, Protocol):
    growing: bool

    def begin(self, resume: Position | None, stream: str) -> None: ...


def _opened(path: Path, suffix: str, mapping: SourceMapping, limits: Limits) -> _Stream:
    # imported here, so that a source of one format does not pay for the others
    if suffix == ".parquet" and path.suffix.lower() != ".gz":
        from riskwatch.ingest.parquet_reader import ParquetStream

        return ParquetStream(path, mapping.mapped, limits)
    from riskwatch.ingest.text_stream import TextStream

    if suffix in _CSV:
        from riskwatch.ingest.csv_reader import CsvParser

        dialect = mapping.dialect(suffix)
        return TextStream(path, CsvParser(path, mapping.mapped, dialect), limits, _bytes(path, mapping))
    if suffix in (".jsonl", ".ndjson"):
        from riskwatch.ingest.jsonl_reader import JsonParser

        return TextStream(path, JsonParser(path, mapping.mapped), limits, _bytes(path, mapping))
    if suffix in (".xlsx", ".xls", ".xlsm", ".ods"):
        raise SourceError(f"{path}: is a workbook; save the sheet as CSV UTF-8")
    known = ", ".join(SUFFIXES)
    raise SourceError(f"{path}: its ending is unknown; use one of {known} (text ones also with .gz)")


def _bytes(path: Path, mapping: SourceMapping) -> ByteSource | DecodedBytes:
    from riskwatch.ingest.byte_source import ByteSource
    from riskwatch.ingest.decoded_bytes import DecodedBytes

    source = ByteSource(path)
    return source if mapping.encoding == UTF_8 else DecodedBytes(source, mapping.encoding)
