"""CSV records into mapped columns, by pyarrow, and field by field where pyarrow cannot tell."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from riskwatch.core.errors import SourceError
from riskwatch.ingest.dialect import UTF_8, Dialect, likely_delimiter, likely_encoding, reads_as_utf8
from riskwatch.ingest.text_block import Fault, ParsedBlock, TextBlock

_PLAIN = Dialect()
_FIELD = r'(?:"((?:[^"]|"")*)"([^%s]*)|([^%s]*))(%s|\Z)'


class CsvParser:
    """Reads records by the header of the file; fields are quoted by RFC 4180, whatever separates them."""

    quotes = True

    def __init__(self, path: Path, mapped: tuple[str, ...], dialect: Dialect = _PLAIN) -> None:
        self._path, self._dialect = path, dialect
        self.mapped = mapped
        self.delimiter = dialect.delimiter.encode()
        self._width = 0
        self._place: dict[str, int] = {}

    def begin(self, first: str) -> bool:
        """Take the header; raises SourceError if mapped columns are missing or not unique."""
        header = [name.strip() for name in self._fields(first)]
        missing = [name for name in self.mapped if name not in header]
        if missing:
            there = ", ".join(repr(name[:40]) for name in header[:20])
            hint = "fix the mapping's columns or send a file that has them"
            better = likely_delimiter(first, self.mapped)
            if better is not None:
                hint = f'its fields are separated otherwise: put delimiter: "{better}" into the mapping'
            elif reads_as_utf8(first, self._dialect.encoding, self.mapped):
                hint = f"it is UTF-8: take encoding: {self._dialect.encoding} out of the mapping"
            named = ", ".join(map(repr, missing))
            raise SourceError(f"{self._path}: the header has no column {named}; it has {there}; {hint}")
        twice = [name for name in self.mapped if header.count(name) > 1]
        if twice:
            named = ", ".join(map(repr, twice))
            raise SourceError(f"{self._path}: the header names column {named} twice; keep one of them")
        self._width = len(header)
        self._place = {name: header.index(name) for name in self.mapped}
        return True

    def not_utf8(self, first: bytes) -> str:
        """What is wrong with a header that is not UTF-8, and what to do."""
        if self._dialect.encoding != UTF_8:
            return f"its header is not {self._dialect.encoding}; mend the mapping's encoding"
        found = likely_encoding(first, self.mapped)
        if found is None:
            return "its header is not UTF-8; put its encoding into the mapping, or save the file as UTF-8"
        return f"its header is not UTF-8, but reads as {found}; put encoding: {found} into the mapping"

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
                parse_options=pa.csv.ParseOptions(
                    delimiter=self._dialect.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=set_aside,
                ),
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
        return self._with_points(table.rename_columns(list(self.mapped)), faults)

    def salvage(self, record: str) -> dict[str, str]:
        """The mapped fields of a record, if it has as many as the header."""
        found = self._fields(record)
        return {name: found[at] for name, at in self._place.items()} if len(found) == self._width else {}

    def _parse_each(self, block: TextBlock) -> ParsedBlock:
        columns: dict[str, list[str]] = {name: [] for name in self.mapped}
        faults = {}
        for i in range(len(block)):
            found = self._fields(block.record(i))
            if len(found) != self._width:
                faults[i] = self._wrong_count(len(found))
                continue
            for name, at in self._place.items():
                columns[name].append(found[at])
        arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
        return self._with_points(pa.table(arrays), faults)

    def _with_points(self, table: pa.Table, faults: dict[int, Fault]) -> ParsedBlock:
        """The same with decimal points for commas; a number that has a point already is a fault.

        It groups thousands there, or is of another country: 1.234 could be either number.
        """
        for name in self._dialect.decimal_commas:
            column = table.column(name)
            pointed = pc.match_substring(column, ".").combine_chunks()
            if pc.any(pointed).as_py():
                all_rows = (i for i in range(table.num_rows + len(faults)) if i not in faults)
                at = [i for i, bad in zip(list(all_rows), pointed.to_pylist(), strict=True) if bad]
                detail = "has a point where the mapping says decimal: ','"
                rows = table.filter(pointed).to_pylist()
                faults = faults | {
                    i: Fault("bad_value", detail, row) for i, row in zip(at, rows, strict=True)
                }
                table = table.filter(pc.invert(pointed))
            text = pc.replace_substring(table.column(name), ",", ".")
            table = table.set_column(table.column_names.index(name), name, text)
        return ParsedBlock(table, faults)

    def _fields(self, record: str) -> list[str]:
        return fields(record, self._dialect.delimiter)

    def _wrong_count(self, count: int) -> Fault:
        # which field is which is unknown, so an address could stand where a code should: keep none
        return Fault("wrong_field_count", f"{count} instead of {self._width}", {})


def fields(record: str, delimiter: str = ",") -> list[str]:
    """The fields of one record, as pyarrow reads them: what follows a closing quote is kept.

    >>> fields('a,"b ""c"", d",5" pipe,')
    ['a', 'b "c", d', '5" pipe', '']
    >>> fields('1,5;"a;b"', ";")
    ['1,5', 'a;b']
    """
    found = []
    for match in _field(delimiter).finditer(record):
        quoted, rest, plain, end = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"') + rest)
        if not end:
            break
    return found


@cache
def _field(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(_FIELD % (mark, mark, mark))
