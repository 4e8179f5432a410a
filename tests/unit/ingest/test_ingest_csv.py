"""CSV files, whole and broken."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from ingest_town import TINY, Reading, mapping

from riskwatch.core.errors import SourceError
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.reader import open_stream

HEADER = "addr,town,title,when\n"
GOOD = "1 Elm,NORTH,EMS: FIRE -,2016-01-01 10:00:00\n"


def test_a_clean_row_becomes_an_event(read):
    """Code without department and suffix, area as it stands, local time as UTC, value 1."""
    event = read(HEADER + GOOD).events[0]
    assert event["indicator"] == "fire"
    assert event["area"] == "NORTH"
    assert event["source"] == "town"
    assert event["occurred_at"].isoformat() == "2016-01-01T15:00:00+00:00"
    assert event["received_at"] == event["occurred_at"]
    assert (event["value"], event["row"], event["id"], event["incident_ref"]) == (1.0, 0, None, None)


def test_only_mapped_columns_are_read(tmp_path):
    """What the mapping does not name is dropped before anything else."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + GOOD)
    (block,) = open_stream(path, mapping())
    assert block.table.column_names == ["town", "title", "when"]
    assert "Elm" not in str(block.table.to_pydict())


@pytest.mark.parametrize("limits", [None, TINY, Limits(block_bytes=64, record_bytes=200)])
def test_each_bad_row_is_set_aside_with_its_place_and_line(read, limits):
    """Rows count every record, lines every line of the file, blank ones included."""
    content = (
        HEADER.encode()
        + GOOD.encode()
        + b"\n"
        + b"too,few\n"
        + b'"quoted\nline","SOUTH","Fire: FLOOD","2016-01-01 10:01:00"\r\n'
        + b"x,NORTH,EMS: FIRE,2016-01-01 10:0\xff:00\n"
        + b"\r\n"
        + b"x,NORTH,EMS: F\x00IRE,2016-01-01 10:01:00\n"
        + b"y" * 300
        + b",NORTH,EMS: FIRE,2016-01-01 10:02:00\n"
        + b"a,b,c,d,e\n"
        + b'5" pipe,SOUTH,EMS: FIRE,2016-01-01 10:03:00\n'
        + b'"open,NORTH,EMS: FIRE,2016-01-01 10:04:00\n'
        + b"x,south ,EMS: FLOOD,2016-01-01 10:05:00"
    )
    got = read(content, limits=limits or Limits(record_bytes=200))
    assert got.quarantined == [
        (1, 4, "wrong_field_count"),
        (3, 7, "bad_encoding"),
        (4, 9, "bad_encoding"),
        (5, 10, "line_too_long"),
        (6, 11, "wrong_field_count"),
        (8, 13, "unclosed_quote"),
    ]
    assert [event["row"] for event in got.events] == [0, 2, 7, 9]
    assert got.rows == got.rows_read == got.end.rows == 10
    assert got.end.offset_bytes == len(content)


def test_nothing_is_kept_of_a_row_with_the_wrong_number_of_fields(read):
    """Its fields are shifted: an address could stand where a code should."""
    got = read(HEADER + "1,Elm,NORTH,EMS: FIRE,2016-01-01 10:00:00\n")
    (row,) = got.set_aside
    assert row.raw == {}
    assert row.message == "line 2: the row has more or fewer fields than the header: 5 instead of 4"


def test_what_is_kept_of_a_bad_row_is_mapped_and_short(read):
    """Raw values are cut to 200 characters, and the address is not among them."""
    got = read(HEADER + f"1 Elm,NORTH,{'x' * 300},2016-01-01 10:00:00\n")
    (row,) = got.set_aside
    assert set(row.raw) == {"town", "title", "when"}
    assert row.raw["title"] == "x" * 200


def test_a_lone_carriage_return_does_not_end_a_row(read):
    """pyarrow would split there; the row is read field by field instead."""
    got = read(HEADER + GOOD + "a\rb,SOUTH,EMS: FLOOD,2016-01-01 10:01:00\r\n")
    assert [event["area"] for event in got.events] == ["NORTH", "SOUTH"]


def test_byte_order_mark_and_spaced_header_are_accepted(read):
    """A file saved by a spreadsheet reads like any other."""
    assert (
        len(read(b"\xef\xbb\xbf" + b"town , title,when\r\nNORTH,FIRE,2016-01-01 10:00:00\r\n").events) == 1
    )


def test_a_long_line_is_not_held(read):
    """A line of 10 MB costs one quarantined row; what follows is read."""
    got = read(
        HEADER.encode() + b"x" * 10_000_000 + b"\n" + GOOD.encode(), limits=Limits(block_bytes=1 << 16)
    )
    assert got.quarantined == [(0, 2, "line_too_long")]
    assert [event["row"] for event in got.events] == [1]


def test_a_long_last_line_is_one_row(read):
    """The file may end within it."""
    got = read(HEADER + GOOD + "x" * 500, limits=TINY)
    assert got.quarantined == [(1, 3, "line_too_long")]
    assert got.rows == got.end.rows == 2


