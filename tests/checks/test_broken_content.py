"""The checks catch what they are for: each broken class, by the name of its rule."""

from __future__ import annotations

from typing import Any

import broken_detectors
import broken_extractors
import broken_models
import pytest
from river import anomaly

from riskwatch.testing import check_extractor, check_model
from riskwatch.testing.detector import DETECTOR_RULES
from riskwatch.testing.extractor import RULES
from riskwatch.testing.model import follows_river


def test_sound_extractor_passes() -> None:
    """The extractor that the broken ones are made of has no fault."""
    check_extractor(broken_extractors.Sound)


@pytest.mark.parametrize(("cls", "rule"), broken_extractors.BROKEN.items())
def test_broken_extractor_is_caught_by_name(cls: type[Any], rule: str) -> None:
    """An extractor that breaks a rule fails with that rule's name first."""
    broken_extractors.CentredWindow.table.clear()
    with pytest.raises(AssertionError, match=f"^{rule}: "):
        check_extractor(cls)


def test_every_rule_of_extractors_is_known_to_catch_something() -> None:
    """No rule stands without a class that breaks it; silence is held to the rules of reading and state."""
    caught = set(broken_extractors.BROKEN.values()) | {"silence_is_fine"}
    assert {rule.__name__ for rule in RULES} == caught


@pytest.mark.parametrize(("cls", "rule"), broken_models.BROKEN.items())
def test_broken_model_is_caught_by_name(cls: type[Any], rule: str) -> None:
    """A model that breaks a rule fails with that rule's name first."""
    with pytest.raises(AssertionError, match=f"^{rule}: "):
        check_model(cls)


@pytest.mark.parametrize(("cls", "rule"), broken_detectors.BROKEN.items())
def test_broken_detector_is_caught_by_name(cls: type[Any], rule: str) -> None:
    """A detector that breaks a rule fails with that rule's name first."""
    with pytest.raises(AssertionError, match=f"^{rule}: "):
        check_model(cls)


def test_every_rule_of_detectors_is_known_to_catch_something() -> None:
    """No rule stands without a class that breaks it."""
    assert {rule.__name__ for rule in DETECTOR_RULES} == set(broken_detectors.BROKEN.values())


def test_river_check_that_needs_the_network_is_left_out_with_the_reason() -> None:
    """A check whose data set is not in the package is named, not run and not forgotten."""
    left_out = follows_river(anomaly.HalfSpaceTrees)
    assert {left.reason for left in left_out} == {"its data set CreditCard would be downloaded"}
    assert "check_roc_auc" in {left.check for left in left_out}


def test_expected_failure_that_passes_is_told() -> None:
    """A reason for a failure that no longer happens is itself a fault."""
    from models.surprise_odds import SurpriseOdds

    with pytest.raises(AssertionError, match="expected to fail, but did not: check_no_such_thing"):
        check_model(SurpriseOdds, expected_failed_checks={"check_no_such_thing": "made up"})
