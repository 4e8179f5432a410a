"""Snapshots of the engine's state in files: written whole (fsync, rename), their hash in the database."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from riskwatch.core.alerts import Alert
from riskwatch.core.errors import StoreUnavailable
from riskwatch.core.fail_points import fail_point
from riskwatch.store import schema
from riskwatch.store.codec import dump_alert, load_alert

_KEPT = 2


class Snapshots:
    """Saves and loads nested states of arrays, numbers, strings, lists and alerts."""

    def __init__(self, database: sa.Engine, home: Path) -> None:
        self._database = database
        self._folder = home / "snapshots"

    def save(self, position: int, state: Mapping[str, Any]) -> None:
        """Write the state as of an inbox position; older snapshots but one are removed."""
        data = pack(state)
        name = f"{position:012d}.npz"
        self._write(name, data)
        digest = hashlib.sha256(data).hexdigest()
        with self._database.begin() as tx:
            tx.execute(schema.snapshots.delete().where(schema.snapshots.c.position == position))
            tx.execute(schema.snapshots.insert().values(position=position, file=name, sha256=digest))
            rows = self._rows(tx)
            for row in rows[_KEPT:]:
                tx.execute(schema.snapshots.delete().where(schema.snapshots.c.position == row.position))
        fail_point("snapshot.after_row")
        self._sweep({row.file for row in rows[:_KEPT]})

    def newest(self) -> tuple[int, dict[str, Any]] | None:
        """(position, state) of the newest snapshot whose file is whole; None if there is none."""
        with self._database.connect() as tx:
            rows = self._rows(tx)
        for row in rows:
            try:
                data = (self._folder / row.file).read_bytes()
            except FileNotFoundError:
                continue
            if hashlib.sha256(data).hexdigest() == row.sha256:
                return int(row.position), unpack(data)
        return None

    def _write(self, name: str, data: bytes) -> None:
        temporary = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fail_point("snapshot.before_rename")
            temporary.replace(self._folder / name)
            self._sync_folder()
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StoreUnavailable(
                f"{self._folder}: the snapshot cannot be written ({error.strerror or error}); "
                "make room on its disk and start again, nothing is lost"
            ) from error
        fail_point("snapshot.before_row")

    def _sweep(self, kept: Collection[str]) -> None:
        """Remove every file without a row: older snapshots, and what a crash left behind."""
        for file in self._folder.iterdir():
            if file.name not in kept:
                file.unlink(missing_ok=True)

    @staticmethod
    def _rows(tx: sa.Connection) -> list[Any]:
        query = sa.select(schema.snapshots).order_by(schema.snapshots.c.position.desc())
        return list(tx.execute(query).all())

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def pack(state: Mapping[str, Any]) -> bytes:
    """One state as bytes: arrays in an npz, the rest as JSON that points at them."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}

    def strip(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {"__array__": name}
        if isinstance(value, Alert):
            return {"__alert__": dump_alert(value)}
        if isinstance(value, Mapping):
            return {str(k): strip(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [strip(v) for v in value]
        return value.item() if isinstance(value, np.generic) else value

    tree = json.dumps(strip(state), ensure_ascii=False)
    arrays["tree"] = np.frombuffer(tree.encode(), dtype=np.uint8)
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def unpack(data: bytes) -> dict[str, Any]:
    """The state of its bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}

    def restore(value: Any) -> Any:
        if isinstance(value, dict):
            if "__array__" in value:
                return arrays[value["__array__"]]
            if "__alert__" in value:
                return load_alert(value["__alert__"])
            return {k: restore(v) for k, v in value.items()}
        if isinstance(value, list):
            return [restore(v) for v in value]
        return value

    return dict(restore(json.loads(arrays["tree"].tobytes().decode())))
