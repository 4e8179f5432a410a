"""Alerts: levels, and ids that follow from content alone."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.alerts import AlertKind, Level, LevelChange, alert_id
from riskwatch.core.errors import ConfigError, Fault, MissingExtra

WORDS = st.text(st.characters(exclude_characters="\x1f", codec="utf-8"), max_size=12)


def test_id_of_an_alert_never_changes():
    """The same content has had this id since the first version: replays depend on it."""
    given_ = {"area": "COLLEGEVILLE", "signature": "gastro", "opened_at_us": 0}
    assert alert_id(kind=AlertKind.RISK, **given_) == "rw-7bb19d9c8a73"
    assert alert_id(kind=AlertKind.DATA_HEALTH, **given_) != "rw-7bb19d9c8a73"
    assert alert_id(kind=AlertKind.RISK, detail="x", **given_) != "rw-7bb19d9c8a73"


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, st.integers(-(10**15), 10**15), WORDS), min_size=2, max_size=2))
def test_different_content_has_different_ids(two):
    """No part runs into the next."""
    one, other = (
        alert_id(kind=AlertKind.RISK, area=a, signature=s, opened_at_us=t, detail=d) for a, s, t, d in two
    )
    assert (one == other) == (two[0] == two[1])
    assert len(one) == 15


def test_the_gravest_level_is_the_smallest():
    """Level I is red, level IV is blue."""
    assert [level.word for level in sorted(Level)] == ["red", "orange", "yellow", "blue"]
    assert [int(level) for level in sorted(Level)] == [1, 2, 3, 4]


def test_values_between_stages_are_frozen():
    """Nobody changes a level of the past."""
    with pytest.raises(FrozenInstanceError):
        LevelChange(0, Level.RED).at_us = 1  # type: ignore[misc] # that it is refused is the point


def test_errors_list_their_faults_a_line_each():
    """A fault without a place starts with its file."""
    faults = [Fault("a.yaml", "", "is bad", "fix it"), Fault("b.yaml", "x", "is bad", "fix it")]
    assert str(ConfigError(faults)) == "a.yaml: is bad; fix it\nb.yaml: x: is bad; fix it"
    assert "pip install 'riskwatch[kafka]'" in str(MissingExtra("kafka sources", "kafka"))
