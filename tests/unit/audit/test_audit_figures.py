"""Figures and intervals: equal to hand-made ones, to slow ones, and honest where there is little."""

from __future__ import annotations

import numpy as np
import pytest
from audit_county import alert, happening, outside, registry, tree, uneven
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.audit.figures import FIGURES, Resampling, group_rows
from riskwatch.audit.intervals import block_weights, poisson, ratio_interval, wilson
from riskwatch.audit.matching import Places, match
from riskwatch.audit.measures import shares_by
from riskwatch.audit.survival import time_to_alert

PLACES = Places(tree(), "settlement")


def rows(alerts, truth):
    found = match(alerts, truth, PLACES, registry())
    return {r.group: r for r in group_rows(found, lambda r: r.group, PLACES.groups, Resampling(3, 400))}


def test_metric_frame_numbers_equal_hand_made_ones():
    """Detection, precision and calibration of two groups, counted by hand."""
    alerts = [alert("H0", 103), alert("H1", 500), alert("U0", 501), alert("U1", 903), alert("U2", 20)]
    truth = outside(*(happening(p, t) for p, t in (("H0", 100), ("H2", 300), ("U0", 500), ("U1", 900))))
    found = match(alerts, truth, PLACES, registry())
    shares = shares_by(found.hits, found.calls, lambda r: r.group)
    assert shares["rural"] == pytest.approx({"detection": 1 / 2, "precision": 1 / 2, "calibration": -0.25})
    expected = {"detection": 1.0, "precision": 2 / 3, "calibration": 0.25 - 2 / 3}
    assert shares["urban"] == pytest.approx(expected)
    by = rows(alerts, truth)
    months = 7 * 70 / (365.25 / 12)
    assert by["urban"].figures["false_per_area_month"].value == pytest.approx(1 / months)
    people = 7000 / 100_000 * 70 / (365.25 / 12)
    assert by["urban"].figures["false_per_100k"].value == pytest.approx(1 / people)
    assert by["urban"].figures["hours_median"].value == 1.0


def test_a_group_without_incidents_has_no_detection_rate():
    """Not 0, not 1: nothing was measured."""
    quiet = rows([], outside(happening("H0", 100)))["urban"]
    assert (quiet.incidents, quiet.figures["detection"].value) == (0, None)
    assert quiet.figures["hours_mean"].value is None
    assert set(quiet.figures) == set(FIGURES)


def test_everything_detected_is_not_known_without_error():
    """The resampled interval alone would be [1, 1]."""
    alerts, truth = uneven(10, 10, n=40)
    figure = rows(alerts, truth)["rural"].figures["detection"]
    assert figure.value == figure.high == 1.0
    assert figure.low == pytest.approx(wilson(40, 40)[0], abs=1e-9)


def test_what_hangs_together_widens_the_interval():
    """Detected in whole weeks or not at all: the interval knows, an independent one doesn't."""
    happened = [happening(f"H{i % 6}", 12.0 * i) for i in range(140)]
    told = [alert(f"H{i % 6}", 12.0 * i + 1) for i in range(140) if (i // 14) % 2]
    figure = rows(told, outside(*happened))["rural"].figures["detection"]
    low, high = wilson(70, 140)
    assert figure.value == 0.5
    assert figure.high - figure.low > 2 * (high - low)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 4))
def test_block_bootstrap_equals_a_slow_plain_one(seed, blocks, groups):
    """Weights times counts give what copying the drawn blocks' rows one by one gives."""
    rng = np.random.default_rng(seed)
    whole = rng.integers(0, 9, (groups, blocks)).astype(float)
    part = np.floor(whole * rng.random((groups, blocks)))
    weights = block_weights(blocks, seed, 50)
    assert (weights.sum(axis=1) == blocks).all()
    slow = np.full((50, groups), np.nan)
    for d in range(50):
        drawn = [b for b in range(blocks) for _ in range(int(weights[d, b]))]
        for g in range(groups):
            had = sum(whole[g, b] for b in drawn)
            if had:
                slow[d, g] = sum(part[g, b] for b in drawn) / had
    for g in range(groups):
        known = np.sort(slow[:, g][~np.isnan(slow[:, g])])
        found = ratio_interval(part, whole, weights)[:, g]
        if len(known):
            ends = known[int(np.ceil(0.025 * len(known))) - 1], known[int(np.ceil(0.975 * len(known))) - 1]
            assert found == pytest.approx(ends)
        else:
            assert np.isnan(found).all()


def test_block_intervals_cover_what_they_should():
    """Of 200 tables with clustered weeks, the 95% interval holds the truth in nine of ten or more."""
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        whole = rng.poisson(6, (1, 40)).astype(float)
        part = rng.binomial(whole.astype(int), rng.beta(6, 4, (1, 40))).astype(float)
        low, high = ratio_interval(part, whole, block_weights(40, seed, 300))[:, 0]
        held += low <= 0.6 <= high
    assert held >= 178


def test_misses_are_censored_not_left_out():
    """The median of the detected alone would be 2; one of three was missed at 10 h."""
    hours, came = np.array([1.0, 3.0, 10.0]), np.array([True, True, False])
    median, mean = time_to_alert(hours, came, np.ones((1, 3)), 12.0)
    assert median[0] == 3.0
    assert mean[0] == pytest.approx(1 * 1 + 2 * 2 / 3 + 9 * 1 / 3)


def test_a_median_that_was_not_reached_is_no_number():
    """Over half were missed."""
    hours, came = np.array([1.0, 9.0, 9.0]), np.array([True, False, False])
    assert np.isnan(time_to_alert(hours, came, np.ones((1, 3)), 12.0)[0][0])
    assert np.isnan(time_to_alert(hours, came, np.zeros((1, 3)), 12.0)[1][0])


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=12))
def test_time_to_alert_equals_the_textbook(drawn):
    """Kaplan and Meier's product, instant by instant."""
    hours = np.array([float(h) for h, _ in drawn])
    came = np.array([c for _, c in drawn])
    left, area, before = 1.0, 0.0, 0.0
    for t in sorted(set(hours)):
        area += left * (min(t, 24.0) - min(before, 24.0))
        left *= 1 - sum(came & (hours == t)) / sum(hours >= t)
        before = t
    area += left * max(24.0 - before, 0.0)
    assert time_to_alert(hours, came, np.ones((1, len(hours))), 24.0)[1][0] == pytest.approx(area)


def test_exact_intervals_are_the_textbook_ones():
    """Garwood 1936 and Wilson 1927."""
    assert poisson(10, 1.0) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert poisson(0, 2.0) == pytest.approx((0.0, 1.844), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(7, 10) == pytest.approx((0.397, 0.892), abs=1e-3)
