"""The gauge recipe: what it sees, what it does not, and what it survives."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.gauge_surprise import SIGNS, GaugeSurprise


def scores_of(values, gauge=None, step_s=3600):
    """Every row scored, then learned."""
    gauge = gauge or GaugeSurprise()
    found = []
    for n, value in enumerate(values):
        row = {"value": value, "at_s": n * step_s}
        found.append(gauge.score_one(row))
        gauge.learn_one(row)
    return found


def wave(rows, seed=1):
    """A daily wave with noise."""
    draw = np.random.default_rng(seed)
    return (50 + 10 * np.sin(np.arange(rows) * 2 * np.pi / 24) + draw.uniform(-5, 5, rows)).tolist()


@given(at=st.integers(0, 499), value=st.floats(allow_nan=True, allow_infinity=True))
@settings(max_examples=25, deadline=None)
def test_later_rows_change_no_earlier_score(at, value):
    """The score of a row depends on that row and those before it alone."""
    rows = wave(500)
    other = [*rows[:at], value, *(-v for v in rows[at + 1 :])]
    assert scores_of(rows)[:at] == scores_of(other)[:at]


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_every_number_has_a_score_between_zero_and_one(strange):
    """NaN, infinities, denormals and the largest floats raise nothing and score in [0, 1]."""
    gauge = GaugeSurprise()
    scores_of(wave(320), gauge)
    found = scores_of([*strange, *wave(5)], gauge)
    assert all(0.0 <= s <= 1.0 for s in found)
    json.dumps(gauge.state(), allow_nan=False)


@pytest.mark.parametrize("level", [0.0, 0.1, -3.3, 1e6 + 0.1, 1e-300, 1e300, -math.pi])
def test_a_constant_stream_is_never_surprising(level):
    """Rounding within the means is not taken for a record."""
    assert max(scores_of([level] * 1200)) == 0.0


@pytest.mark.parametrize("level", [0.0, 5.0, 1e6])
def test_a_flat_stream_that_moves_is_surprising(level):
    """After a constant, any step beyond rounding is as far outside of its range as can be."""
    assert scores_of([level] * 900 + [level + 1.0])[-1] > 0.99


def test_scores_do_not_depend_on_the_unit_of_the_gauge():
    """Degrees in Celsius and in Fahrenheit have the same surprise, but for rounding."""
    values = [*wave(900), *(v + 25 for v in wave(60, seed=2))]
    other = [v * 1.8 + 32.0 for v in values]
    assert scores_of(other) == pytest.approx(scores_of(values), abs=1e-9)


def test_an_alarm_silences_the_rows_after_it():
    """A hundred rows score 0 after an alarm, however far they leap; then it may speak again."""
    rows = wave(1000)
    found = scores_of([*rows, 1e3, *(1e4 * 2**n for n in range(101))])
    assert found[1000] > 0.9
    assert found[1001:1101] == [0.0] * 100
    assert found[1101] > 0.9


def test_a_shift_that_stays_within_the_range_is_seen():
    """The upper end of the daily wave, held all day, leaves no single value out of range."""
    rows = wave(1500)
    stays = [58.0] * 60
    assert max(stays) < max(rows)
    assert max(scores_of([*rows, *stays])[1500:]) >= GaugeSurprise.ALARM


def test_a_working_day_on_a_sunday_is_seen_by_the_clock_alone():
    """What is usual on five days is surprising on the sixth, to the sign that knows the hour.

    The first week, of which nothing was usual yet, has left the memory by then.
    """
    weeks = [float(20 if n % 168 < 120 and 8 <= n % 24 < 18 else 0) for n in range(168 * 14 + 144)]
    sunday = weeks[:24]
    others = [sign for sign in SIGNS if sign != "clock"]
    knows = scores_of([*weeks, *sunday], GaugeSurprise(signs=["clock"]))
    blind = scores_of([*weeks, *sunday], GaugeSurprise(signs=others))
    assert max(knows[-24:]) >= GaugeSurprise.ALARM
    assert max(blind[-24:]) == 0.0


def test_rows_without_a_time_leave_the_clock_out():
    """Without `at_s` the other four signs go on."""
    gauge = GaugeSurprise()
    for value in wave(900):
        gauge.learn_one({"value": value})
    assert set(gauge.excess_one({"value": 900.0})) == set(SIGNS) - {"clock"}
    assert gauge.score_one({"value": 900.0}) > 0.9
    assert gauge.excess_one({"value": math.nan}) == {}


def test_extremes_are_forgotten_as_the_memory_says():
    """A spike is out of mind once it is older than the memory, and not before."""
    calm = [float(n % 7) for n in range(1500)]
    spiked = [*calm[:400], 1000.0, *calm[401:]]
    short = GaugeSurprise(signs=["deviation"], memory_rows=300, silent_rows=0)
    long = GaugeSurprise(signs=["deviation"], silent_rows=0)
    assert scores_of([*spiked, 50.0], short)[-1] > 0.9
    assert scores_of([*spiked, 50.0], long)[-1] == 0.0


@pytest.mark.parametrize("values", [range(20_000), range(20_000, 0, -1), wave(20_000)])
def test_memory_is_bounded(values):
    """The state holds at most the memory's rows for each extreme, also of an endless ramp."""
    gauge = GaugeSurprise(memory_rows=500)
    for n, value in enumerate(values):
        gauge.learn_one({"value": float(value), "at_s": n * 300})
    state = gauge.state()
    assert len(state["past"]) <= 192
    assert len(state["differed"]) <= 24
    assert max(len(side) for past in state["ranges"].values() for side in past) <= 500
