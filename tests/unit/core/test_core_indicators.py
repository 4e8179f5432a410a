"""The second law in words: harm and help are watched, opinion never."""

from __future__ import annotations

from datetime import date

import pytest

from riskwatch.core.indicators import (
    HARMLESS_PHRASES,
    REFUSED_KINDS,
    Indicator,
    IndicatorRegistry,
    Signature,
    refused_kind,
)

REFUSED = [
    ("protest_calls", "protest"),
    ("Demonstrations downtown", "protest"),
    ("RIOT", "protest"),
    ("rallies and a rally", "protest"),
    ("unlawful assembly", "protest"),
    ("civil unrest", "protest"),
    ("抗议人数", "protest"),
    ("示威", "protest"),
    ("游行", "protest"),
    ("非法集会", "protest"),
    ("群体性事件", "protest"),
    ("维稳", "protest"),
    ("petitions", "petition"),
    ("上访人数", "petition"),
    ("信访件", "petition"),
    ("请愿", "petition"),
    ("strike", "strike"),
    ("bus-drivers-strike", "strike"),
    ("walkouts", "strike"),
    ("walk-out", "strike"),
    ("罢工", "strike"),
    ("hate speech", "speech"),
    ("public opinion", "speech"),
    ("rumors", "speech"),
    ("rumours", "speech"),
    ("dissent", "speech"),
    ("网络舆情", "speech"),
    ("言论", "speech"),
    ("谣言", "speech"),
    ("sentiment_score", "sentiment"),
    ("public mood", "sentiment"),
    ("emotions online", "sentiment"),
    ("群众情绪", "sentiment"),
    ("religious gatherings", "religion"),
    ("church attendance", "religion"),
    ("mosque", "religion"),
    ("temple", "religion"),
    ("worshippers", "religion"),
    ("宗教活动", "religion"),
    ("清真寺", "religion"),
    ("ethnicity", "ethnicity"),
    ("racial tension", "ethnicity"),
    ("minority", "ethnicity"),
    ("少数民族", "ethnicity"),
    ("种族", "ethnicity"),
    ("migrants", "migration"),
    ("immigration", "migration"),
    ("refugees", "migration"),
    ("流动人口", "migration"),
    ("外来人口", "migration"),
    ("难民", "migration"),
    ("ｐｒｏｔｅｓｔ", "protest"),
]

HARMLESS = [
    "lightning struck a roof",
    "lightning_strike",
    "Lightning Strikes",
    "bird-strike at the airport",
    "striking distance",
    "struck by a vehicle",
    "stroke",
    "structural collapse",
    "harmony",
    "emotional distress",
    "slurred speech",
    "mood disorder",
    "assembly line accident",
    "minor injury",
    "morally",
    "orally taken poison",
    "migraine",
    "template",
    "contemplate",
    "trauma",
    "remodelling",
    "nausea or vomiting",
    "electrical fire outside",
    "burst water main",
    "unpaid wages",
    "雷击",
    "情绪障碍",
    "一氧化碳",
    "人员被困",
    "心理危机",
]


@pytest.mark.parametrize(("text", "kind"), REFUSED)
def test_opinion_is_refused(text, kind):
    """Whatever the case, the ending, the separator or the language."""
    assert refused_kind(text) == kind


@pytest.mark.parametrize("text", HARMLESS)
def test_harm_passes(text):
    """A stem within a word, or in the usual name of a harm, does not count."""
    assert refused_kind(text) is None


def test_every_kind_is_tried_in_english_and_chinese():
    """No kind of the law goes without an example here."""
    for kind, stems in REFUSED_KINDS.items():
        tried = [text for text, k in REFUSED if k == kind]
        assert any(t.isascii() for t in tried), kind
        if any(not s.isascii() for s in stems):
            assert any(not t.isascii() and t[0] > "一" for t in tried), kind


@pytest.mark.parametrize("phrase", HARMLESS_PHRASES)
def test_a_harmless_phrase_does_not_hide_what_stands_beside_it(phrase):
    """Reading past a phrase keeps the rest of the sentence."""
    assert refused_kind(phrase) is None
    assert refused_kind(f"{phrase} during a protest") == "protest"


def indicator(name: dict[str, str]) -> Indicator:
    return Indicator("i", name, "public_health", "s", "harm", "medical", "desk", date(2100, 1, 1))


@pytest.mark.parametrize(
    ("name", "lang", "expected"),
    [
        ({"en": "fever", "zh": "发热"}, "zh", "发热"),
        ({"en": "fever"}, "zh", "fever"),
        ({}, "zh", "i"),
        ({"zh": ""}, "zh", "i"),
    ],
)
def test_names_fall_back_to_english_then_to_the_id(name, lang, expected):
    """Of indicators; signatures do the same."""
    assert indicator(name).name_in(lang) == expected
    assert Signature("i", name, "public_health", ("i",), "desk").name_in(lang) == expected


def test_registry_finds_by_id():
    """By the index of the file's order."""
    one = indicator({"en": "fever"})
    registry = IndicatorRegistry([one], [Signature("s", {}, "public_health", ("i",), "desk")])
    assert (len(registry), registry["i"], registry.signature("s").indicators) == (1, one, ("i",))
    with pytest.raises(KeyError):
        registry["x"]
