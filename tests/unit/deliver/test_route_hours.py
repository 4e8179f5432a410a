"""Windows and calendars: whose night it is, and what the clocks do to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from riskwatch.core.clock import DAY_US, MINUTE_US, to_us
from riskwatch.deliver.hours import WEEKDAYS, Calendar, Hours, Window

ZONES = ("America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Pacific/Apia")
NIGHT = Window.model_validate({"from": "22:00", "to": "06:00", "weekdays": ["fri"]})


def hours(zone: str = "America/New_York", **spans: Window | Calendar) -> Hours:
    return Hours(spans, ZoneInfo(zone))


def us(local: str, zone: str = "America/New_York", fold: int = 0) -> int:
    return to_us(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold))


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-06-05 21:59", False),
        ("2026-06-05 22:00", True),
        ("2026-06-06 05:59", True),
        ("2026-06-06 06:00", False),
        ("2026-06-05 03:00", False),
        ("2026-06-06 23:00", False),
    ],
)
def test_an_overnight_window_belongs_to_the_day_on_which_it_begins(local, holds):
    """Friday's night ends on Saturday morning, and Thursday's is none of it."""
    assert (hours(night=NIGHT).holding(us(local)) == {"night"}) is holds


def test_a_calendar_is_weekdays_and_dates_less_exceptions():
    """A Sunday that is worked is no weekend, a holiday on a Wednesday is."""
    free = Calendar.model_validate(
        {"weekdays": ["sat", "sun"], "dates": ["2026-02-18"], "except": ["2026-02-15"]}
    )
    held = hours(free=free)
    days = {d: held.holding(us(f"2026-02-{d} 12:00")) == {"free"} for d in (14, 15, 16, 18, 21)}
    assert days == {14: True, 15: False, 16: False, 18: True, 21: True}


@pytest.mark.parametrize(
    ("given_", "minute"), [("8:05", 485), ("08:05", 485), (1110, 1110), ("24:00", 1440), ("0:00", 0)]
)
def test_a_time_is_read_as_text_or_as_yaml_reads_it(given_, minute):
    """An unquoted 18:30 is 1110 to YAML, which are its minutes."""
    if minute:
        assert Window.model_validate({"from": "07:00", "to": given_}).to_min == minute
    if minute < 1440:
        assert Window.model_validate({"from": given_, "to": "07:00"}).from_min == minute


@pytest.mark.parametrize("given_", ["25:00", "8", 8, "08:60", "noon", True, 8.5, None, 1441])
def test_what_is_no_time_of_the_day_is_refused(given_):
    """And says how to write it."""
    with pytest.raises(ValidationError, match=r'write it as "08:30"'):
        Window.model_validate({"from": "07:00", "to": given_})


def test_a_whole_day_is_written_from_0_to_24():
    """It holds in every minute of its weekdays."""
    day = Window.model_validate({"from": "00:00", "to": "24:00", "weekdays": ["mon"]})
    held = hours(day=day)
    assert [held.holding(us(f"2026-06-{d:02} 23:59")) == {"day"} for d in (1, 2)] == [True, False]
    assert held.holding(us("2026-06-01 00:00")) == {"day"}


WINDOWS = st.builds(
    lambda a, b, days: Window.model_validate(
        {"from": f"{a // 60}:{a % 60:02}", "to": f"{b // 60}:{b % 60:02}", "weekdays": days}
    ),
    st.integers(0, 719),
    st.integers(720, 1439),
    st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True),
) | st.builds(
    lambda a, b, days: Window.model_validate(
        {"from": f"{a // 60}:{a % 60:02}", "to": f"{b // 60}:{b % 60:02}", "weekdays": days}
    ),
    st.integers(720, 1439),
    st.integers(0, 719),
    st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True),
)


@example(Window.model_validate({"from": "01:30", "to": "08:00"}), "America/New_York", 303, 1200)
@example(Window.model_validate({"from": "02:30", "to": "08:00"}), "America/New_York", 65, 1200)
@given(WINDOWS, st.sampled_from(ZONES), st.integers(0, 365), st.integers(0, 1439))
def test_edges_are_exactly_where_what_holds_becomes_another(window, zone, day, minute):
    """Held against a walk over every minute of a day, also of one on which the clocks are moved."""
    held = hours(zone, night=window, free=Calendar(weekdays=("sat",)))
    start_us = us(str(date(2026, 1, 1) + timedelta(days=day)) + " 00:00", zone) + minute * MINUTE_US
    walked = []
    for at_us in range(start_us + MINUTE_US, start_us + DAY_US + 1, MINUTE_US):
        if held.holding(at_us) != held.holding(at_us - MINUTE_US):
            walked.append(at_us)
    assert held.edges(start_us, start_us + DAY_US) == walked


@given(
    st.lists(WINDOWS, max_size=2),
    st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    st.integers(0, 60 * 24 * 7),
)
def test_moments_show_every_combination_that_holds_around_a_date(windows, holiday, after_min):
    """So a check that looks at each of them has looked at every hour there is."""
    spans = {f"w{n}": w for n, w in enumerate(windows)}
    held = hours(**spans, holiday=Calendar(dates=frozenset({holiday})))
    shown = {held.holding(at_us) for at_us in held.moments()}
    around_us = us(f"{holiday - timedelta(days=3)} 00:00") + after_min * MINUTE_US
    assert held.holding(around_us) in shown


def test_without_windows_nothing_ever_changes():
    """And the one moment there is stands for all."""
    held = hours()
    assert held.edges(0, 10 * DAY_US) == ()
    assert [held.holding(m) for m in held.moments()] == [frozenset()]


def test_an_instant_without_an_offset_is_one_of_the_desk():
    """One with an offset is what it says."""
    held = hours()
    assert held.instant(datetime.fromisoformat("2026-06-01 12:00")) == us("2026-06-01 12:00")
    aware = datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("UTC"))
    assert held.instant(aware) == to_us(aware)
