"""What a gauge says in words: value, unit, which way it is unusual, and what it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from messages_town import alert as made_alert
from messages_town import contribution, words

from riskwatch.core.alerts import AlertKind, State
from riskwatch.core.gauges import Gauge
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.readings import Reading
from riskwatch.messages.readings import cells_of, number
from riskwatch.messages.sentence import Words
from riskwatch.store.codec import dump_alert, load_alert


def gauged(lang: str, **more: object) -> Words:
    """The town, its first indicator measured in metres."""
    plain = words(lang)
    gauge = Gauge.model_validate({"unit": {"en": "m", "zh": "米"}, "lowest": -2, "highest": 15, **more})
    first, *rest = plain.registry.indicators
    registry = IndicatorRegistry([replace(first, gauge=gauge), *rest], plain.registry.signatures)
    return Words(plain.tree, registry, plain.catalogue, plain.local.timezone)


def reading(told: Words) -> Reading:
    return Reading(told.registry.ids[0], 3.0, 9, 0.0, 1e-4, 1.0, 2.0, value=4.2, usual=3.1)


@pytest.mark.parametrize(
    ("bad", "lang", "text"),
    [
        ("high", "en", " 4.2 m, unusually high within 3 hours, 3.1 m is usual at this hour"),
        ("low", "en", " 4.2 m, unusually low within 3 hours, 3.1 m is usual at this hour"),
        ("either", "en", " 4.2 m, unusual within 3 hours, 3.1 m is usual at this hour"),
        ("high", "zh", "4.2米，异常偏高，此时段通常为3.1米"),
        ("low", "zh", "4.2米，异常偏低，此时段通常为3.1米"),
    ],
)
def test_the_sentence_names_value_unit_and_direction(bad, lang, text):
    """A person reads what the river is, not how many readings came."""
    told = gauged(lang, bad=bad)
    assert text in told.what(replace(made_alert(), contributions=(reading(told),)))


def test_a_reading_is_named_beside_calls():
    """As one of several that carry an alert."""
    told = gauged("en")
    alert, leading = made_alert(), contribution(share=0.6)
    both = (leading, replace(reading(told), share=0.4))
    assert " 4.2 m" in told.what(replace(alert, contributions=both))


def test_a_table_shows_values_and_not_how_many_readings():
    """Observed and usual with their unit; counts as ever."""
    told = gauged("en")
    assert cells_of(reading(told), told) == ("4.2 m", "3.1 m")
    assert cells_of(contribution(), told) == ("4", "0.02")


def test_a_stuck_gauge_and_a_silent_one_are_named_with_their_place():
    """By the names of the files; what is no gauge keeps its code."""
    told = gauged("en")
    feed = f"{told.registry.ids[0]}@{told.tree.codes[0]}"
    alert = replace(made_alert(), kind=AlertKind.DATA_HEALTH, signature="stuck", detail=feed, since_us=0)
    name = f"{told.indicator(told.registry.ids[0])} in {told.area(told.tree.codes[0])}"
    assert f"the gauge {name} has shown the same value since" in told.what(alert)
    ended = replace(alert, state=State.RETURNED, closed_at_us=alert.updated_at_us)
    assert "it moves again" in told.what(ended)
    assert name in told.what(replace(alert, signature="feed"))
    assert told.feed("desk@town") == "desk@town"


def test_a_reading_is_stored_and_read_back_and_a_count_is_stored_as_before():
    """The codec tells them apart by what they hold."""
    told = gauged("en")
    alert = replace(made_alert(), contributions=(reading(told), contribution()))
    assert load_alert(dump_alert(alert)) == alert
    assert '"value"' not in dump_alert(made_alert())


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.004, "0"), (12.34, "12.3"), (12.0, "12"), (1013.25, "1,013")]
)
def test_a_number_has_as_many_digits_as_a_gauge_is_read(value, text):
    """Two behind the point below ten."""
    assert number(value) == text
