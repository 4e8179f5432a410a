"""CSV records into mapped columns, by pyarrow, and field by field where pyarrow cannot tell."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from riskwatch.core.errors import SourceError
from riskwatch.ingest.text_block import Fault, ParsedBlock, TextBlock

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"([^,]*)|([^,]*))(,|\Z)')


class CsvParser:
    """Reads records by the header of the file; fields are separated by commas, quoted by RFC 4180."""

    quotes = True

    def __init__(self, path: Path, mapped: tuple[str, ...]) -> None:
        self._path = path
        self.mapped = mapped
        self._width = 0
        self._place: dict[str, int] = {}

    def begin(self, first: str) -> bool:
        """Take the header; raises SourceError if mapped columns are missing or not unique."""
        header = [name.strip() for name in fields(first)]
        missing = [name for name in self.mapped if name not in header]
        if missing:
            there = ", ".join(repr(name[:40]) for name in header[:20])
            hint = "fix the mapping's columns or send a file that has them"
            if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
                hint = "separate the fields by commas"
            named = ", ".join(map(repr, missing))
            raise SourceError(f"{self._path}: the header has no column {named}; it has {there}; {hint}")
        twice = [name for name in self.mapped if header.count(name) > 1]
        if twice:
            named = ", ".join(map(repr, twice))
            raise SourceError(f"{self._path}: the header names column {named} twice; keep one of them")
        self._width = len(header)
        self._place = {name: header.index(name) for name in self.mapped}
        return True

    def parse(self, block: TextBlock) -> ParsedBlock:
        """Read records; one with a wrong number of fields is a fault, of which nothing is kept."""
        data = block.joined()
        if data.count(b"\r") != data.count(b"\r\n"):  # pyarrow would end a row at a lone \r
            return self._parse_each(block)
        faults: dict[int, Fault] = {}

        def set_aside(row: pa.csv.InvalidRow) -> str:
            faults[row.number - 1] = self._wrong_count(row.actual_columns)
            return "skip"

        names = [str(place) for place in range(self._width)]
        wanted = [str(self._place[name]) for name in self.mapped]
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(data),
                read_options=pa.csv.ReadOptions(
                    use_threads=False, column_names=names, block_size=len(data) + 1
                ),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=wanted,
                    column_types={name: pa.string() for name in wanted},
                    strings_can_be_null=False,
                    null_values=[],
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return self._parse_each(block)
        if table.num_rows + len(faults) != len(block):
            return self._parse_each(block)
        return ParsedBlock(table.rename_columns(list(self.mapped)), faults)

    def salvage(self, record: str) -> dict[str, str]:
        """The mapped fields of a record, if it has as many as the header."""
        found = fields(record)
        return {name: found[at] for name, at in self._place.items()} if len(found) == self._width else {}

    def _parse_each(self, block: TextBlock) -> ParsedBlock:
        columns: dict[str, list[str]] = {name: [] for name in self.mapped}
        faults = {}
        for i in range(len(block)):
            found = fields(block.record(i))
            if len(found) != self._width:
                faults[i] = self._wrong_count(len(found))
                continue
            for name, at in self._place.items():
                columns[name].append(found[at])
        arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
        return ParsedBlock(pa.table(arrays), faults)

    def _wrong_count(self, count: int) -> Fault:
        # which field is which is unknown, so an address could stand where a code should: keep none
        return Fault("wrong_field_count", f"{count} instead of {self._width}", {})


def fields(record: str) -> list[str]:
    """The fields of one record, as pyarrow reads them: what follows a closing quote is kept.

    >>> fields('a,"b ""c"", d",5" pipe,')
    ['a', 'b "c", d', '5" pipe', '']
    """
    found = []
    for match in _FIELD.finditer(record):
        quoted, rest, plain, end = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"') + rest)
        if not end:
            break
    return found
