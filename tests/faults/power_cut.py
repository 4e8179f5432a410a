"""A disk made up from a journal of file operations: what a power cut leaves of it, by chance and seed.

The disk is as POSIX allows it to be, not as a friendly file system is: data is durable by a sync of
its file, a name by a sync of its folder, and what was not synced may be there or not, in any order,
torn at sectors of 512 bytes. Folders themselves and what SQLite maps (-shm) are not made up.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

SECTOR = 512
_HEAD = struct.Struct("<IIQQQ")


class Op(IntEnum):
    """As in power_shim.c."""

    OPEN = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    RENAME = 5
    UNLINK = 6


@dataclass(frozen=True, slots=True)
class Done:
    """One operation of the journal."""

    op: Op
    path: str
    inode: int
    at: int
    data: bytes


def read_journal(path: Path) -> list[Done]:
    """Every operation, in order."""
    data, place, found = path.read_bytes(), 0, []
    while place < len(data):
        op, named, inode, at, size = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        name = data[place : place + named].decode()
        place += named
        size = 0 if Op(op) in (Op.OPEN, Op.TRUNCATE, Op.SYNC, Op.UNLINK) else size
        found.append(Done(Op(op), name, inode, at, data[place : place + size]))
        place += size
    return found


@dataclass(slots=True, eq=False)
class File:
    """Bytes that survive, and writes (or truncations, without data) that may not."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """All of it survives from now on."""
        for at, data in self.pending:
            _put(self.durable, at, data)
        self.pending.clear()

    def survivor(self, draw: random.Random) -> bytes:
        """What the cut leaves: nothing, a beginning, some, or some sectors of what was not synced."""
        left, pending = bytearray(self.durable), self.pending
        fate = draw.choice(("none", "beginning", "some", "sectors"))
        if fate == "beginning":
            pending = pending[: draw.randint(0, len(pending))]
        elif fate == "some":
            pending = [p for p in pending if draw.random() < 0.5]
        elif fate == "sectors":
            pending = [s for p in pending for s in _sectors(*p) if draw.random() < 0.7]
        for at, data in () if fate == "none" else pending:
            _put(left, at, data)
        return bytes(left)


@dataclass(slots=True)
class Disk:
    """Files by inode, their names now, the names that survive, and name changes that may not."""

    folder: str
    files: dict[int, File] = field(default_factory=dict)
    folders: dict[int, str] = field(default_factory=dict)
    names: dict[str, File] = field(default_factory=dict)
    durable: dict[str, File] = field(default_factory=dict)
    pending: list[tuple[str, File | None]] = field(default_factory=list)  # no file: the name goes

    def do(self, done: Done) -> None:
        """Let one operation happen."""
        if done.op is Op.OPEN:
            self._open(done)
        elif done.op is Op.WRITE:
            self.files[done.inode].pending.append((done.at, done.data))
        elif done.op is Op.TRUNCATE:
            self.files[done.inode].pending.append((done.at, None))
        elif done.op is Op.SYNC:
            self._sync(done.inode)
        elif done.op is Op.RENAME:
            file = self.names.pop(done.path)
            self._name(done.data.decode(), file)
            self._name(done.path, None)
        else:
            self._name(done.path, None)

    def _open(self, done: Done) -> None:
        if done.at:
            self.folders[done.inode] = done.path.rstrip("/")
        elif done.path not in self.names or self.names[done.path] is not self.files.get(done.inode):
            self.files[done.inode] = File()
            self._name(done.path, self.files[done.inode])

    def _name(self, path: str, file: File | None) -> None:
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.pending.append((path, file))

    def _sync(self, inode: int) -> None:
        if inode not in self.folders:
            self.files[inode].sync()
            return
        inside = [p for p in self.pending if p[0].rpartition("/")[0] == self.folders[inode]]
        _rename(self.durable, inside)
        self.pending = [p for p in self.pending if p not in inside]

    def cut(self, draw: random.Random, into: Path) -> None:
        """The power goes: write what is left into a folder."""
        names = dict(self.durable)
        _rename(names, self.pending[: draw.randint(0, len(self.pending))])
        for path, file in names.items():
            target = into / path.removeprefix(self.folder).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.survivor(draw))


def _rename(names: dict[str, File], changes: list[tuple[str, File | None]]) -> None:
    for path, file in changes:
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def _put(held: bytearray, at: int, data: bytes | None) -> None:
    if data is None:
        del held[at:]
        held.extend(bytes(at - len(held)))
        return
    held.extend(bytes(max(0, at + len(data) - len(held))))
    held[at : at + len(data)] = data


def _sectors(at: int, data: bytes | None) -> Iterator[tuple[int, bytes | None]]:
    if data is None:
        yield at, None
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (at + start) % SECTOR)
        yield at + start, data[start:end]
        start = end
