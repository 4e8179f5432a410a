"""JSON lines, by pyarrow and line by line."""

from __future__ import annotations

import json

import pytest
from ingest_town import TINY, mapping

from riskwatch.core.errors import SourceError
from riskwatch.ingest.limits import Limits

NUMBERED = {
    "columns": {"value": {"column": "n", "kind": "number"}, "id": {"column": "key", "kind": "id"}},
}


def line(**values):
    return json.dumps(
        {"town": "NORTH", "title": "FIRE", "when": "2016-01-01 10:00:00", "addr": "1 Elm"} | values,
        ensure_ascii=False,
    )


def test_objects_become_events(read):
    """Numbers and texts alike; what is not mapped is not kept."""
    lines = [line(n=2, key=7), line(n=3.0, key=8), line(n="4", key="x9"), line(n=2.5, key=1)]
    got = read("\n".join(lines), "a.jsonl", mapping=mapping(**NUMBERED))
    assert [(event["id"], event["value"]) for event in got.events] == [("7", 2.0), ("8", 3.0), ("x9", 4.0)]
    assert got.quarantined == [(3, 4, "bad_value")]
    assert "Elm" not in str(got.set_aside)


def test_a_clean_file_takes_the_fast_way(read, monkeypatch):
    """No line is parsed on its own, whatever the type of its columns."""
    monkeypatch.setattr("riskwatch.ingest.jsonl_reader.JsonParser._parse_each", None)
    for first in ({"n": 1, "key": "a"}, {"n": 1.5, "key": "a"}, {"n": "1", "key": "a"}):
        content = "".join(line(**first) + "\n" for _ in range(5))
        assert read(content, "a.ndjson.gz", mapping=mapping(**NUMBERED)).rows == 5


@pytest.mark.parametrize("limits", [None, TINY])
def test_each_bad_line_is_set_aside(read, limits):
    """What is no flat object, and a mapped key given twice, each with its reason."""
    lines = [
        line(),
        "",
        "   ",
        "[1, 2]",
        '{"town": "NORTH"',
        line() + line(),
        line(town=["NORTH"]),
        line(title=True),
        '{"town": "NORTH", "town": "SOUTH", "title": "FIRE", "when": "2016-01-01 10:00:00"}',
        line(other={"town": "x"}, list=[{}]),
        line(town=None),
        '{"title": "FIRE", "when": "2016-01-01 10:00:00", "q": 1, "q": 2}',
        line(when=None),
        line(title=None),
        '{"a":' * 60,
        line(),
    ]
    got = read("\n".join(lines), "a.jsonl", limits=limits or Limits(record_bytes=400))
    assert sorted(got.quarantined) == [
        (1, 3, "bad_json"),
        (2, 4, "bad_json"),
        (3, 5, "bad_json"),
        (4, 6, "bad_json"),
        (5, 7, "bad_json"),
        (6, 8, "bad_json"),
        (7, 9, "bad_json"),
        (11, 13, "bad_time"),
        (12, 14, "unknown_code"),
        (13, 15, "line_too_long" if limits else "bad_json"),
    ]
    assert [event["area"] for event in got.events] == ["NORTH", "NORTH", "COUNTY", "COUNTY", "NORTH"]
    details = {q.row: q.detail for q in got.set_aside}
    assert details[2] == "it holds no object"
    assert details[5] == "column 'town' holds a list"
    assert details[7] == "key 'town' is given twice"


def test_a_first_line_that_is_broken_does_not_matter(read):
    """The types are then learnt line by line."""
    assert read("nonsense\n" + line() + "\n", "a.jsonl").quarantined == [(0, 1, "bad_json")]
    assert read(b"\xff\n" + line().encode(), "a.jsonl").quarantined == [(0, 1, "bad_encoding")]


def test_a_file_of_other_things_is_refused(read):
    """Its first object has no column of the mapping."""
    with pytest.raises(SourceError) as error:
        read('{"a": 1}\n', "a.jsonl")
    assert str(error.value).endswith(
        "a.jsonl: the first object has none of the columns 'town', 'title', 'when'; it has 'a'; "
        "fix the mapping's columns or send a file that has them"
    )
