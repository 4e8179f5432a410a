"""Every extractor and every model of the workspace keeps its contract."""

from __future__ import annotations

from typing import Any

import pytest
from content import classes_of

from models import ON_DUTY
from riskwatch.testing import LeftOut, check_extractor, check_model
from riskwatch.testing.made import made_panels, made_world
from riskwatch.testing.model import follows_scikit_learn

EXTRACTORS = ("features.call_volume:CallVolume",)
MODELS = (
    "models.gauge_surprise:GaugeSurprise",
    "models.outbreak_odds:OutbreakOdds",
    "models.surge_boosting:SurgeBoosting",
    "models.surge_linear:SurgeLinear",
    "models.surprise_odds:SurpriseOdds",
    "models.verdict_memory:VerdictMemory",
)
NEEDS_CREDIT_CARD = (
    "check_learn_one",
    "check_pickling",
    "check_shuffle_features_no_impact",
    "check_emerging_features",
    "check_disappearing_features",
    "check_radically_disappearing_features",
    "check_predict_one_pure",
    "check_predict_one_before_any_learn",
    "check_no_state_aliasing_with_input",
    "check_clone_is_independent",
    "check_roc_auc",
    "check_bounded_memory_growth",
)
"""River's checks of anomaly detectors that run on its one data set, which it downloads."""
COMPARED = ("models.isolation:IsolationScore",)
"""Stand beside the candidates and never score: held to scikit-learn's checks alone."""
BASES = ("models.odds_classifier:OddsClassifier",)
"""What recipes inherit and none is by itself."""
_ARRAY_API = LeftOut("check_array_api_input", "SCIPY_ARRAY_API is not set: not checking array_api input")
LEFT_OUT: dict[str, tuple[LeftOut, ...]] = {
    "models.gauge_surprise:GaugeSurprise": tuple(
        LeftOut(check, "its data set CreditCard would be downloaded") for check in NEEDS_CREDIT_CARD
    ),
    "models.outbreak_odds:OutbreakOdds": (),
    "models.surge_boosting:SurgeBoosting": (_ARRAY_API,),
    "models.surge_linear:SurgeLinear": (_ARRAY_API,),
    "models.surprise_odds:SurpriseOdds": (_ARRAY_API,),
    "models.verdict_memory:VerdictMemory": (),
}
"""What a library's check suite does not run here, and why: a change of it is a change of this list."""


def test_every_class_of_features_is_an_extractor_under_check() -> None:
    """A class that joins `features/` joins this list, and is checked by it."""
    assert sorted(classes_of("features")) == sorted(EXTRACTORS)


def test_every_class_of_models_is_under_check() -> None:
    """A class that joins `models/` joins this list and is checked by it; a lighter one has its own test."""
    assert sorted(classes_of("models")) == sorted((*MODELS, *COMPARED, *BASES, *ON_DUTY.values()))


@pytest.mark.parametrize(("name", "cls"), classes_of("features").items())
def test_extractor_keeps_its_contract(name: str, cls: type[Any]) -> None:
    """Names, reading, panels, determinism, look-ahead, state and silence are as the contract says."""
    check_extractor(cls)


@pytest.mark.parametrize(("name", "cls"), classes_of("features").items())
def test_extractor_keeps_its_contract_at_other_sizes(name: str, cls: type[Any]) -> None:
    """The contract holds for a single area with one indicator, and with ticks of an hour."""
    alone = made_world(levels=1, signatures=1, indicators_each=1)
    check_extractor(cls, world=alone, panels=made_panels(alone, days=9, per_day=20.0))
    hourly = made_world(levels=2, children=3, signatures=3, indicators_each=1, tick_min=60)
    check_extractor(cls, world=hourly, panels=made_panels(hourly, days=16))


@pytest.mark.parametrize(("name", "cls"), [i for i in classes_of("models").items() if i[0] in MODELS])
def test_model_keeps_its_contract(name: str, cls: type[Any]) -> None:
    """The library's own checks and ours pass; what was left out is exactly what is listed."""
    assert check_model(cls) == LEFT_OUT[name]


@pytest.mark.slow
def test_what_models_are_compared_with_follows_scikit_learn() -> None:
    """An isolation forest draws rows at random, so a weight of two is not a row that comes twice."""
    cls = classes_of("models")[COMPARED[0]]
    drawn = {"check_sample_weight_equivalence_on_dense_data": "the forest draws rows at random"}
    left_out = follows_scikit_learn(cls, drawn)
    assert {left.check for left in left_out} == {"check_array_api_input", *drawn}
