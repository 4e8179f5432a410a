"""Bytes that are already here, in the pieces that a text stream asks for; used for requests."""

from __future__ import annotations


class HeldBytes:
    """Reads a body forwards, as `ByteSource` reads a file; it is always whole."""

    incomplete: str | None = None

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer at the end, none after it."""
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def close(self) -> None:
        """Nothing is held open."""
