"""The public JSON of an alert: its keys, its instants, and what is translated in it."""

from __future__ import annotations

import json
from dataclasses import replace

from deliver_town import alert, words

from riskwatch.deliver.document import alert_document

KEYS = """
    id kind area area_name signature level level_word peak_level level_history shown opened_at updated_at
    closed_at state likelihood impact contributions sentence model_versions config_hash inhibited_by
    around     feeds_missing owner verdict actor note detail rising evidence_at judged chart revision
    holder handler reported_at incident by_hand mode drill duty overdue quiet shelved suppressed flapping
    expired_at release released
""".split()  # noqa: SIM905 - fifty names in quotes are harder to read


def test_the_keys_are_exactly_these_in_this_order() -> None:
    """What the issue promises comes first, what came later follows."""
    assert list(alert_document(alert(), words())) == KEYS


def test_the_values_are_plain_json_with_instants_in_utc() -> None:
    """An alert survives json.dumps as it is, without objects of ours in it."""
    document = alert_document(alert(), words())
    assert json.loads(json.dumps(document)) == document
    assert document["level_history"] == [
        {"at": "2016-02-10T15:45:00Z", "level": 1},
        {"at": "2016-02-10T16:45:00Z", "level": 2},
    ]
    assert document["closed_at"] is None
    assert document["contributions"] == [
        {
            "indicator": "fever",
            "name": "fever calls",
            "window_h": 6.0,
            "observed": 4,
            "expected": 0.25,
            "p": 1e-5,
            "share": 1.0,
            "log_odds": 3.5,
            "since": "2016-02-10T14:45:00Z",
            "usual_per_day": 1.0,
        }
    ]
    assert document["chart"] == {
        "end": "2016-02-10T15:45:00Z",
        "step_s": 3600,
        "observed": [0, 1, 5],
        "expected": [2.0, 2.0, 2.0],
    }
    assert document["model_versions"] == {"bundle": "0.1", "surprise_odds": "0.1"}


def test_names_and_sentence_are_translated_codes_are_not() -> None:
    """A program reads the same codes in every language."""
    en, zh = (alert_document(alert(), words(lang)) for lang in ("en", "zh"))
    changed = {key for key in KEYS if en[key] != zh[key]}
    assert changed == {"area_name", "contributions", "sentence"}
    assert zh["level_word"] == "orange"
    assert zh["sentence"].startswith("山镇，橙色：")


def test_what_is_not_known_is_null() -> None:
    """No chart, no window, no verdict: null, never an empty guess."""
    made = alert()
    bare = replace(made, chart=None, contributions=(replace(made.contributions[0], since_us=None),))
    document = alert_document(bare, words())
    assert document["chart"] is None
    assert document["contributions"][0]["since"] is None
    assert document["verdict"] is None


def test_the_sentence_tells_the_record() -> None:
    """How often such alerts were right goes into the sentence."""
    document = alert_document(replace(alert(), judged=(3, 5)), words())
    assert "Of 5 such alerts judged, 3 were right." in document["sentence"]
