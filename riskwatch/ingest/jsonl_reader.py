"""JSON lines into mapped columns, by pyarrow, and line by line where its types do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from riskwatch.core.errors import SourceError
from riskwatch.ingest.text_block import Fault, ParsedBlock, TextBlock

_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64()}


class JsonParser:
    """Reads one flat object a line; a missing column or null is an empty text."""

    quotes = False
    delimiter = b","

    def __init__(self, path: Path, mapped: tuple[str, ...]) -> None:
        self._path = path
        self.mapped = mapped
        self._types = dict.fromkeys(mapped, pa.string())

    def begin(self, first: str) -> bool:
        """Learn the types of the first object; raises SourceError if no mapped column is in it."""
        try:
            found = _object(first)
        except ValueError:
            return False
        if not any(name in found for name in self.mapped):
            there = ", ".join(repr(name[:40]) for name in list(found)[:20]) or "none"
            wanted = ", ".join(map(repr, self.mapped))
            raise SourceError(
                f"{self._path}: the first object has none of the columns {wanted}; it has {there}; "
                "fix the mapping's columns or send a file that has them"
            )
        self._types = {name: _TYPES.get(type(found.get(name, "")), pa.string()) for name in self.mapped}
        return False

    def not_utf8(self, first: bytes) -> str:
        """The first line is a row like all others."""
        return ""

    def parse(self, block: TextBlock) -> ParsedBlock:
        """Read records; what is no flat object is a fault, of which nothing is kept."""
        if not _one_a_line(block):
            return self._parse_each(block)
        data = block.joined()
        schema = pa.schema(list(self._types.items()))
        try:
            table = pa.json.read_json(
                pa.BufferReader(data),
                read_options=pa.json.ReadOptions(use_threads=False, block_size=len(data) + 1),
                parse_options=pa.json.ParseOptions(
                    explicit_schema=schema, unexpected_field_behavior="ignore"
                ),
            )
        except pa.ArrowInvalid:
            return self._parse_each(block)
        if table.num_rows != len(block):
            return self._parse_each(block)
        arrays = [pc.fill_null(table.column(n).cast(pa.string()), "") for n in self.mapped]
        return ParsedBlock(pa.table(arrays, names=list(self.mapped)).combine_chunks(), {})

    def salvage(self, record: str) -> dict[str, str]:
        """The mapped values of a record that is one flat object."""
        try:
            return self._values(record)
        except ValueError:
            return {}

    def _parse_each(self, block: TextBlock) -> ParsedBlock:
        rows = []
        faults = {}
        for i in range(len(block)):
            try:
                rows.append(self._values(block.record(i)))
            except ValueError as error:
                faults[i] = Fault("bad_json", str(error), {})
        arrays = [pa.array([row[name] for row in rows], pa.string()) for name in self.mapped]
        return ParsedBlock(pa.table(arrays, names=list(self.mapped)), faults)

    def _values(self, record: str) -> dict[str, str]:
        found = _object(record)
        twice = [name for name in self.mapped if name in found.repeated]
        if twice:
            raise ValueError(f"key '{twice[0]}' is given twice")
        return {name: _text(name, found.get(name)) for name in self.mapped}


def _one_a_line(block: TextBlock) -> bool:
    """Whether each line begins with { and ends with }: then no object can span lines."""
    data = np.frombuffer(block.buffer, dtype=np.uint8)
    last = data[block.ends - 1]
    last = np.where(last == 13, data[np.maximum(block.ends - 2, 0)], last)
    return bool((data[block.starts] == ord("{")).all() and (last == ord("}")).all())


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys were given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.repeated = {key for key in keys if keys.count(key) > 1} if len(self) < len(keys) else set()


def _object(record: str) -> _Object:
    try:
        found = json.loads(record, object_pairs_hook=_Object)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, _Object):
        raise ValueError("it holds no object")
    return found


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # a lone surrogate is no text
    if isinstance(value, bool | list | dict):
        raise ValueError(f"column '{name}' holds a {type(value).__name__}")
    if isinstance(value, float):  # written as pyarrow writes it, whichever of the two has read it
        return str(pa.array(np.array([value])).cast(pa.string())[0].as_py())
    return str(value)
