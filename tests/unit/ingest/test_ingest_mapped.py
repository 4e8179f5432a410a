"""Rows become events or are set aside, each for the right reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_town import AREAS, INDICATORS, NOW, mapper, mapping

from riskwatch.core.clock import MovableClock
from riskwatch.core.errors import ConfigError
from riskwatch.core.events import EVENT_SCHEMA
from riskwatch.core.gauges import Gauge
from riskwatch.ingest.mapped import Mapper
from riskwatch.ingest.mapping import mapping_faults
from riskwatch.ingest.new_codes import NewCode
from riskwatch.ingest.quarantine import REASONS
from riskwatch.ingest.stream_clock import NEVER, find_jumps

HEADER = "town,title,when\n"
RIVER = Gauge(unit="m", lowest=-5, highest=12)
RECEIVED = {"received_at": {"column": "got", "kind": "instant", "format": "iso"}}
START = datetime(2016, 5, 1, 10, 0, 0)  # noqa: DTZ001 - local time of a file


def rows(*minutes: float, town: str = "NORTH", title: str = "FIRE") -> str:
    return HEADER + "".join(
        f"{town},{title},{START + timedelta(minutes=m):%Y-%m-%d %H:%M:%S}\n" for m in minutes
    )


def test_events_have_the_schema_of_the_contract(read):
    """Also a block of none."""
    for content in (rows(0, 1), rows(0, title="OTHER"), HEADER):
        assert all(block.events.schema.equals(EVENT_SCHEMA) for block in read(content).blocks)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("NORTH,EMS: NOVELTY,2016-05-01 10:00:00", "unknown_code"),
        ("NORTH,fire,2016-05-01 10:00:00", "unknown_code"),
        ("NORTH,Traffic: ARMED SUBJECT -,2016-05-01 10:00:00", "not_watched"),
        ("ELSEWHERE,FIRE,2016-05-01 10:00:00", "unknown_area"),
        ("NORTH,FIRE,2016-02-30 10:00:00", "bad_time"),
        ("NORTH,FIRE,", "bad_time"),
        ("NORTH,FIRE,1 May", "bad_time"),
        ("NORTH,FIRE,2017-01-01 10:00:00", "future"),
    ],
)
def test_a_bad_row_is_set_aside_for_its_reason(read, row, reason):
    """Alone and among good rows; the raw code is kept."""
    good = rows(0).removeprefix(HEADER)
    for content in (HEADER + row, HEADER + good + row + "\n", HEADER + row + "\n" + good):
        got = read(content)
        (aside,) = got.set_aside
        assert aside.reason == reason
        assert ",".join(aside.raw.values()) == row
        assert REASONS[reason] in aside.message


def test_a_code_that_is_not_watched_says_why(read):
    """With the reason that the mapping gives."""
    (aside,) = read(rows(0, title="EMS: ARMED SUBJECT")).set_aside
    assert aside.message.endswith("'ARMED SUBJECT': enforcement is not a helping response")


def test_areas_match_exactly_first_then_without_case(read):
    """Spaces around do not matter; an empty one is the county's."""
    content = HEADER + "".join(
        f"{town},FIRE,2016-05-01 10:00:00\n" for town in ("NORTH", " north ", "South", "")
    )
    assert [event["area"] for event in read(content).events] == ["NORTH", "NORTH", "SOUTH", "COUNTY"]


def test_an_empty_area_without_a_default_is_set_aside(read):
    """No place, no event."""
    used = mapping(columns={"area": {"column": "town", "kind": "area"}})
    assert read(rows(0, town=" "), mapping=used).quarantined == [(0, 2, "no_area")]


def test_unknown_targets_of_the_mapping_are_faults(tmp_path):
    """All of them at once."""
    used = mapping(columns={"area": {"column": "town", "kind": "area", "when_empty": "NOWHERE"}})
    with pytest.raises(ConfigError) as error:
        Mapper(used, AREAS, ("fire",), MovableClock(NOW))
    assert str(error.value).splitlines() == [
        "town: columns.area.when_empty: area 'NOWHERE' is unknown; use a code of areas/town.csv",
        "town: columns.indicator.codes.FLOOD: indicator 'flood' is unknown; "
        "use an id of indicators/town.yaml",
    ]


