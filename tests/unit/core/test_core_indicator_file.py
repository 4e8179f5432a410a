"""The indicators' file: the second law and every other fault, in one go."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from riskwatch.core.errors import ConfigError
from riskwatch.core.indicator_file import load_indicators
from riskwatch.core.indicators import DOMAINS, RESPONSES

TODAY = date(2026, 6, 1)
RIVER = {"unit": "m", "lowest": 0, "highest": 12}


def document(**changes: Any) -> dict[str, Any]:
    fire = {
        "name": {"en": "building fire", "zh": "建筑火灾"},
        "domain": "accident_and_safety",
        "signature": "fire",
        "harm": {"en": "people hurt by fire"},
        "response": "rescue",
        "owner": "Fire desk",
        "expires": date(2026, 6, 1),
    }
    signature = {"name": {"en": "fires"}, "domain": "accident_and_safety", "owner": "Fire desk"}
    indicator = {k: v for k, v in (fire | changes).items() if v is not None}
    return {"signatures": {"fire": signature}, "indicators": {"building_fire": indicator}}


def load(tmp_path: Path, raw: dict[str, Any]):
    path = tmp_path / "i.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return load_indicators(path, "i.yaml", TODAY)


def told(tmp_path: Path, raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, raw)
    return str(error.value).splitlines()


def test_a_good_file_loads_on_its_last_day(tmp_path):
    """Defaults: half gravity, a count, no floor; the expiry day itself still counts."""
    registry = load(tmp_path, document())
    fire = registry["building_fire"]
    assert (fire.gravity, fire.measure, fire.population_floor) == (0.5, "count", 0)
    assert fire.harm == "people hurt by fire"
    assert registry.signature("fire").indicators == ("building_fire",)


def test_an_owner_is_named_in_each_language(tmp_path):
    """A plain name is the English one, and stands where a language has none."""
    raw = document(owner={"en": "Fire desk", "zh": "消防值班室"})
    raw["signatures"]["fire"]["owner"] = {"en": "Fire desk", "zh": "消防值班室"}
    fire = load(tmp_path, raw).signature("fire")
    assert (fire.owner, fire.owner_in("zh"), fire.owner_in("en")) == (
        "Fire desk",
        "消防值班室",
        "Fire desk",
    )
    plain = load(tmp_path, document()).signature("fire")
    assert (plain.owner, plain.owner_in("zh")) == ("Fire desk", "Fire desk")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"response": "enforcement"},
            f"response 'enforcement' is not a helping response; use one of {', '.join(RESPONSES)}",
        ),
        ({"domain": "crime"}, f"domain 'crime' is unknown; use one of {', '.join(DOMAINS)}"),
        ({"measure": "rate"}, "measure 'rate' is unknown; use count or gauge"),
        (
            {"measure": "gauge"},
            "measure 'gauge' says neither unit nor range; add gauge: {unit: m, lowest: 0, highest: 12}, "
            "its unit and the range it can show",
        ),
        ({"gauge": RIVER}, "has a gauge and is counted; add measure: gauge, or leave gauge: out"),
        (
            {"measure": "gauge", "gauge": RIVER, "population_floor": 100},
            "a gauge has a population floor; leave population_floor out: a reading is of a place, "
            "and readings of several do not add up",
        ),
        ({"expires": date(2026, 5, 31)}, "expired on 2026-05-31; let its owner renew or remove it"),
        (
            {"name": {"en": "fires", "zh": "集会火灾"}},
            "is of the refused kind 'protest'; riskwatch watches harm and help, never opinion: remove it",
        ),
        (
            {"harm": {"en": "fires lit by strikers"}},
            "is of the refused kind 'strike'; riskwatch watches harm and help, never opinion: remove it",
        ),
    ],
)
def test_a_fault_of_an_indicator_is_told_in_these_words(tmp_path, changes, message):
    """What is wrong and what to do."""
    assert told(tmp_path, document(**changes)) == [f"i.yaml: indicator 'building_fire': {message}"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"owner": ""},
            "owner: '' is no owner; give a name, or names by language such as "
            "{en: Road desk, zh: 道路值班室}",
        ),
        ({"owner": None}, "owner: is missing; add it"),
        (
            {"harm": {}},
            "harm: {} is not accepted; dictionary should have at least 1 item after validation, not 0",
        ),
        ({"gravity": 0}, "gravity: 0 is not accepted; input should be greater than 0"),
        ({"gravity": 1.01}, "gravity: 1.01 is not accepted; input should be less than or equal to 1"),
        (
            {"population_floor": -1},
            "population_floor: -1 is not accepted; input should be greater than or equal to 0",
        ),
        ({"groups": ["rural"]}, "groups: is not a known key; remove it or fix its spelling"),
        ({"expires": None}, "expires: is missing; add it"),
    ],
)
def test_a_fault_of_the_form_names_its_key(tmp_path, changes, message):
    """Group labels are no input of an indicator: the key is not known."""
    found = told(tmp_path, document(**changes))
    assert len(found) == 1
    assert found[0].startswith("i.yaml: indicators.building_fire.")
    assert found[0].removeprefix("i.yaml: indicators.building_fire.").lower() == message.lower()


def test_all_faults_come_at_once(tmp_path):
    """Of every indicator and every signature, in the order of the file."""
    raw = document(signature="flood", response="arrest", domain="x", expires=date(2020, 1, 1))
    raw["signatures"]["petition"] = {"name": {"en": "petitions"}, "domain": "y", "owner": "desk"}
    one, two = "i.yaml: indicator 'building_fire': ", "i.yaml: signature 'petition': "
    assert told(tmp_path, raw) == [
        one + f"response 'arrest' is not a helping response; use one of {', '.join(RESPONSES)}",
        one + f"domain 'x' is unknown; use one of {', '.join(DOMAINS)}",
        one + "signature 'flood' is not listed; add it under signatures:",
        one + "expired on 2020-01-01; let its owner renew or remove it",
        "i.yaml: signature 'fire': has no indicator; give it one or remove it",
        two + "is of the refused kind 'petition'; remove it",
        two + f"domain 'y' is unknown; use one of {', '.join(DOMAINS)}",
        two + "has no indicator; give it one or remove it",
    ]


@pytest.mark.parametrize("part", ["signatures", "indicators"])
def test_an_empty_file_is_refused(tmp_path, part):
    """There is something to watch, under some signature."""
    found = told(tmp_path, document() | {part: {}})
    assert found[0].startswith(f"i.yaml: {part}: {{}} is not accepted; ")


@pytest.mark.parametrize("key", ["protest_calls", "群体性事件"])
def test_the_id_itself_is_held_against_the_law(tmp_path, key):
    """A harmless name does not help a refused id."""
    raw = document()
    raw["indicators"] = {key: raw["indicators"]["building_fire"]}
    assert "is of the refused kind 'protest'" in told(tmp_path, raw)[0]
