"""Clocks and instants: integers of microseconds inside, aware datetimes at the edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.clock import DAY_US, HOUR_US, MovableClock, SystemClock, from_us, iso, to_us

INSTANTS_US = st.integers(min_value=-(10**16), max_value=10**17)


def test_naive_instants_are_refused():
    """A datetime without a zone has no instant; the message shows it."""
    with pytest.raises(ValueError, match=r"datetime\.datetime\(2020, 1, 1, 0, 0\) has no time zone"):
        to_us(datetime(2020, 1, 1))  # noqa: DTZ001 - naive on purpose


@settings(deadline=None)
@given(INSTANTS_US)
def test_instants_come_back_exactly(instant_us):
    """Microseconds survive the way through a datetime, before 1970 too."""
    assert to_us(from_us(instant_us)) == instant_us
    assert from_us(instant_us).tzinfo is UTC


@settings(deadline=None)
@given(INSTANTS_US, st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_an_instant_does_not_depend_on_its_zone(instant_us, offset_min):
    """The same moment told in another zone is the same integer."""
    assert to_us(from_us(instant_us).astimezone(timezone(timedelta(minutes=offset_min)))) == instant_us


@pytest.mark.parametrize(
    ("instant_us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-DAY_US, "1969-12-31T00:00:00Z"),
        (1_500_000, "1970-01-01T00:00:01.500000Z"),
        (HOUR_US, "1970-01-01T01:00:00Z"),
    ],
)
def test_iso_ends_in_z(instant_us, text):
    """ISO 8601 in UTC with a fraction only where there is one."""
    assert iso(instant_us) == text


def test_movable_clock_moves_back_too():
    """Clocks jump, and so does the one of tests."""
    clock = MovableClock(datetime(2020, 1, 1, tzinfo=UTC))
    clock.move(timedelta(hours=-2))
    assert clock.now() == datetime(2019, 12, 31, 22, tzinfo=UTC)


def test_system_clock_is_aware():
    """The machine's instant is in UTC."""
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now > datetime(2025, 1, 1, tzinfo=UTC)
