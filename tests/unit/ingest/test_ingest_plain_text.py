"""Plain text is read as the general way reads it, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.ingest.instants import _read_one
from riskwatch.ingest.parquet_reader import _as_text
from riskwatch.ingest.plain_text import (
    _two,
    is_plain,
    read_utc,
    read_whole,
    text_bytes,
    write_instants,
)
from riskwatch.ingest.values import parse_refs, parse_values


def both(loop):
    return loop, loop.py_func


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001 - told with a Z
    st.sampled_from("T "),
    st.booleans(),
)
def test_instants_are_those_of_the_standard_library(at, between, fraction):
    """To the microsecond, leap days and all."""
    text = at.strftime(f"%Y-%m-%d{between}%H:%M:%S") + (f".{at.microsecond:06d}" if fraction else "") + "Z"
    want = (at - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 - told with a Z
    want -= 0 if fraction else at.microsecond
    for loop in both(read_utc):
        found = np.zeros(1, np.int64)
        assert loop(*text_bytes(pa.array([text])), found)
        assert found.tolist() == [want]


@pytest.mark.parametrize(
    "text",
    [
        *("2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-00T00:00:00Z"),
        *("2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z", "2025-01-01T00:00:60Z", "2200-01-01T00:00:00Z"),
        *("2025-01-01T00:00:00+", "2025/01/01T00:00:00Z", "2025-01-01x00:00:00Z", "2025-01-0aT00:00:00Z"),
        *("", "2025-01-01T00:00:00,000000Z", "2025-01-01T00:00:00.00000xZ", "2025-01-01T00:00:00.000000+"),
    ],
)
def test_what_is_no_plain_instant_is_left_to_the_general_way(text):
    """Wrong in one place each."""
    for loop in both(read_utc):
        assert not loop(*text_bytes(pa.array(["2025-01-01T00:00:00Z", text])), np.zeros(2, np.int64))
    assert text.endswith("+") or "," in text or _read_one(text, "iso") is None


def test_two_digits_are_a_number():
    """Of bytes."""
    assert _two.py_func(np.frombuffer(b"x42", np.uint8), 1) == 42


@given(st.lists(st.from_regex(r"\A[0-9]{1,9}(\.0)?\Z"), min_size=1))
def test_whole_numbers_are_read(texts):
    """With .0 behind or without."""
    for loop in both(read_whole):
        numbers = np.zeros(len(texts))
        assert loop(*text_bytes(pa.array(texts)), numbers)
        assert numbers.tolist() == [float(t) for t in texts]


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "1234567890", " 1", ".0"])
def test_other_numbers_are_left_to_the_general_way(text):
    """Which reads or refuses them."""
    for loop in both(read_whole):
        assert not loop(*text_bytes(pa.array(["1", text])), np.zeros(2))
    numbers, usable = parse_values(pa.array(["1", text]), np.array([True, True]))
    assert (numbers[0], bool(usable[0])) == (1.0, True)


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=70), min_size=1))
def test_plain_ids_are_what_the_general_way_keeps_as_they_are(texts):
    """Not empty, not long, without spaces or what is not printed."""
    plain = all(t and len(t) <= 64 and all("!" <= c <= "~" for c in t) for t in texts)
    for loop in both(is_plain):
        assert loop(*text_bytes(pa.array(texts)), 64) == plain
    if plain:
        refs, is_text = parse_refs(pa.array(texts))
        assert refs.to_pylist() == texts
        assert not is_text.any()


DAY_US = 86_400_000_000


@pytest.mark.parametrize("zone", ["UTC", None])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_are_written_as_arrow_writes_them(unit, zone):
    """Every day from 1970 to 2199, at any instant of it, in any unit."""
    draw, per_second = np.random.default_rng(8), {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    instants = np.arange(84_006) * 86_400 * per_second + draw.integers(0, 86_400 * per_second, 84_006)
    column = pa.array(instants).cast(pa.timestamp(unit, zone))
    plain = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.timestamp("us")).cast(pa.string())
    text = _as_text(column)
    text.validate(full=True)
    assert text.to_pylist() == [t + ("Z" if zone else "") for t in plain.to_pylist()]


@pytest.mark.parametrize("instants", [[-1, 5], [84_006 * DAY_US, 5], [None, 3], []])
def test_instants_that_no_loop_writes_are_left_to_arrow(instants):
    """Of other years, or missing."""
    column = pa.array(instants, pa.int64()).cast(pa.timestamp("us", "UTC"))
    plain = column.cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
    assert _as_text(column).to_pylist() == ["" if t is None else t + "Z" for t in plain]


def test_writing_instants_is_the_same_in_python():
    """With and without a zone; none of another year."""
    instants = np.array([0, 59 * DAY_US - 1, 59 * DAY_US, 84_005 * DAY_US + 123_456])
    for width in (26, 27):
        text, want = np.zeros(4 * width, np.uint8), np.zeros(4 * width, np.uint8)
        assert write_instants.py_func(instants, text, width)
        assert write_instants(instants, want, width)
        assert text.tobytes() == want.tobytes()
    assert not write_instants.py_func(np.array([-1]), text, 26)
    assert not write_instants.py_func(np.array([84_006 * DAY_US]), text, 26)
