"""The benchmark's formula, against a plain reference and against what the paper says of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nab_reference import reference_score

from riskwatch.audit.nab_score import (
    PROFILES,
    SILENT,
    Scored,
    at_threshold,
    best_threshold,
    found_and_false,
    probation,
    sigmoid,
    worth,
)


@st.composite
def corpora(draw):
    """A few files of some rows, each with a few windows that do not overlap and scores of few values."""
    files = []
    for _ in range(draw(st.integers(1, 3))):
        rows = draw(st.integers(20, 90))
        cuts = sorted(draw(st.sets(st.integers(0, rows - 1), max_size=6)))
        windows = tuple(zip(cuts[0::2], cuts[1::2], strict=False))
        scores = draw(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), min_size=rows, max_size=rows))
        files.append(Scored(np.array(scores), windows))
    return files


@given(corpora(), st.sampled_from(PROFILES), st.sampled_from([0.1, 0.2, 0.5, 1.0, SILENT]))
def test_score_is_that_of_the_plain_reference(files, profile, threshold):
    """Windows, sigmoid, probation and normalisation agree for any files, profile and threshold."""
    windows, _, _ = found_and_false(files, threshold)
    assume(windows)
    expected = reference_score([(f.scores.tolist(), f.windows) for f in files], profile, threshold)
    assert at_threshold(files, profile, threshold) == pytest.approx(expected, abs=1e-9)


@given(corpora(), st.sampled_from(PROFILES))
def test_no_threshold_beats_the_best(files, profile):
    """The best threshold's score is what that threshold gives, and the highest of all."""
    windows, _, _ = found_and_false(files, SILENT)
    assume(windows)
    best = best_threshold(files, profile)
    assert best.score == pytest.approx(at_threshold(files, profile, best.threshold), abs=1e-9)
    tried = [at_threshold(files, profile, t) for t in (0.0, 0.2, 0.5, 0.9, 1.0, SILENT)]
    assert best.score == pytest.approx(max(tried), abs=1e-9)


@pytest.mark.parametrize(
    ("position", "value"), [(-1.0, 0.98661), (-0.5, 0.84828), (0.0, 0.0), (1.0, -0.98661), (3.0, -1.0)]
)
def test_sigmoid_has_the_published_values(position, value):
    """Early in a window near 1, at its end 0, one width behind it near -1, from three on -1."""
    assert sigmoid(np.array([position]))[0] == pytest.approx(value, abs=1e-5)


def made(alarms, rows=1000, windows=((400, 499), (800, 899))):
    """A file with score 1 at the rows named."""
    scores = np.zeros(rows)
    scores[list(alarms)] = 1.0
    return Scored(scores, windows)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_perfect_detector_has_100_and_a_silent_one_0(profile):
    """One alarm at the first row of every window, and none at all."""
    assert at_threshold([made([400, 800])], profile, 1.0) == pytest.approx(100.0)
    assert at_threshold([made([])], profile, 1.0) == 0.0
    assert best_threshold([made([400, 800])], profile).threshold == 1.0
    assert best_threshold([made([10, 300])], profile).threshold == SILENT


def test_only_the_first_hit_in_a_window_counts():
    """Speaking again within a window neither gains nor costs."""
    once, often = (at_threshold([made(a)], PROFILES[0], 1.0) for a in ([410], [410, 420, 499]))
    assert once == often


def test_probation_neither_gains_nor_costs():
    """The first 15% of rows, at most 750, are not scored."""
    assert probation(1000) == 150
    assert probation(100_000) == 750
    assert at_threshold([made([0, 50, 149])], PROFILES[0], 1.0) == 0.0
    assert at_threshold([made([150])], PROFILES[0], 1.0) < 0.0


def test_window_within_probation_is_not_asked_for():
    """What no detector can find is not missed."""
    file = made([400], windows=((10, 20), (400, 499)))
    assert at_threshold([file], PROFILES[0], 1.0) == pytest.approx(100.0)


def test_false_alarm_costs_less_right_behind_a_window():
    """Just after a window nearly nothing, three widths behind it all."""
    value, window = worth(made([]), PROFILES[0])
    assert value[500] > value[550] > value[790] == pytest.approx(-0.11, abs=1e-3)
    assert value[399] == -0.11
    assert window[399:401].tolist() == [-1, 0]


def test_no_windows_have_no_score():
    """Without anything to find there is no normalised score; false alarms are counted still."""
    file = made([500, 600], windows=())
    assert math.isnan(at_threshold([file], PROFILES[0], 1.0))
    assert math.isnan(best_threshold([file], PROFILES[0]).score)
    assert found_and_false([file], 1.0) == (0, 0, 2)
    assert math.isnan(best_threshold([], PROFILES[0]).score)
