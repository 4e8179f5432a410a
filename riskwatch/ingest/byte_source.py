"""The decompressed bytes of a text file, plain or gzip, in bounded pieces; read by the text stream."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

from riskwatch.core.errors import SourceError

_PIECE = 1 << 16
_MOST = 1 << 20  # what one piece may grow to
_GZIP_MAGIC = b"\x1f\x8b"


class ByteSource:
    """Reads a file forwards; `incomplete` says why the end is missing, once it was reached."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = bytearray()
        self._ended = False
        self.incomplete: str | None = None
        self._pieces = self._gzip() if path.suffix.lower() == ".gz" else self._plain()

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end, none after it."""
        while len(self._pending) < size and not self._ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
            else:
                self._pending += piece
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def close(self) -> None:
        """Let go of the file."""
        self._pieces.close()

    def _plain(self) -> Generator[bytes, None, None]:
        with self._path.open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece

    def _gzip(self) -> Generator[bytes, None, None]:
        with self._path.open("rb") as file:
            left = file.read(_PIECE)
            if left and not left.startswith(_GZIP_MAGIC):
                raise SourceError(f"{self._path}: is not gzip; name it without .gz, or compress it")
            member = zlib.decompressobj(31)
            while left:
                try:
                    more = True
                    while more:
                        before = member.copy()
                        piece = member.decompress(left, _MOST)
                        yield piece
                        left = member.unconsumed_tail
                        more = not member.eof and (bool(left) or len(piece) == _MOST)
                except zlib.error as error:
                    yield from _until_the_break(before, left)
                    self.incomplete = f"the gzip data is damaged ({error}); ask for the file again"
                    return
                if member.eof:
                    left = member.unused_data.lstrip(b"\0") or file.read(_PIECE).lstrip(b"\0")
                    if left:
                        left += file.read(1) if len(left) == 1 else b""
                        if not left.startswith(_GZIP_MAGIC):
                            self.incomplete = (
                                "what follows the gzip data is not gzip; ask for the file again"
                            )
                            return
                        member = zlib.decompressobj(31)
                else:
                    left = file.read(_PIECE)
            if not member.eof and self._path.stat().st_size:
                self.incomplete = "the gzip data ends too early; ask for the file again"


def _until_the_break(member: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What can still be had of damaged data, byte by byte."""
    for i in range(len(data)):
        try:
            yield member.decompress(data[i : i + 1])
        except zlib.error:
            return
