"""Differentiated rules: kinds of places with bounds of their own, each with its reason and its tests."""

from __future__ import annotations

import pytest
from made_alerts import BASE, TREE, rules

from riskwatch.alert.kinds import RulesByPlace, kind_faults
from riskwatch.core.alerts import Level
from riskwatch.core.errors import ConfigError
from riskwatch.core.indicators import IndicatorRegistry

WHY = "Flash floods in gorges leave half the time of a plain (county water office, 2021)"
MOUNTAIN = {
    "under": ["TOWN"],
    "justification": WHY,
    "likelihood": [0.02, 0.05, 0.2],
    "clear": {"factor": 0.5, "dwell_h": 12},
    "tests": [{"likelihood": 0.03, "impact": 2, "expect": "blue"}],
}


def told(kind: dict) -> str:
    with pytest.raises(ConfigError) as error:
        rules(kinds={"mountain": kind})
    return str(error.value).splitlines()[0]


def test_a_place_is_graded_by_the_first_kind_that_fits():
    """A mountain town and its village by theirs, everybody else as ever; what is not named is common."""
    villages = {"levels": ["village"], "justification": WHY, "min_calls": 1, "tests": BASE["tests"]}
    leaks = {"signatures": ["leak"], "justification": WHY, "min_calls": 2, "tests": BASE["tests"]}
    places = RulesByPlace(rules(kinds={"mountain": MOUNTAIN, "village": villages, "leak": leaks}), TREE)
    for area in ("TOWN", "VILLAGE"):
        mine = places.of(area, "storm")
        assert mine.grade(0.03, 2) is Level.BLUE
        assert (mine.clear.dwell_h, mine.min_calls, mine.impact) == (12, 3, (3.0, 5.0, 7.0))
    other = places.of("OTHER", "storm")
    assert (other.grade(0.03, 2), other.clear.dwell_h) == (None, 6)
    assert places.of("OTHER", "leak").min_calls == 2
    assert places.of("COUNTY", "storm") is other
    assert places.floor == 0.02


def test_a_kind_without_a_justification_is_refused():
    """Missing, empty or a mere word: all are faults."""
    without = {k: v for k, v in MOUNTAIN.items() if k != "justification"}
    assert told(without) == "alerts.yaml: kinds.mountain.justification: is missing; add it"
    for word in ("", "steep"):
        assert f"justification '{word}' explains nothing" in told(MOUNTAIN | {"justification": word})


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"under": []}, "it is for nobody; name areas (under), levels or signatures"),
        ({"likelihood": [0.2, 0.1, 0.3]}, "do not ascend; list each once, lowest first"),
        ({"likelihood": [0.2]}, "matrix is not 1 rows of 4 levels"),
        ({"tests": []}, "tests"),
        ({"groups": ["poor"]}, "is not a known key; remove it or fix its spelling"),
        ({"likelihood": None, "clear": None}, "overrides nothing; say what differs, or remove it"),
    ],
)
def test_a_faulty_kind_is_told(changes, what):
    """Labels of audits among them: no group decides a level."""
    assert what in told(MOUNTAIN | changes)


def test_the_tests_of_a_kind_are_run():
    """Against its own bounds, and named by their place."""
    bad = MOUNTAIN | {"tests": [{"likelihood": 0.03, "impact": 2, "expect": "red"}]}
    assert rules(kinds={"mountain": bad}).failed_tests() == [
        "kinds.mountain.tests.0: likelihood 0.03, impact 2.0 gives blue, not red"
    ]
    assert rules(kinds={"mountain": MOUNTAIN}).failed_tests() == []


def test_what_a_kind_names_must_exist():
    """Area, administrative level and signature."""
    kind = MOUNTAIN | {"under": ["ALP"], "levels": ["canton"], "signatures": ["avalanche"]}
    faults = kind_faults(TREE, IndicatorRegistry([], []), rules(kinds={"m": kind}))
    assert [f.where for f in faults] == ["kinds.m.under", "kinds.m.levels", "kinds.m.signatures"]
    assert str(faults[0]).startswith("alerts.yaml: kinds.m.under: 'ALP' is unknown; use one of COUNTY, ")
