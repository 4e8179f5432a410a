"""A file that grows is read on from where it was left, and nothing else passes for it."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_town import TINY, Reading, mapper, mapping

from riskwatch.core.errors import SourceError
from riskwatch.ingest.block import Position
from riskwatch.ingest.limits import Limits

HEADER = "addr,town,title,when"
LINES = st.sampled_from(
    [
        "1 Elm,NORTH,EMS: FIRE -,2016-01-01 10:00:00",
        '"2\nElm",south,Fire: FLOOD,2016-01-01 09:50:00',
        "é,,EMS: FIRE,2016-11-06 01:30:00",
        "é,,EMS: FIRE,2016-11-06 01:59:00",
        "é,,EMS: FIRE,2016-11-06 01:05:00",
        "x,NORTH,EMS: FIRE,2016-12-06 01:30:00",
        "x,NORTH,EMS: ARMED SUBJECT,2016-01-01 10:00:00",
        "x,NOWHERE,EMS: FIRE,2016-01-01 10:00:00",
        "x,NORTH,EMS: NOVELTY,2016-01-01 10:00:00",
        "x,NORTH,EMS: FIRE,2016-02-30 10:00:00",
        "x,NORTH,EMS: FIRE,2030-01-01 10:00:00",
        "too,few",
        'a "b" c,NORTH,EMS: FIRE,2016-01-02 10:00:00',
        '"open,NORTH,EMS: FIRE,2016-01-02 10:00:00',
        "c\rr,NORTH,EMS: FIRE,2016-01-02 10:00:00",
        "y" * 300 + ",NORTH,EMS: FIRE,2016-01-02 10:00:00",
        "",
        "   ",
    ]
)
CLOSED = LINES.filter(lambda line: not line.startswith('"open'))
LIMITS = Limits(block_bytes=90, record_bytes=200)


def _text(lines: list[str], newline: str) -> bytes:
    return newline.join([HEADER, *lines]).encode()


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(LINES, max_size=25), newline=st.sampled_from(["\n", "\r\n"]))
def test_the_account_adds_up_and_blocks_do_not_matter(tmp_path_factory, lines, newline):
    """Any mix of rows: read = events + quarantined, the same for every size of block, no address kept."""
    path = tmp_path_factory.mktemp("any") / "a.csv"
    path.write_bytes(_text(lines, newline))
    whole = Reading(path, mapping(), limits=Limits(record_bytes=200)).finish()
    assert whole.rows == whole.rows_read == len(whole.events) + len(whole.quarantined)
    assert sorted([e["row"] for e in whole.events] + [row for row, _, _ in whole.quarantined]) == list(
        range(whole.rows)
    )
    kept = str(whole.events) + str([block.quarantined for block in whole.blocks])
    assert "Elm" not in kept
    received = [event["received_at"] for event in whole.events]
    assert received == sorted(received)
    for size in (1, 50, 333):
        small = Reading(path, mapping(), limits=Limits(block_bytes=size, record_bytes=200)).finish()
        assert small.events == whole.events
        assert sorted(small.quarantined) == sorted(whole.quarantined)
        assert small.end == whole.end


@settings(deadline=None, max_examples=60)
@given(before=st.lists(CLOSED, max_size=12), after=st.lists(CLOSED, max_size=12), cut=st.integers(0, 2))
def test_a_grown_file_gives_what_the_whole_file_gives(tmp_path_factory, before, after, cut):
    """Cut before, within or after the end of a line; the mapper's state goes through JSON."""
    path = tmp_path_factory.mktemp("grown") / "a.csv"
    content = _text([*before, *after], "\r\n")
    path.write_bytes(content)
    whole = Reading(path, mapping(), limits=LIMITS).finish()
    place = len(_text(before, "\r\n")) + cut
    path.write_bytes(content[:place])
    first = Reading(path, mapping(), limits=LIMITS)
    into = mapper(mapping())
    into.load(json.loads(json.dumps(first.mapper.state())))
    resume = first.end and Position.load(json.loads(json.dumps(first.end.state())))
    path.write_bytes(content)
    second = Reading(path, mapping(), resume=resume, into=into, limits=LIMITS).finish()
    assert first.events + second.events == whole.events
    assert sorted(first.quarantined + second.quarantined) == sorted(whole.quarantined)
    assert second.stream.skipped_rows == (resume.rows if resume else 0)


ROW = "1,NORTH,EMS: FIRE,2016-01-01 10:00:00"


def test_another_file_is_not_a_continuation(tmp_path):
    """One changed byte before the position is enough."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    end = Reading(path, mapping()).end
    path.write_text(f"{HEADER}\n{ROW.replace('NORTH', 'SOUTH')}\n{ROW}\n")
    with pytest.raises(SourceError) as error:
        Reading(path, mapping(), resume=end, stream="calls")
    assert str(error.value) == (
        f"{path}: is not a continuation of stream 'calls': its first 59 bytes differ from what was read; "
        "declare another --stream name if it is another file"
    )


def test_a_shorter_file_is_refused(tmp_path):
    """Whether it is the same file cut short cannot be told from its bytes."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    end = Reading(path, mapping()).end
    path.write_text(f"{HEADER}\n")
    with pytest.raises(SourceError) as error:
        Reading(path, mapping(), resume=end)
    assert str(error.value) == (
        f"{path}: is shorter (21 bytes) than what stream 'default' already read (59 bytes); "
        "send the whole file, or declare another --stream name"
    )


