"""Rows in quarantine are mapped again among the rows they came with, or it is said why they cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from ingest_town import NOW, mapping

from riskwatch.core.clock import HOUR_US, MovableClock, to_us
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.retake import Looked, Obstacle, look, obstacle
from riskwatch.ingest.sent import STREAM as SENT
from riskwatch.store.database import open_database
from riskwatch.store.inbox import Inbox, StreamPlace
from riskwatch.store.quarantine import Kept
from riskwatch.testing.made import made_world

WORLD = made_world(2, 2, signatures=1, indicators_each=2)
AREA, FIRST, SECOND = WORLD.tree.codes[-1], *WORLD.registry.ids
CODES = {"column": "title", "kind": "code", "codes": {"FIRE": FIRST, "FLOOD": SECOND}}


def town(**changes) -> SourceMapping:
    columns = {"area": {"column": "town", "kind": "area"}, "indicator": CODES} | changes.pop("columns", {})
    return mapping(columns=columns, **changes)


def kept(number: int = 1, reason: str = "unknown_code", stream: str = "default", **values: str) -> Kept:
    mapped = {"town": AREA, "title": "FIRE", "when": "2016-05-01 10:00:00"} | values
    return Kept(number, "town", stream, 10 * number, reason, mapped)


@pytest.fixture
def looked(tmp_path: Path):
    """Looks at rows of a stream whose clock stands at an instant of 2016-12-01, or that has none."""
    inbox = Inbox(open_database(None, tmp_path))
    stands = to_us(datetime(2016, 12, 1, tzinfo=UTC))

    def run(
        *rows: Kept, used: SourceMapping | None = None, known_us: int = -1, begun: bool = True
    ) -> Looked:
        state = {"timing": {"clock_us": stands, "witnessed": False}, "seen": [], "held": None}
        if begun:
            place = StreamPlace("town", "default", {"mapper": state})
            inbox.append_batch({}, pa.table({"x": [1]}), place, [])
        mappings = {"town": used or town()}
        return look(rows, mappings, inbox, world=WORLD, clock=MovableClock(NOW), known_us=known_us)

    return run


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (kept(), None),
        (Kept(1, "town", "default", 3, "wrong_field_count", {}), Obstacle.NO_TEXT),
        (Kept(1, "town", "default", 3, "bad_time", {"town": "N", "title": "FIRE"}), Obstacle.NO_COLUMN),
        (kept(title="x" * 200), Obstacle.CUT),
        (kept(title="x" * 199), None),
        (kept(reason="bad_encoding", town="N\N{REPLACEMENT CHARACTER}RTH"), Obstacle.LOST_BYTES),
        (kept(reason="future"), Obstacle.BY_CLOCK),
        (kept(reason="time_jump"), Obstacle.BY_CLOCK),
        (kept(more="x" * 200), None),  # a column that nobody reads any more
    ],
)
def test_a_row_says_why_it_cannot_be_taken_again(row, expected):
    """Kept without its text, cut, spoilt, or judged by a moment that is over."""
    assert obstacle(row, town()) == expected
    assert obstacle(row, None) is Obstacle.NO_MAPPING


def test_a_decimal_point_may_have_been_a_comma():
    """Files with decimal commas are rewritten before they are mapped; what was sent as JSON is not."""
    used = town(columns={"value": {"column": "n", "kind": "number", "decimal": ","}})
    assert obstacle(kept(n="3.5"), used) is Obstacle.REWRITTEN
    assert obstacle(kept(n="3,5"), used) is None
    assert obstacle(kept(n="3.5", stream=SENT), used) is None


def test_a_comma_is_read_once_the_mapping_says_so(looked):
    """The value was refused because it had one."""
    used = town(columns={"value": {"column": "n", "kind": "number", "decimal": ","}})
    found = looked(kept(n="3,0", reason="bad_value"), used=used)
    assert found.batches[0].events.column("value").to_pylist() == [3.0]


def test_rows_keep_their_place_and_their_order(looked):
    """An event says where in its stream it stood; a batch holds all rows of a source."""
    found = looked(kept(2), kept(5, title="OTHER"), kept(7), kept(8, stream="second"))
    (batch,) = found.batches
    assert (list(batch.ids), batch.events.column("row").to_pylist()) == ([2, 7, 8], [20, 70, 80])
    assert {number: q.reason for number, q in found.still.items()} == {5: "unknown_code"}
    assert found.rows == 4
    assert batch.body["retaken"] == batch.body["rows"] == 3


def test_a_gap_between_rows_is_no_jump_where_their_stream_goes_on(looked):
    """Two rows half a year apart, the last one long before the stream's newest."""
    found = looked(kept(1), kept(2, when="2016-11-01 10:00:00"))
    assert (len(found.batches[0].ids), found.still) == (2, {})
    alone = looked(kept(1), kept(2, when="2016-11-01 10:00:00", stream="second"), begun=False)
    assert alone.still == {}


def test_a_lone_row_far_ahead_of_its_stream_is_a_jump_still(looked):
    """Where no row confirms it."""
    found = looked(kept(1), kept(2, when="2016-12-20 10:00:00", reason="bad_time"))
    assert {number: q.reason for number, q in found.still.items()} == {2: "time_jump"}
    pair = looked(*(kept(n, when=f"2016-12-20 10:0{n}:00", reason="bad_time") for n in (1, 2)))
    assert pair.still == {}  # the second confirms the first


def test_a_repeated_hour_is_read_as_its_first_pass(looked):
    """Though the stream stands months later: nobody can say of one row which pass it was."""
    found = looked(kept(when="2016-11-06 01:30:00"))
    occurred = found.batches[0].events.column("occurred_at").cast(pa.int64()).to_pylist()
    assert occurred == [to_us(datetime(2016, 11, 6, 5, 30, tzinfo=UTC))]


def test_rows_are_received_where_the_engine_stands(looked):
    """Or when their stream says, if that is later; what was sent is received when it is taken."""
    occurred_us = to_us(datetime(2016, 5, 1, 14, tzinfo=UTC))

    def received(row: Kept, known_us: int) -> int:
        events = looked(row, known_us=known_us).batches[0].events
        return events.column("received_at").cast(pa.int64()).to_pylist()[0]

    assert received(kept(), -1) == occurred_us
    assert received(kept(), occurred_us + HOUR_US) == occurred_us + HOUR_US
    assert received(kept(), occurred_us - HOUR_US) == occurred_us
    assert received(kept(stream=SENT), occurred_us - HOUR_US) == occurred_us - HOUR_US
    assert received(kept(stream=SENT), -1) == occurred_us