def test_header_only_is_no_rows(read):
    """Nothing to say, and nothing wrong."""
    got = read(HEADER)
    assert (got.rows, got.stream.incomplete) == (0, None)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty; send a file with rows"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty; send a file with rows"),
        ("a.csv", b"\n\r\n", "is empty; send a file with rows"),
        (
            "a.csv",
            b"town,what,when\n",
            "the header has no column 'title'; it has 'town', 'what', 'when'; "
            "fix the mapping's columns or send a file that has them",
        ),
        (
            "a.csv",
            b"town;title;when\n",
            "the header has no column 'town', 'title', 'when'; it has 'town;title;when'; "
            'its fields are separated otherwise: put delimiter: ";" into the mapping',
        ),
        ("a.csv", b"town,title,when,town\n", "the header names column 'town' twice; keep one of them"),
        ("a.csv", "town,title,when\n".encode("utf-16"), "is UTF-16; put encoding: utf-16 into the mapping"),
        (
            "a.csv",
            b"t\xf6wn,title\n",
            "its header is not UTF-8; put its encoding into the mapping, or save the file as UTF-8",
        ),
        (
            "a.csv",
            b"stra\xdfe,town,title,when\n",
            "its header is not UTF-8; put its encoding into the mapping, or save the file as UTF-8",
        ),
        ("a.xlsx", b"PK", "is a workbook; save the sheet as CSV UTF-8"),
        ("a.csv", b"x" * (2 << 20), "its header does not end within 1 MiB; send a text file"),
        ("a.csv", gzip.compress(b"town\n", mtime=0), "is gzip-compressed; add .gz to its name"),
        ("a.csv.gz", b"town,title,when\n", "is not gzip; name it without .gz, or compress it"),
        (
            "a.docx",
            b"PK",
            "its ending is unknown; use one of .csv, .tsv, .txt, .jsonl, .ndjson, .parquet "
            "(text ones also with .gz)",
        ),
        (
            "a.parquet.gz",
            b"PK",
            "its ending is unknown; use one of .csv, .tsv, .txt, .jsonl, .ndjson, .parquet "
            "(text ones also with .gz)",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, name, content, message):
    """Each message says what, where and what to do."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as error:
        open_stream(path, mapping())
    assert str(error.value) == f"{path}: {message}"


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    """Before anything is opened."""
    with pytest.raises(SourceError, match=r"does not exist; check the name$"):
        open_stream(tmp_path / "no.csv", mapping())
    with pytest.raises(SourceError, match=r"is a folder; name one file of it$"):
        open_stream(tmp_path, mapping())


class TestGzip:
    """Compressed files that break."""

    rows = "".join(f"{i} Elm,NORTH,EMS: FIRE,2016-01-01 10:{i // 60:02}:{i % 60:02}\n" for i in range(3000))

    def broken(self, tmp_path: Path, data: bytes) -> Reading:
        path = tmp_path / "a.csv.gz"
        path.write_bytes(data)
        return Reading(path, mapping()).finish()

    def test_whole_lines_before_the_end_of_a_truncated_file_are_read(self, tmp_path):
        """The partial last line is not consumed, and the file says that it is incomplete."""
        whole = gzip.compress((HEADER + self.rows).encode(), mtime=0)
        got = self.broken(tmp_path, whole[: len(whole) * 2 // 3])
        assert got.stream.incomplete == "the gzip data ends too early; ask for the file again"
        assert 100 < got.rows < 3000
        assert got.quarantined == []
        (tmp_path / "a.csv.gz").write_bytes(whole)
        rest = Reading(tmp_path / "a.csv.gz", mapping(), resume=got.end, into=got.mapper).finish()
        assert got.rows + rest.rows == 3000
        assert rest.stream.skipped_rows == got.rows

    def test_whole_lines_before_damage_are_read(self, tmp_path):
        """Damage in the middle ends the reading there."""
        member = zlib.compressobj(wbits=31)
        lines = (HEADER + self.rows).splitlines(keepends=True)
        data = member.compress("".join(lines[:2001]).encode()) + member.flush(zlib.Z_FULL_FLUSH)
        got = self.broken(tmp_path, data + b"\x07" + b"no such kind of block" * 50)
        assert got.stream.incomplete == (
            "the gzip data is damaged (Error -3 while decompressing data: invalid block type); "
            "ask for the file again"
        )
        assert (got.rows, got.quarantined) == (2000, [])

    def test_a_wrong_checksum_is_told(self, tmp_path):
        """All rows were there; the file is still not what was sent."""
        data = bytearray(gzip.compress((HEADER + GOOD).encode(), mtime=0))
        data[-8] ^= 0xFF
        got = self.broken(tmp_path, bytes(data))
        assert got.rows == 1
        assert "incorrect data check" in str(got.stream.incomplete)

    def test_several_members_are_one_file(self, tmp_path):
        """As made by appending one .gz to another."""
        got = self.broken(
            tmp_path, gzip.compress(HEADER.encode()) + b"\0" + gzip.compress(GOOD.encode()) + b"\0\0"
        )
        assert (got.rows, got.stream.incomplete) == (1, None)

    def test_other_bytes_at_the_end_are_told(self, tmp_path):
        """They may be what is missing."""
        got = self.broken(tmp_path, gzip.compress((HEADER + GOOD).encode()) + b"junk")
        assert got.stream.incomplete == "what follows the gzip data is not gzip; ask for the file again"
        assert got.rows == 1