def test_a_last_line_that_goes_on_is_told(tmp_path):
    """It was taken for a whole row when the file ended there."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{ROW}\n{ROW}")
    end = Reading(path, mapping()).end
    path.write_text(f"{HEADER}\n{ROW}\n{ROW}5\n")
    with pytest.raises(SourceError) as error:
        Reading(path, mapping(), resume=end)
    assert str(error.value) == (
        f"{path}: row 1 (line 3) was incomplete when it was read: the line goes on now; "
        "send files that end with a whole line, and declare another --stream name for this one"
    )


def test_the_same_file_again_is_all_duplicates(tmp_path):
    """Nothing new, and the skipped rows are told."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n{ROW}\n{ROW}")
    end = Reading(path, mapping()).end
    again = Reading(path, mapping(), resume=end)
    assert (again.rows, again.stream.skipped_rows) == (0, 2)


class TestParquet:
    """The same of Parquet, whatever its row groups."""

    def _write(self, path, rows, group):
        towns = ["NORTH" if i % 2 else "SOUTH" for i in range(rows)]
        when = pa.array([1_451_650_000_000_000 + i * 1_000_000 for i in range(rows)]).cast(
            pa.timestamp("us", "UTC")
        )
        columns = {
            "town": pa.array(towns).dictionary_encode(),
            "title": ["FIRE"] * rows,
            "when": when,
            "addr": ["Elm"] * rows,
        }
        pq.write_table(pa.table(columns), path, row_group_size=group)

    def test_it_grows_in_other_row_groups(self, tmp_path):
        """The digest is one of values, not of bytes."""
        used = mapping(columns={"occurred_at": {"column": "when", "kind": "instant", "format": "iso"}})
        path = tmp_path / "a.parquet"
        self._write(path, 9, 4)
        whole = Reading(path, used, limits=TINY).finish()
        assert len(whole.events) == 9
        assert whole.events[1]["occurred_at"].isoformat() == "2016-01-01T12:06:41+00:00"
        self._write(path, 5, 2)
        first = Reading(path, used, limits=TINY)
        self._write(path, 9, 3)
        second = Reading(path, used, resume=first.end, into=first.mapper).finish()
        assert first.events + second.events == whole.events
        assert second.end == whole.end
        self._write(path, 4, 3)
        with pytest.raises(
            SourceError, match=r"is shorter \(4 rows\) than what stream 'default' already read"
        ):
            Reading(path, used, resume=first.end)

    def test_other_values_are_not_a_continuation(self, tmp_path):
        """As with text."""
        path = tmp_path / "a.parquet"
        pq.write_table(
            pa.table({"town": ["NORTH"], "title": ["FIRE"], "when": ["2016-01-01 10:00:00"]}), path
        )
        end = Reading(path, mapping()).end
        pq.write_table(
            pa.table({"town": ["SOUTH"], "title": ["FIRE"], "when": ["2016-01-01 10:00:00"]}), path
        )
        with pytest.raises(
            SourceError, match="is not a continuation of stream 'default': its first 1 rows differ"
        ):
            Reading(path, mapping(), resume=end)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            (
                {"town": ["N"], "when": ["x"]},
                "has no column 'title'; it has 'town', 'when'; fix the mapping's columns",
            ),
            (
                {"town": [["N"]], "title": ["x"], "when": ["x"]},
                "column 'town' holds list<element: string>; send text",
            ),
        ],
    )
    def test_columns_that_do_not_fit_are_told(self, tmp_path, columns, message):
        """At the opening."""
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table(columns), path)
        with pytest.raises(SourceError) as error:
            Reading(path, mapping())
        assert str(error.value).startswith(f"{path}: {message}")

    def test_a_file_that_is_no_parquet_is_told(self, tmp_path):
        """A truncated one too: its footer is at its end."""
        path = tmp_path / "a.parquet"
        path.write_bytes(b"PAR1 and no more")
        with pytest.raises(SourceError, match=r"is not a readable Parquet file \(.*\); send it again"):
            Reading(path, mapping())

    def test_a_damaged_page_is_told(self, tmp_path):
        """What came before it was handed out already."""
        path = tmp_path / "a.parquet"
        self._write(path, 5000, 5000)
        data = bytearray(path.read_bytes())
        data[100:1500] = b"\xff" * 1400
        path.write_bytes(data)
        with pytest.raises(SourceError, match=r"is damaged after row -?\d+ \(.*\); send it again"):
            Reading(
                path,
                mapping(columns={"occurred_at": {"column": "when", "kind": "instant", "format": "iso"}}),
            )