class TestReceived:
    """Since when a row is known."""

    def test_it_is_the_running_maximum_and_never_falls(self, read):
        """Also where the rows are set aside for another reason: time went on."""
        content = rows(0, 9, 4) + "NORTH,NOVELTY,2016-05-01 10:20:00\n" + rows(12).removeprefix(HEADER)
        got = read(content)
        minutes = [(e["received_at"] - got.events[0]["occurred_at"]).seconds // 60 for e in got.events]
        assert minutes == [0, 9, 9, 20]

    def test_a_lone_jump_does_not_poison_the_clock(self, read):
        """One row a month ahead is a wrong time; the rows after it keep theirs."""
        got = read(rows(0, 1, 43_200, 2, 3))
        assert got.quarantined == [(2, 4, "time_jump")]
        assert got.events[-1]["received_at"] == got.events[-1]["occurred_at"]

    def test_a_first_row_far_ahead_is_a_jump_too(self, read):
        """Measured against the row that follows."""
        assert read(rows(43_200, 2, 3)).quarantined == [(0, 2, "time_jump")]

    def test_a_long_pause_is_accepted(self, read):
        """The following rows are after it as well."""
        assert read(rows(0, 1, 43_200, 43_201)).quarantined == []

    def test_the_last_row_waits_for_the_next_block(self, read):
        """Until then it is in no account; at the end the present decides."""
        got = read(rows(0, 1, 43_200))
        assert [block.waiting for block in got.blocks] == [1, 0]
        assert [block.rows for block in got.blocks] == [2, 1]
        assert got.quarantined == [(2, 4, "time_jump")]

    def test_the_last_row_near_the_present_is_right(self, read):
        """A live feed that was silent for a month goes on."""
        now = START.replace(tzinfo=UTC) + timedelta(minutes=43_200, hours=5)
        got = read(rows(0, 1, 43_200), into=mapper(mapping(), now))
        assert got.quarantined == []

    def test_a_second_row_ahead_confirms_the_first(self, read):
        """Read one by one, only the first of a new time is set aside."""
        got = read(rows(0, 1, 43_200))
        more = read(rows(43_201), into=got.mapper)
        assert more.quarantined == []

    def test_a_single_row_is_no_jump(self, read):
        """There is nothing to compare it with."""
        assert len(read(rows(0)).events) == 1

    def test_a_mapped_column_leads(self, read):
        """Its running maximum, never before the row occurred; a clock may be off by 5 minutes."""
        used = mapping(columns=RECEIVED)
        content = (
            "town,title,when,got\n"
            "NORTH,FIRE,2016-05-01 10:00:00,2016-05-01T14:10:00Z\n"
            "NORTH,FIRE,2016-05-01 10:01:00,2016-05-01T10:05:00-04:00\n"
            "NORTH,FIRE,2016-05-01 10:24:00,2016-05-01 10:20:00\n"
            "NORTH,FIRE,2016-05-01 10:31:00,2016-05-01T14:25:00.250Z\n"
            "NORTH,FIRE,2016-05-01 10:02:00,2016-05-01T14:23:00Z\n"
            "NORTH,FIRE,2016-05-01 10:02:00,soon\n"
        )
        got = read(content, mapping=used)
        assert got.quarantined == [(3, 5, "received_before_occurred"), (5, 7, "bad_time")]
        assert [e["received_at"].strftime("%H:%M:%S.%f")[:9] for e in got.events] == [
            "14:10:00.",
            "14:10:00.",
            "14:24:00.",
            "14:25:00.",
        ]


class TestValues:
    """What a row counts for."""

    used = mapping(columns={"value": {"column": "n", "kind": "number"}})

    @pytest.mark.parametrize("value", ["nan", "inf", "-1", "2.5", "x", "", "1e400", "1e12", "1,5", "0x5"])
    def test_what_is_no_count_is_set_aside(self, read, value):
        """NaN, infinite, negative, fractional, not a number."""
        content = f'town,title,when,n\nNORTH,FIRE,2016-05-01 10:00:00,"{value}"\n'
        assert read(content, mapping=self.used).quarantined == [(0, 2, "bad_value")]

    def test_counts_are_kept(self, read):
        """Whole numbers in any notation."""
        content = "town,title,when,n\n" + "".join(
            f"NORTH,FIRE,2016-05-01 10:00:00,{n}\n" for n in ("0", " 3 ", "4.0", "1e2", "+7")
        )
        assert [e["value"] for e in read(content, mapping=self.used).events] == [0, 3, 4, 100, 7]

    def test_a_reading_beyond_what_its_gauge_can_show_is_set_aside_with_its_value(self, read):
        """The ends of the range are in it; counts have none of it."""
        into = Mapper(self.used, AREAS, INDICATORS, MovableClock(NOW), gauges={"flood": RIVER})
        content = "town,title,when,n\n" + "".join(
            f"NORTH,{code},2016-05-01 10:00:00,{n}\n"
            for code, n in (("FLOOD", 12), ("FLOOD", 12.01), ("FLOOD", -99), ("FIRE", 99), ("FLOOD", -5))
        )
        got = read(content, mapping=self.used, into=into)
        assert [e["value"] for e in got.events] == [12, 99, -5]
        assert [reason for _, _, reason in got.quarantined] == ["out_of_range", "out_of_range"]
        told = [q.detail for block in got.blocks for q in block.quarantined]
        assert told == ["'12.01' (column 'n')", "'-99' (column 'n')"]

    def test_a_gauge_without_a_value_says_nothing(self, read):
        """A row without a value counts for one; a reading of 1 nobody took."""
        none = mapping(columns={"indicator": {"column": "title", "kind": "code", "codes": "same"}})
        into = Mapper(none, AREAS, INDICATORS, MovableClock(NOW), gauges={"flood": RIVER})
        got = read(HEADER + "NORTH,flood,2016-05-01 10:00:00\n", mapping=none, into=into)
        assert [reason for _, _, reason in got.quarantined] == ["bad_value"]
        with pytest.raises(ConfigError, match=r"columns\.value: is missing, and 'flood' is a gauge"):
            Mapper(mapping(), AREAS, INDICATORS, MovableClock(NOW), gauges={"flood": RIVER})

    def test_a_gauge_may_be_negative_or_fractional(self, read):
        """River levels and temperatures are no counts."""
        into = Mapper(self.used, AREAS, INDICATORS, MovableClock(NOW), gauges={"flood": RIVER})
        content = (
            "town,title,when,n\nNORTH,FLOOD,2016-05-01 10:00:00,-2.5\n"
            "NORTH,FIRE,2016-05-01 10:00:00,2.5\nNORTH,FLOOD,2016-05-01 10:00:00,inf\n"
        )
        got = read(content, mapping=self.used, into=into)
        assert [e["value"] for e in got.events] == [-2.5]
        assert [reason for _, _, reason in got.quarantined] == ["bad_value", "bad_value"]


class TestReferences:
    """Ids, references and sources are opaque, or they are text."""

    used = mapping(
        columns={
            "id": {"column": "key", "kind": "id"},
            "incident_ref": {"column": "ref", "kind": "ref"},
            "source": {"column": "dept", "kind": "code"},
        }
    )
    header = "town,title,when,key,ref,dept\n"

    def test_they_are_kept_and_empty_ones_are_null(self, read):
        """The source falls back to the mapping's name."""
        base = "NORTH,FIRE,2016-05-01 10:00:00,"
        got = read(self.header + base + "a-1,R9,ems\n" + base + ",,\n", mapping=self.used)
        assert [(e["id"], e["incident_ref"], e["source"]) for e in got.events] == [
            ("a-1", "R9", "ems"),
            (None, None, "town"),
        ]

    @pytest.mark.parametrize(
        "end", [f"{'x' * 65},,", "Jane Roe,,", ",Jane Roe,", "张\u3000三,,", f",,{'x' * 65}"]
    )
    def test_text_in_them_is_set_aside(self, read, end):
        """More than 64 characters, or words with spaces between."""
        content = self.header + "NORTH,FIRE,2016-05-01 10:00:00," + end + "\n"
        assert read(content, mapping=self.used).quarantined == [(0, 2, "free_text")]

    def test_a_listed_source_is_renamed_and_another_set_aside(self, read):
        """With codes the source works as the indicator does."""
        used = mapping(columns={"source": {"column": "dept", "kind": "code", "codes": {"E": "ems"}}})
        base = "NORTH,FIRE,2016-05-01 10:00:00,"
        got = read(f"town,title,when,dept\n{base}E\n{base}F\n", mapping=used)
        assert [e["source"] for e in got.events] == ["ems"]
        assert got.quarantined == [(1, 3, "unknown_source")]


def test_codes_may_be_the_indicators_themselves(read):
    """`codes: same`."""
    column = {"column": "title", "kind": "code", "codes": "same"}
    got = read(
        rows(0, title="fire") + "NORTH,water,2016-05-01 10:00:00\n",
        mapping=mapping(columns={"indicator": column}),
    )
    assert [e["indicator"] for e in got.events] == ["fire"]
    assert got.quarantined == [(1, 3, "unknown_code")]


def test_a_file_of_one_place_and_one_indicator_needs_no_columns_for_them(read):
    """`always` says them of every row; only the instant is read."""
    columns = {"area": {"always": "NORTH"}, "indicator": {"always": "flood"}}
    used = mapping(columns=columns)
    assert used.mapped == ("when",)
    got = read("when\n2016-01-01 10:00:00\nsoon\n2016-01-01 10:05:00\n", mapping=used)
    assert [(e["area"], e["indicator"]) for e in got.events] == [("NORTH", "flood")] * 2
    assert got.quarantined == [(1, 3, "bad_time")]
    faults = mapping_faults(used, areas=["COUNTY"], indicators=["fire"], file="f")
    assert [str(fault) for fault in faults] == [
        "f: columns.area.always: area 'NORTH' is unknown; use a code of areas/town.csv",
        "f: columns.indicator.always: indicator 'flood' is unknown; use an id of indicators/town.yaml",
    ]
    bare = mapping_faults(used, areas=["NORTH"], indicators=["flood"], gauges=["flood"], file="f")
    assert [fault.what for fault in bare] == ["is missing, and 'flood' is a gauge"]


def test_a_code_is_new_once_in_a_stream(read):
    """Watched, unknown or left out; a department in front of it makes no other code."""
    content = rows(0) + (
        "NORTH,EMS: FIRE,2016-05-01 10:00:00\nNORTH,NOVELTY,2016-05-01 10:00:00\n"
        "NORTH,ARMED SUBJECT,2016-05-01 10:00:00\nNORTH,NOVELTY,2016-05-01 10:00:00\n"
    )
    got = read(content)
    assert [code for block in got.blocks for code in block.new_codes] == [
        NewCode("FIRE", "fire", 0),
        NewCode("NOVELTY", None, 2),
        NewCode("ARMED SUBJECT", None, 3),
    ]
    again = read(content, into=got.mapper)
    assert [code for block in again.blocks for code in block.new_codes] == []


@given(
    steps=st.lists(st.integers(-300, 300), max_size=200),
    clock=st.sampled_from([NEVER, 0, 1000]),
    witnessed=st.booleans(),
)
def test_jumps_are_what_a_walk_row_by_row_finds(steps, clock, witnessed):
    """The array search agrees with its definition."""
    instants = np.cumsum(np.array(steps, dtype=np.int64))
    found = find_jumps(instants, clock_us=clock, max_jump_us=100, witnessed=witnessed)
    lone, undecided = [], False
    for i, instant in enumerate(instants.tolist()):
        limit = clock + 100 if clock != NEVER else instant - 101
        ahead = instant > limit and not (witnessed and i == 0)
        undecided = ahead and i + 1 == len(instants)
        lone.append(ahead and not undecided and bool(instants[i + 1] <= limit))
        clock = clock if lone[-1] else max(clock, instant)
    assert found.lone.tolist() == lone
    assert found.last_undecided == undecided
