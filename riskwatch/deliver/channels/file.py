"""The file channel: one JSON document a line, durable, each id once; for archives, drills and tests."""

from __future__ import annotations

import fcntl
import json
import os
from io import BufferedRandom
from pathlib import Path

from riskwatch.core.channels import ChannelError, Message, Receipt


class FileChannel:
    """Appends `{"id": ..., "document": ...}` lines; a line that a crash cut short is taken off first.

    A receipt is given after fsync. An id that the file holds is not written again, also where
    another process wrote it. Raises ChannelError if the file cannot be written or is locked.
    """

    name = "file"
    timeout_s = 0.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids: set[str] = set()
        self._read_to = 0

    def send(self, message: Message) -> Receipt:
        """Append the message unless the file has its id."""
        try:
            line = json.dumps(
                {"id": message.id, "document": dict(message.document)},
                ensure_ascii=False,
                allow_nan=False,
            )
        except (TypeError, ValueError) as error:
            raise ChannelError(f"{self._path}: message {message.id} is not JSON ({error})") from None
        try:
            return self._append(message.id, line.encode())
        except BlockingIOError:
            raise ChannelError(f"{self._path}: another process is writing; send again") from None
        except OSError as error:
            raise ChannelError(f"{self._path}: {error.strerror}; check the path and its rights") from None

    def _append(self, message_id: str, line: bytes) -> Receipt:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o640)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._catch_up(file)
            if message_id in self._ids:
                return Receipt(message_id, repeated=True)
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._read_to = file.tell()
        self._ids.add(message_id)
        self._sync_folder()
        return Receipt(message_id)

    def _catch_up(self, file: BufferedRandom) -> None:
        """Learn the ids behind what is known, take off a torn last line, and stand at the end."""
        if file.seek(0, os.SEEK_END) < self._read_to:  # the file was replaced by a shorter one
            self._read_to = 0
            self._ids.clear()
        file.seek(self._read_to)
        for line in file:
            if not line.endswith(b"\n"):
                break
            self._ids.add(self._id_of(line))
            self._read_to += len(line)
        file.truncate(self._read_to)
        file.seek(self._read_to)

    def _id_of(self, line: bytes) -> str:
        try:
            return str(json.loads(line)["id"])
        except (ValueError, KeyError, TypeError):
            raise ChannelError(
                f"{self._path}: holds a line that no file channel wrote; name another file"
            ) from None

    def _sync_folder(self) -> None:
        handle = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
