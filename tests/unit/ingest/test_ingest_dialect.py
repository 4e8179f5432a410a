"""Files in other encodings, with other delimiters and decimal marks, as departments export them."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_town import TINY, Reading, mapping

from riskwatch.core.errors import SourceError
from riskwatch.ingest.csv_reader import fields
from riskwatch.ingest.dialect import encoding_of, likely_encoding, reads_as_utf8
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.reader import open_stream

CHINESE = {
    "area": {"column": "区县", "kind": "area", "when_empty": "COUNTY"},
    "indicator": {"column": "类型", "kind": "code", "codes": {"火灾": "fire", "水浸": "flood"}},
    "occurred_at": {"column": "发生时间", "kind": "instant", "format": "%Y/%m/%d %H:%M"},
}
ROWS = "区县,类型,发生时间\nNORTH,火灾,2016/01/01 10:00\nSOUTH,水浸,2016/01/01 10:05\n"
WEIGHED = {"value": {"column": "qty", "kind": "number", "decimal": ","}}
HEADER = "town;title;when;qty\n"


@pytest.mark.parametrize("limits", [None, TINY, Limits(block_bytes=3)])
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "GB2312", "utf-16", "big5", "utf-8-sig"])
def test_a_file_is_read_in_the_encoding_of_its_mapping(read, encoding, limits):
    """However the bytes of a character are cut; gbk and gb2312 are read as gb18030."""
    used = mapping(columns=CHINESE, encoding=encoding.removesuffix("-sig"))
    content = (ROWS if encoding != "big5" else ROWS.replace("区县", "區縣").replace("发生时间", "發生時間")
               .replace("类型", "類型").replace("火灾", "火災")).encode(encoding)  # fmt: skip
    if encoding == "big5":
        big = {"类型": "類型", "区县": "區縣", "发生时间": "發生時間"}
        columns = {role: {**c, "column": big[c["column"]]} for role, c in CHINESE.items()}
        columns["indicator"]["codes"] = {"火災": "fire", "水浸": "flood"}
        used = mapping(columns=columns, encoding="big5")
    got = read(content, mapping=used, limits=limits or Limits())
    assert [(e["area"], e["indicator"]) for e in got.events] == [("NORTH", "fire"), ("SOUTH", "flood")]
    assert got.quarantined == []


def test_a_row_with_bytes_of_no_character_is_set_aside_alone(read):
    """All rows around it are read; the bytes never join into another character."""
    good = ROWS.encode("gb18030")
    bad = b"NORTH," + b"\xc3\xff\xa9,2016/01/01 10:07\n"
    got = read(good + bad + "SOUTH,火灾,2016/01/01 10:09".encode("gb18030"), mapping=_chinese())
    assert got.quarantined == [(2, 4, "bad_encoding")]
    assert [e["indicator"] for e in got.events] == ["fire", "flood", "fire"]


def test_a_gzip_file_in_another_encoding_goes_on_where_it_was_left(tmp_path):
    """Positions count the text that was read, so a file that grew is no other file."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode("gb18030")))
    first = Reading(path, _chinese())
    path.write_bytes(gzip.compress((ROWS + "NORTH,水浸,2016/01/01 10:09\n").encode("gb18030")))
    second = Reading(path, _chinese(), resume=first.end, into=first.mapper).finish()
    assert second.stream.skipped_rows == 2
    assert second.rows_read == 1


@pytest.mark.parametrize(("given_as", "mark"), [(";", ";"), ("|", "|"), ("tab", "\t"), ("\t", "\t")])
def test_fields_are_separated_as_the_mapping_says(read, given_as, mark):
    """Quoted fields may hold the delimiter and ends of lines; commas are nothing special then."""
    content = (
        mark.join(("town", "title", "when", "more"))
        + "\n"
        + mark.join(("NORTH", "EMS: FIRE", "2016-01-01 10:00:00", f'"a{mark}b\n""c"", d"'))
        + "\n"
        + mark.join(("SOUTH", '"EMS: FLOOD"', "2016-01-01 10:05:00", "1,5"))
    )
    for limits in (Limits(), TINY):
        got = read(content, mapping=mapping(delimiter=given_as), limits=limits)
        assert [e["area"] for e in got.events] == ["NORTH", "SOUTH"]
        assert got.quarantined == []


