"""A small town's source, and all that comes of reading its files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskwatch.core.clock import MovableClock
from riskwatch.core.documents import parse_document
from riskwatch.ingest.block import Position
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.mapped import MappedBlock, Mapper
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.quarantine import Quarantined
from riskwatch.ingest.reader import open_stream

AREAS = ("COUNTY", "NORTH", "SOUTH")
INDICATORS = ("fire", "flood")
NOW = datetime(2017, 1, 1, tzinfo=UTC)


def document(**changes: Any) -> dict[str, Any]:
    """The raw mapping of the town; a change of `columns` is merged, None takes a part away."""
    columns: dict[str, Any] = {
        "area": {"column": "town", "kind": "area", "when_empty": "COUNTY"},
        "indicator": {
            "column": "title",
            "kind": "code",
            "after": ": ",
            "strip": " -",
            "codes": {"FIRE": "fire", "FLOOD": "flood"},
            "not_watched": {"ARMED SUBJECT": "enforcement is not a helping response"},
        },
        "occurred_at": {"column": "when", "kind": "instant", "format": "%Y-%m-%d %H:%M:%S"},
    }
    columns |= changes.pop("columns", {})
    raw = {
        "source": "town",
        "about": {"en": "calls of a town"},
        "areas": "areas/town.csv",
        "indicators": "indicators/town.yaml",
        "timezone": "America/New_York",
        "lateness_min": 15,
        "columns": {role: column for role, column in columns.items() if column is not None},
    }
    return {key: value for key, value in (raw | changes).items() if value is not None}


def mapping(**changes: Any) -> SourceMapping:
    return parse_document(document(**changes), SourceMapping, "town.yaml")


def mapper(used: SourceMapping, now: datetime = NOW) -> Mapper:
    return Mapper(used, AREAS, INDICATORS, MovableClock(now))


class Reading:
    """All that came of a file."""

    def __init__(self, path: Path, used: SourceMapping, **options: Any) -> None:
        into = options.pop("into", None) or mapper(used)
        self.stream = open_stream(path, used, options.pop("resume", None), **options)
        self.blocks: list[MappedBlock] = []
        self.end: Position | None = None
        self.rows_read = 0
        for block in self.stream:
            assert block.rows == block.table.num_rows + len(block.quarantined)
            assert block.table.num_rows == len(block.row) == len(block.line)
            assert set(block.table.column_names) == set(used.mapped)
            self.rows_read += block.rows
            self.blocks.append(into.map(block))
            self.end = block.end
        self.mapper = into

    def finish(self) -> Reading:
        self.blocks.append(self.mapper.finish())
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for block in self.blocks for event in block.events.to_pylist()]

    @property
    def quarantined(self) -> list[tuple[int, int, str]]:
        return [(q.row, q.line, q.reason) for block in self.blocks for q in block.quarantined]

    @property
    def set_aside(self) -> list[Quarantined]:
        return [q for block in self.blocks for q in block.quarantined]

    @property
    def rows(self) -> int:
        return sum(block.rows for block in self.blocks)


def table(*rows: tuple[str, ...], names: tuple[str, ...] = ("town", "title", "when")) -> pa.Table:
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)}, schema=_text(names))


def _text(names: tuple[str, ...]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


TINY = Limits(block_bytes=7, record_bytes=200, batch_rows=2)
