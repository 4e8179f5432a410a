"""Instants: both daylight-saving hours, and every notation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_town import mapping

from riskwatch.ingest.instants import NO_OFFSET, parse_instants
from riskwatch.ingest.zones import read_local

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time has no zone yet
MICRO = timedelta(microseconds=1)
LOCAL = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30))  # noqa: DTZ001 - the same
HEADER = "town,title,when\n"


def utc(read, times, zone="America/New_York", lateness=15):
    content = HEADER + "".join(f"NORTH,FIRE,{time}\n" for time in times)
    got = read(content, mapping=mapping(timezone=zone, lateness_min=lateness))
    assert got.quarantined == []
    return [event["occurred_at"].strftime("%H:%M") for event in got.events]


class TestTransitions:
    """Real changes of the clocks."""

    def test_the_hour_that_is_skipped_is_read_with_the_offset_before(self, read):
        """US, 2016-03-13: 02:00 to 03:00 does not exist; 02:30 is 03:30 summer time."""
        times = [f"2016-03-13 {t}:00" for t in ("01:59", "02:30", "03:00", "03:30")]
        assert utc(read, times) == ["06:59", "07:30", "07:00", "07:30"]

    def test_the_hour_that_comes_twice_is_told_apart_by_the_running_clock(self, read):
        """US, 2016-11-06: what would be more than 15 minutes late is of the second hour."""
        times = ["00:59", "01:05", "01:50", "01:40", "01:10", "01:50", "01:45", "02:00"]
        read_as = ["04:59", "05:05", "05:50", "05:40", "06:10", "06:50", "06:45", "07:00"]
        assert utc(read, [f"2016-11-06 {t}:00" for t in times]) == read_as

    def test_late_depends_on_the_mapping(self, read):
        """With an hour of lateness the same rows are all of the first hour."""
        times = [f"2016-11-06 {t}:00" for t in ("01:50", "01:10", "01:20")]
        assert utc(read, times, lateness=60) == ["05:50", "05:10", "05:20"]

    def test_a_change_of_half_an_hour(self, read):
        """Lord Howe, 2016-04-03: 01:30 to 02:00 comes twice; 2016-10-02: 02:00 to 02:30 never."""
        zone = "Australia/Lord_Howe"
        times = [f"2016-04-03 {t}:00" for t in ("01:29", "01:45", "01:59", "01:31", "01:45", "02:00")]
        assert utc(read, times, zone) == ["14:29", "14:45", "14:59", "15:01", "15:15", "15:30"]
        times = [f"2016-10-02 {t}:00" for t in ("01:59", "02:15", "02:30")]
        assert utc(read, times, zone) == ["15:29", "15:45", "15:30"]

    def test_the_second_reading_is_not_taken_from_the_future(self, read):
        """A late row of the first hour stays late while the second has not come."""
        from ingest_town import mapper

        content = HEADER + "".join(f"NORTH,FIRE,2016-11-06 {t}:00\n" for t in ("01:50", "01:10"))
        got = read(content, into=mapper(mapping(), datetime(2016, 11, 6, 5, 51, tzinfo=UTC)))
        assert [e["occurred_at"].strftime("%H:%M") for e in got.events] == ["05:50", "05:10"]


@given(
    local=st.lists(LOCAL, min_size=1, max_size=20),
    zone=st.sampled_from(
        ["America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "Africa/Casablanca", "UTC"]
    ),
)
def test_both_readings_agree_with_the_standard_library(local, zone):
    """`fold` 0 and 1 of zoneinfo, over two centuries."""
    readings = read_local(np.array([(time - EPOCH) // MICRO for time in local], dtype=np.int64), zone)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for i, time in enumerate(local):
        first, second = (
            (time.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) - start) // MICRO
            for fold in (0, 1)
        )
        assert readings.earlier[i] == first
        assert readings.ambiguous[i] == (second > first)
        assert readings.later[i] == max(first, second if readings.ambiguous[i] else first)


@given(
    local=st.lists(
        st.tuples(LOCAL, st.sampled_from(["", "Z", "+05:30", "-0400", "+02"])), min_size=1, max_size=20
    ),
    separator=st.sampled_from("T "),
    spec=st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_iso_agrees_with_the_standard_library(local, separator, spec):
    """Any mixture of offsets and fractions."""
    texts = [time.isoformat(separator, spec) + offset for time, offset in local]
    parsed = parse_instants(pa.array(texts), "iso")
    assert parsed.good.all()
    for i, text in enumerate(texts):
        want = datetime.fromisoformat(text)
        assert parsed.local_us[i] == (want.replace(tzinfo=None) - EPOCH) // MICRO
        offset = want.utcoffset()
        assert parsed.offset_us[i] == (NO_OFFSET if offset is None else offset // MICRO)


@given(
    local=st.lists(LOCAL, min_size=1, max_size=20),
    text_format=st.sampled_from(
        ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y%m%d%H%M%S", "%m/%d/%Y %I:%M:%S %p"]
    ),
)
def test_strptime_formats_agree_with_the_standard_library(local, text_format):
    """Fixed widths by arrays, others value by value."""
    texts = [time.strftime(text_format) for time in local]
    parsed = parse_instants(pa.array(texts), text_format)
    assert parsed.good.all()
    want = [(datetime.strptime(text, text_format) - EPOCH) // MICRO for text in texts]  # noqa: DTZ007 - local
    assert parsed.local_us.tolist() == want


@given(
    texts=st.lists(
        st.text(max_size=30) | st.text("0123456789-: T.+Z", max_size=30), min_size=1, max_size=20
    )
)
def test_junk_is_never_an_instant_that_the_standard_library_refuses(texts):
    """And never an exception."""
    for text_format in ("iso", "%Y-%m-%d %H:%M:%S"):
        parsed = parse_instants(pa.array(texts), text_format)
        for text, good in zip(texts, parsed.good, strict=True):
            if good:
                datetime.fromisoformat(text.strip().replace(",", ".")) if text_format == "iso" else None


@pytest.mark.parametrize(
    "text",
    [
        "2016-02-30 10:00:00",
        "2015-02-29 10:00:00",
        "2016-13-01 10:00:00",
        "2016-00-10 10:00:00",
        "2016-01-00 10:00:00",
        "2016-01-01 24:00:00",
        "2016-01-01 10:60:00",
        "2016-01-01 10:00:60",
        "1969-12-31 23:59:59",
        "2200-01-01 00:00:00",
        "2016-01-01",
        "2016-01-01T10",
        "2016-01-01T10:00:00+24:00",
        "2016-01-01T10:00:00.",
        "2016W011T10:00:00",
        "2016-01-01x10:00:00",
        "２０16-01-01 10:00:00",
        "",
    ],
)
def test_what_is_no_instant_is_refused(text):
    """Impossible dates, other centuries, half instants."""
    assert not parse_instants(pa.array([text, "2016-01-01 10:00:00"]), "iso").good[0]


def test_single_digits_are_read_as_strptime_does():
    """The fixed layout does not fit; the value is read on its own."""
    parsed = parse_instants(pa.array([" 2016-1-5 1:02:03 ", "2016-01-05 01:02:03"]), "%Y-%m-%d %H:%M:%S")
    assert parsed.good.all()
    assert parsed.local_us[0] == parsed.local_us[1]
