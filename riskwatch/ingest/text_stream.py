"""A text file as a stream of raw blocks with known positions; opened by the reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from riskwatch.core.errors import SourceError
from riskwatch.ingest.block import Position, RawBlock
from riskwatch.ingest.byte_source import ByteSource
from riskwatch.ingest.decoded_bytes import DecodedBytes
from riskwatch.ingest.held_bytes import HeldBytes
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.quarantine import Quarantined, raw_text
from riskwatch.ingest.records import Records, find_records
from riskwatch.ingest.text_block import Fault, TextBlock, TextParser, record_bytes

_BOM = b"\xef\xbb\xbf"


class TextStream:
    """Blocks of a CSV or JSON-lines file, after `resume` if it is given; iterate once.

    `skipped_rows` were read before and are duplicates now. `incomplete` says, after the last
    block, why the file ends too early; the position then stands after the last whole line.
    Of a `growing` file a last line without its end is left for later: who writes may be within it.
    """

    growing = False

    def __init__(
        self,
        path: Path,
        parser: TextParser,
        limits: Limits,
        source: ByteSource | DecodedBytes | HeldBytes | None = None,
    ) -> None:
        self._path, self._parser, self._limits = path, parser, limits
        self._source = source or ByteSource(path)
        self._buffer = b""
        self._hash = hashlib.sha256()
        self._offset = self._rows = self._lines = 0
        self._long_line = False
        self.skipped_rows = 0

    @property
    def incomplete(self) -> str | None:
        """Why the end of the file is missing, or None."""
        return self._source.incomplete

    def begin(self, resume: Position | None, stream: str) -> None:
        """Read the header, verify what was read before and go to its end; raises SourceError."""
        header = self._header()
        if resume is None:
            self._take(header)
            return
        self.skipped_rows = self._rows = resume.rows
        last = b""
        left = resume.offset_bytes
        while left:
            self._buffer = self._buffer or self._source.read(self._limits.block_bytes)
            if not self._buffer:
                raise SourceError(
                    f"{self._path}: is shorter ({self._offset} bytes) than what stream '{stream}' "
                    f"already read ({resume.offset_bytes} bytes); send the whole file, "
                    "or declare another --stream name"
                )
            piece = self._buffer[:left]
            left -= len(piece)
            last = piece[-1:]
            self._take(len(piece))
        if self._hash.hexdigest() != resume.digest:
            raise SourceError(
                f"{self._path}: is not a continuation of stream '{stream}': its first "
                f"{resume.offset_bytes} bytes differ from what was read; "
                "declare another --stream name if it is another file"
            )
        if last not in (b"\n", b""):
            self._after_unended_line()

    def __iter__(self) -> Iterator[RawBlock]:
        ended = False
        while not ended:
            piece = self._source.read(self._limits.block_bytes)
            ended = not piece
            final = ended and not self.incomplete and not self.growing
            self._buffer += piece
            begun = self._end_long_line(final=final) if self._long_line else ()
            if self._long_line:
                continue
            found = find_records(
                self._buffer,
                limit=self._limits.record_bytes,
                quotes=self._parser.quotes,
                final=final,
                delimiter=self._parser.delimiter,
            )
            self._long_line = found.in_long_line
            if found.consumed or begun:
                yield self._block(found, begun)
            if self._long_line:
                self._hold()
        self._source.close()

    def _header(self) -> int:
        """How many bytes the header takes; the buffer then begins with it."""
        while True:
            piece = self._source.read(self._limits.block_bytes)
            self._buffer += piece
            if self._buffer.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise SourceError(f"{self._path}: is UTF-16; put encoding: utf-16 into the mapping")
            if self._buffer.startswith(b"\x1f\x8b"):
                raise SourceError(f"{self._path}: is gzip-compressed; add .gz to its name")
            bom = len(_BOM) if self._buffer.startswith(_BOM) else 0
            found = find_records(
                self._buffer[bom:],
                limit=self._limits.record_bytes,
                quotes=self._parser.quotes,
                final=not piece and not self.incomplete,
                delimiter=self._parser.delimiter,
            )
            if len(found.starts) or found.in_long_line:
                return self._first(found, bom)
            if not piece:
                what = self.incomplete or "is empty"
                raise SourceError(
                    f"{self._path}: {what}" + ("" if self.incomplete else "; send a file with rows")
                )

    def _first(self, found: Records, bom: int) -> int:
        if not len(found.starts) or 0 in found.faults:
            if not self._parser.quotes:
                return bom
            raise SourceError(f"{self._path}: its header does not end within 1 MiB; send a text file")
        start, end = int(found.starts[0]) + bom, int(found.ends[0]) + bom
        first = record_bytes(self._buffer, start, end)
        try:
            is_header = self._parser.begin(first.decode())
        except UnicodeDecodeError:
            if not self._parser.quotes:
                return bom
            raise SourceError(f"{self._path}: {self._parser.not_utf8(first)}") from None
        return min(end + 1, len(self._buffer)) if is_header else bom

    def _take(self, size: int) -> bytes:
        """Move the position over the first bytes of the buffer."""
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        self._hash.update(taken)
        self._offset += size
        self._lines += taken.count(b"\n")
        return taken

    def _after_unended_line(self) -> None:
        self._buffer = self._buffer or self._source.read(self._limits.block_bytes)
        if self._buffer == b"\r":
            self._buffer += self._source.read(1)
        if self._buffer and not self._buffer.startswith((b"\n", b"\r\n")):
            where = f"row {self._rows - 1} (line {self._lines + 1})" if self._rows else "the header"
            raise SourceError(
                f"{self._path}: {where} was incomplete when it was read: the line goes on now; "
                "send files that end with a whole line, and declare another --stream name for this one"
            )

    def _hold(self) -> None:
        """Drop the bytes of a line that is too long, except for their digest."""
        self._take(len(self._buffer))

    def _end_long_line(self, *, final: bool) -> tuple[Quarantined, ...]:
        end = self._buffer.find(b"\n")
        if end < 0 and not final:
            self._take(len(self._buffer))
            return ()
        line = self._lines + 1
        self._take(end + 1 if end >= 0 else len(self._buffer))
        self._long_line = False
        self._rows += 1
        detail = f"over {self._limits.record_bytes} bytes"
        return (Quarantined(self._rows - 1, line, "line_too_long", detail),)

    def _block(self, found: Records, begun: tuple[Quarantined, ...]) -> RawBlock:
        lines = np.searchsorted(found.newlines, found.starts) + self._lines + 1
        first_row = self._rows
        data = self._take(found.consumed)
        n = len(found.starts)
        self._rows += n
        faults = {i: Fault(reason, "", {}) for i, reason in found.faults.items()}
        faults |= self._unreadable(data, found, faults)
        good = np.ones(n, dtype=bool)
        good[list(faults)] = False
        places = np.flatnonzero(good)
        table = pa.table({name: pa.array([], pa.string()) for name in self._parser.mapped})
        if len(places):
            parsed = self._parser.parse(TextBlock(data, found.starts[places], found.ends[places]))
            faults |= {int(places[i]): fault for i, fault in parsed.faults.items()}
            good[list(faults)] = False
            places, table = np.flatnonzero(good), parsed.table
        quarantined = tuple(
            Quarantined(first_row + i, int(lines[i]), fault.reason, fault.detail, _raw(fault))
            for i, fault in sorted(faults.items())
        )
        end = Position(self._rows, self._offset, self._hash.hexdigest())
        return RawBlock(n + len(begun), table, places + first_row, lines[places], begun + quarantined, end)

    def _unreadable(self, data: bytes, found: Records, known: dict[int, Fault]) -> dict[int, Fault]:
        """Records with bytes that are not UTF-8, or with NUL."""
        places = set()
        if not _is_text(data):
            spans = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
            places = {i for i, (start, end) in enumerate(spans) if not _is_text(data[start:end])}
        nul = data.find(b"\0")
        while nul >= 0:
            i = int(np.searchsorted(found.starts, nul, side="right")) - 1
            places.add(i)
            nul = data.find(b"\0", max(int(found.ends[i]) if i >= 0 else 0, nul + 1))
        faults = {}
        for i in places - set(known) - {-1}:
            text = record_bytes(data, int(found.starts[i]), int(found.ends[i])).decode("utf-8", "replace")
            faults[i] = Fault(
                "bad_encoding", "mend its bytes, or the mapping's encoding", self._parser.salvage(text)
            )
        return faults


def _is_text(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode()) or not data
    except UnicodeDecodeError:
        return False


def _raw(fault: Fault) -> dict[str, str]:
    return {name: raw_text(value) for name, value in fault.raw.items()}