def test_a_tsv_file_is_separated_by_tabs(read):
    """Unless its mapping says otherwise."""
    assert read("town\ttitle\twhen\nNORTH\tFIRE\t2016-01-01 10:00:00\n", "a.tsv").events
    assert read("town;title;when\nNORTH;FIRE;2016-01-01 10:00:00\n", "a.txt",
                mapping=mapping(delimiter=";")).events  # fmt: skip


@pytest.mark.parametrize("lone_return", [False, True])
def test_decimal_commas_are_read_and_points_beside_them_are_not(read, lone_return):
    """1.234 is a thousand and more in such a file, or was written elsewhere: nobody guesses."""
    rows = ("2,0", "3", "1.234", "1,2,3", "", "+4,000", "4,5")
    content = HEADER + "".join(f"NORTH;FIRE;2016-01-01 10:00:0{i};{v}\n" for i, v in enumerate(rows))
    if lone_return:  # then every record is read by itself
        content = content.replace("NORTH;FIRE;2016-01-01 10:00:01;", "NO\rRTH;FIRE;2016-01-01 10:00:01;")
    got = read(content, mapping=mapping(columns=WEIGHED, delimiter=";"))
    assert [e["value"] for e in got.events] == ([2.0, 4.0] if lone_return else [2.0, 3.0, 4.0])
    reasons = {row: reason for row, _, reason in got.quarantined}
    assert [reasons.get(row) for row in (2, 3, 4, 6)] == ["bad_value"] * 4
    assert got.rows == len(rows)
    pointed = next(q for q in got.set_aside if q.row == 2)
    assert dict(pointed.raw)["qty"] == "1.234"


def test_a_point_counts_its_row_beside_rows_with_another_fault(read):
    """A row with too many fields before it does not move the place of the fault."""
    bad = "a;b;c;d;e\n"
    good = "NORTH;FIRE;2016-01-01 10:00:00;1,0\n"
    pointed = "NORTH;FIRE;2016-01-01 10:00:01;1.0\n"
    got = read(HEADER + bad + good + bad + pointed + good, mapping=mapping(columns=WEIGHED, delimiter=";"))
    assert got.quarantined == [
        (0, 2, "wrong_field_count"),
        (2, 4, "wrong_field_count"),
        (3, 5, "bad_value"),
    ]
    assert [e["row"] for e in got.events] == [1, 4]


@pytest.mark.parametrize(
    ("changes", "content", "message"),
    [
        ({}, ROWS.encode("gb18030"), "but reads as gb18030; put encoding: gb18030 into the mapping"),
        ({"encoding": "gb18030"}, ROWS.encode(), "it is UTF-8: take encoding: gb18030 out of the mapping"),
        ({"encoding": "big5"}, b"\xff\xff,a\n", "its header is not big5; mend the mapping's encoding"),
        ({}, ROWS.replace(",", "\t").encode(), 'put delimiter: "tab" into the mapping'),
        ({"delimiter": ";"}, ROWS.encode(), 'put delimiter: "," into the mapping'),
    ],
)  # fmt: skip
def test_a_header_that_does_not_fit_says_what_to_put_into_the_mapping(tmp_path, changes, content, message):
    """What reads is tried, so that nobody has to guess."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError) as error:
        open_stream(path, mapping(columns=CHINESE, **changes))
    assert message in str(error.value)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\r\n\0'), min_size=1),
             min_size=1, max_size=5),
    st.sampled_from([",", ";", "|", "\t"]),
)  # fmt: skip
def test_fields_come_back_as_they_were_quoted(values, delimiter):
    """Whatever they hold."""
    assert fields(delimiter.join(f'"{value}"' for value in values), delimiter) == values


def _chinese():
    return mapping(columns=CHINESE, encoding="gb18030")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("gbk", "gb18030"),
        ("windows-1252", "cp1252"),
        ("latin1", "iso8859-1"),
        ("klingon", None),
        ("hex", None),
    ],
)
def test_an_encoding_is_known_by_its_names(name, codec):
    """A codec of Python that makes no text is none."""
    assert encoding_of(name) == codec


def test_a_header_that_is_no_other_encoding_is_not_said_to_be():
    """Neither for characters that the encoding lacks, nor for bytes that are no UTF-8."""
    assert not reads_as_utf8("区县", "cp1252", ["区县"])
    assert not reads_as_utf8("é", "cp1252", ["é"])
    assert likely_encoding(b"\xff\xff", ["区县"]) is None
