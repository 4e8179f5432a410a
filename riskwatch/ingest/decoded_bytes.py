"""The bytes of a text file in another encoding, as UTF-8; read by the text stream."""

from __future__ import annotations

import codecs

from riskwatch.ingest.byte_source import ByteSource


class DecodedBytes:
    """Reads a file forwards as UTF-8, as `ByteSource` reads its bytes.

    A byte that is none of the encoding becomes a lone surrogate, which is no UTF-8: so the reader sets
    its row aside as badly encoded, and all others are read.
    """

    def __init__(self, source: ByteSource, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._ended = False

    @property
    def incomplete(self) -> str | None:
        """Why the end of the file is missing, or None."""
        return self._source.incomplete

    def read(self, size: int) -> bytes:
        """What the next `size` bytes hold, perhaps more bytes of UTF-8; none after the end."""
        while not self._ended:
            piece = self._source.read(size)
            self._ended = not piece
            text = self._decoder.decode(piece, final=self._ended)
            if text:
                return text.encode("utf-8", "surrogatepass")
        return b""

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()
