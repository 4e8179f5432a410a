"""Grading: the matrix, its worked examples, and each way to write it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_alerts import BASE, rules

from riskwatch.alert.rules import AlertRules, level_of
from riskwatch.core.alerts import Level
from riskwatch.core.documents import read_document
from riskwatch.core.errors import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("likelihood", "impact", "word"),
    [
        (0.0, 10, None),
        (0.0499, 10, None),
        (0.05, 0, "blue"),
        (0.05, 4.99, "blue"),
        (0.05, 5.0, "yellow"),
        (0.10, 2.99, "yellow"),
        (0.10, 3.0, "orange"),
        (0.40, 4.99, "orange"),
        (0.40, 5.0, "red"),
        (1.0, 10.0, "red"),
    ],
)
def test_a_bound_belongs_to_the_band_above_it(likelihood, impact, word):
    """Below the first likelihood nothing is graded, whatever it would touch."""
    level = rules().grade(likelihood, impact)
    assert (level and level.word) == word
    assert rules().notable(likelihood, impact) == (word is not None)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 10), st.floats(0, 1), st.floats(0, 10))
def test_what_is_likelier_or_graver_is_never_graded_lower(p, i, q, j):
    """In a matrix that rises along both sides."""
    low = rules().grade(min(p, q), min(i, j))
    high = rules().grade(max(p, q), max(i, j))
    assert (high or 5) <= (low or 5)


def told(**changes) -> list[str]:
    with pytest.raises(ConfigError) as error:
        rules(**changes)
    return str(error.value).splitlines()


def test_bounds_that_do_not_ascend_are_refused():
    """Nor ones that are given twice."""
    assert told(likelihood=[0.1, 0.05, 0.4]) == [
        "alerts.yaml: likelihood: bounds [0.1, 0.05, 0.4] do not ascend; list each once, lowest first"
    ]
    assert told(impact=[3.0, 3.0, 7.0]) == [
        "alerts.yaml: impact: bounds [3.0, 3.0, 7.0] do not ascend; list each once, lowest first"
    ]


@pytest.mark.parametrize(
    "matrix",
    [BASE["matrix"][:2], [*BASE["matrix"][:2], ["red"]], [["blue"] * 4] * 4],
)
def test_a_matrix_of_another_shape_is_refused(matrix):
    """A row for each likelihood band, a level for each impact band."""
    assert told(matrix=matrix) == [
        "alerts.yaml: matrix is not 3 rows of 4 levels; give a row for each likelihood band "
        "and a level for each impact band"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"matrix": [["blue"] * 4, ["yellow"] * 4, ["sever"] * 4]},
            "matrix.2.0: 'sever' is not accepted; input should be "
            "'none', 'blue', 'yellow', 'orange' or 'red'",
        ),
        ({"min_calls": 0}, "min_calls: 0 is not accepted; input should be greater than or equal to 1"),
        ({"release_h": -1}, "release_h: -1 is not accepted; input should be greater than or equal to 0"),
        (
            {"clear": {"factor": 1.5}},
            "clear.factor: 1.5 is not accepted; input should be less than or equal to 1",
        ),
        ({"clear": {"dwell_h": 0}}, "clear.dwell_h: 0 is not accepted; input should be greater than 0"),
        (
            {"clear": {"dwell_h": float("inf")}},
            "clear.dwell_h: inf is not accepted; input should be a finite number",
        ),
        (
            {"likelihood": [0.05, 0.1, float("nan")]},
            "likelihood.2: nan is not accepted; input should be a finite number",
        ),
        ({"notices": {"feed": "red"}}, "notices.feed: is not a known key; remove it or fix its spelling"),
        (
            {"tests": [{"likelihood": 6, "impact": 2, "expect": "blue"}]},
            "tests.0.likelihood: 6 is not accepted; input should be less than or equal to 1",
        ),
    ],
)
def test_a_fault_of_the_rules_is_told_in_these_words(changes, message):
    """The place, what is wrong, what to do."""
    assert told(**changes)[0] == f"alerts.yaml: {message}"


@pytest.mark.parametrize("key", ["likelihood", "impact", "tests"])
def test_nothing_that_is_needed_may_be_empty(key):
    """Also the worked examples: rules come with their tests."""
    assert told(**{key: []})[0].startswith(f"alerts.yaml: {key}: [] is not accepted; tuple should have at")


@pytest.mark.parametrize(("bounds", "key"), [([5, 10, 40], "likelihood"), ([30.0, 50.0, 70.0], "impact")])
def test_bounds_beyond_the_scale_are_refused(bounds, key):
    """Percent instead of shares would never grade anything, in silence."""
    assert told(**{key: bounds})[0].startswith(f"alerts.yaml: {key}.0: {bounds[0]} is not accepted; ")


def test_a_worked_example_that_does_not_hold_is_told():
    """With what comes out instead."""
    tests = [
        {"likelihood": 0.06, "impact": 2, "expect": "blue"},
        {"likelihood": 0.01, "impact": 2, "expect": "red"},
        {"likelihood": 0.5, "impact": 9, "expect": "none"},
    ]
    assert rules(tests=tests).failed_tests() == [
        "tests.1: likelihood 0.01, impact 2.0 gives none, not red",
        "tests.2: likelihood 0.5, impact 9.0 gives red, not none",
    ]


def test_the_rules_of_this_workspace_hold_their_own_examples():
    """And none of them gives orange or red to what is merely possible."""
    mine = read_document(ROOT / "configs" / "alerts.yaml", AlertRules, "alerts.yaml")
    assert mine.failed_tests() == []
    assert all(word not in ("orange", "red") for word in mine.matrix[0])


def test_words_name_levels():
    """`none` is no level."""
    assert level_of("orange") is Level.ORANGE
    assert level_of("none") is None
