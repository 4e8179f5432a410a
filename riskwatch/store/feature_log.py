"""The feature log: what the stream computed at every tick, a day a file; training reads it."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, from_us
from riskwatch.core.errors import StoreError
from riskwatch.core.fail_points import fail_point
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Features, State, World
from riskwatch.store.feature_buffer import FeatureBuffer, Scored

TABLES = ("rows", "counts", "ticks")
"""Sub-folders of `features/`. A day counts once its file of ticks is there, which is written last."""


@dataclass(frozen=True, slots=True)
class Span:
    """One UTC day of the log.

    `rows`: tick, decided_at_us, area, signature, the features by name, likelihood (null where the
    composite did not look), bundle, config. An area and signature without a row has 0 in every
    feature. `counts`: tick, area, signature, count, rolled up over the tree, zeros left out.
    `ticks`: tick, decided_at_us, blind (signatures whose feeds are down), bundle, config.
    """

    day: date
    rows: pa.Table
    counts: pa.Table
    ticks: pa.Table


class FeatureLog:
    """Buffers ticks and writes each whole UTC day once, as three Parquet files.

    What is not written yet is part of the engine's state, so that a restart neither loses nor
    doubles a tick; a day that is there already is left as it is. The ticks of a day are those
    that begin in it.

    The stream need not wait for the disk: a day may be written in a thread of its own while it goes on,
    and is kept until it is written.
    """

    def __init__(self, home: Path, world: World) -> None:
        self.world = world
        self.folder = home / "features"
        self._buffer = FeatureBuffer(world)
        self._aside: ThreadPoolExecutor | None = None
        self._writing: tuple[int, Future[None]] | None = None

    def add(self, panel: Panel, features: Features, scored: Scored, stamp: tuple[str, str]) -> None:
        """Keep one decided tick; `stamp` is the version of the bundle on duty and the config hash."""
        self._buffer.add(panel, features, scored, stamp)

    def flush(self) -> None:
        """Write the days that are complete; raises StoreError where the disk takes no more."""
        self._settle()
        while (day := self._buffer.complete_day()) is not None:
            self._write(day)
            self._buffer.drop(day)

    def write_aside(self) -> None:
        """Let the oldest complete day be written meanwhile; raises StoreError if the last was not."""
        if self._writing is not None and not self._writing[1].done():
            return
        self._settle()
        day = self._buffer.complete_day()
        if day is not None:
            self._aside = self._aside or ThreadPoolExecutor(1, "riskwatch-features")
            self._writing = day, self._aside.submit(self._write, day)

    def _settle(self) -> None:
        """Wait for the day that is being written, if one is, and let it go; it is kept if that failed."""
        if self._writing is not None:
            (day, written), self._writing = self._writing, None
            written.result()
            self._buffer.drop(day)

    def days(self) -> list[date]:
        """The days that are written, ascending."""
        return sorted(date.fromisoformat(p.stem) for p in (self.folder / "ticks").glob("*.parquet"))

    def read(self, day: date) -> Span:
        """One written day."""
        at = (day - date(1970, 1, 1)).days
        return Span(day, **{name: pq.read_table(self._path(name, at)) for name in TABLES})

    def ended(self, before_us: int) -> list[date]:
        """The written days that ended by an instant, ascending."""
        return [d for d in self.days() if ((d - date(1970, 1, 1)).days + 1) * DAY_US <= before_us]

    def expire(self, before_us: int) -> int:
        """Remove every day that ended by an instant; returns how many."""
        old = self.ended(before_us)
        for day in old:
            for name in reversed(TABLES):  # the ticks first: without them the day is not there
                self._path(name, (day - date(1970, 1, 1)).days).unlink(missing_ok=True)
        return len(old)

    def state(self) -> State:
        """The ticks that are not written yet."""
        return self._buffer.state()

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._buffer.load(state)

    def _path(self, name: str, day: int) -> Path:
        return self.folder / name / f"{from_us(day * DAY_US).date().isoformat()}.parquet"

    def _write(self, day: int) -> None:
        if self._path("ticks", day).exists():
            return
        for name, table in self._buffer.tables(day).items():
            self._write_file(self._path(name, day), table)

    def _write_file(self, path: Path, table: pa.Table) -> None:
        """One file, whole or not at all, the same bytes for the same table."""
        temporary = path.with_name(f".{path.name}.part")
        floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                pq.write_table(
                    table,
                    file,
                    compression="zstd",
                    use_dictionary=[f.name for f in table.schema if pa.types.is_dictionary(f.type)],
                    use_byte_stream_split=floats or False,
                )
                file.flush()
                os.fsync(file.fileno())
            fail_point("features.before_rename")
            temporary.replace(path)
            handle = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StoreError(
                f"{path.parent}: the feature log cannot be written ({error.strerror or error}); "
                "make room on its disk, the day is kept and written then"
            ) from error


def area_index(column: pa.ChunkedArray, index: dict[str, int]) -> NDArray[np.int64]:
    """A dictionary column of codes as indices of a tree or a registry."""
    parts = []
    for chunk in column.chunks:
        lookup = np.array([index[code] for code in chunk.dictionary.to_pylist()], dtype=np.int64)
        parts.append(lookup[chunk.indices.to_numpy()] if len(chunk) else np.empty(0, np.int64))
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
