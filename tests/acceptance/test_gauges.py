"""Gauges through the whole desk: a flood found on a river gauge and calls together, and feeds that fail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from river_town import START, Desk, run

from riskwatch.core.alerts import Alert, Level
from riskwatch.core.clock import from_us, to_us
from riskwatch.core.readings import Reading, ReadingChart
from riskwatch.deliver.document import alert_document
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words

EVENT_H = 27 * 24 + 6
CALLS = [
    (EVENT_H + 7.0, "T1", "flooding"),
    (EVENT_H + 8.0, "T1", "flooding"),
    (EVENT_H + 8.6, "T1", "flooding"),
]
LEARNING = to_us(START + timedelta(days=14))


def rising(town: str, hours: float, level: float) -> float:
    """A river that rises by 5 cm an hour in one town, to 90 cm over its usual."""
    return round(level + min(max(hours - EVENT_H, 0) * 0.05, 0.9), 3) if town == "T1" else level


def alerts(desk: Desk, kind: str = "risk", area: str | None = None) -> list[Alert]:
    found = desk.alerts.find(everything=True, kind=kind)
    return [a for a in found if area in (None, a.area)]


def hours_after(alert: Alert) -> float:
    return (from_us(alert.opened_at_us) - START).total_seconds() / 3600 - EVENT_H


@pytest.fixture(scope="module")
def flooded(tmp_path_factory) -> dict[str, Desk]:
    """The same month three times: the river rises, calls come, and both."""
    root = tmp_path_factory.mktemp("valley")
    return {
        "river": run(root / "river", rising),
        "calls": run(root / "calls", more=CALLS),
        "both": run(root / "both", rising, CALLS),
    }


def test_river_and_calls_add_up_to_one_alert_earlier_than_either(flooded):
    """One signature in one place: neither three calls nor the river says so as early as both together."""
    river, both = (
        [a for a in alerts(flooded[name], area="T1") if a.signature == "flood"]
        for name in ("river", "both")
    )
    assert len(river) == len(both) == 1
    assert [a for a in alerts(flooded["calls"], area="T1") if hours_after(a) >= 0] == []
    assert 0 < hours_after(both[0]) < hours_after(river[0]) < 14
    opened = flooded["both"].alerts.changes(both[0].id)[0].alert
    assert {c.indicator for c in opened.contributions} == {"river_level", "flooding"}
    assert sum(c.share for c in opened.contributions) == pytest.approx(1.0)
    assert both[0].peak_level <= Level.ORANGE


def test_the_alert_says_its_level_with_its_unit_in_both_languages(flooded):
    """What it shows, since when it is unusual, and what is usual at this hour."""
    desk = flooded["both"]
    (alert,) = alerts(desk, area="T1")
    world = desk.settings.world
    told = {lang: Words(world.tree, world.registry, Catalogue(lang), "UTC") for lang in ("en", "zh")}
    reading = next(c for c in alert.contributions if isinstance(c, Reading))
    assert reading.value > reading.usual + 0.5
    assert (
        told["en"]
        .what(alert)
        .startswith(f"river level {reading.value:.2f}".rstrip("0") + " m, unusually high since")
    )
    assert "m is usual at this hour" in told["en"].what(alert)
    assert "河道水位" in told["zh"].what(alert)
    assert "米，异常偏高，此时段通常为" in told["zh"].what(alert)


def test_the_document_and_the_chart_hold_readings_not_counts(flooded):
    """Values beside the counts' keys, and two days of them, an hour a step."""
    desk = flooded["river"]
    (alert,) = alerts(desk, area="T1")
    world = desk.settings.world
    made = alert_document(alert, Words(world.tree, world.registry, Catalogue("zh"), "UTC"))
    (contribution,) = made["contributions"]
    assert contribution["unit"] == "米"
    assert contribution["value"] > contribution["usual"]
    assert isinstance(alert.chart, ReadingChart)
    assert made["chart"]["indicator"] == "river_level"
    assert len(made["chart"]["observed"]) == 48
    assert max(made["chart"]["observed"]) > max(made["chart"]["expected"]) + 0.5


def test_nothing_else_is_orange(flooded):
    """Four rivers and two kinds of calls over half a month of calm: no alert above yellow."""
    for desk in flooded.values():
        others = [a for a in alerts(desk) if a.area != "T1" or hours_after(a) < 0]
        assert [a for a in others if a.opened_at_us >= LEARNING and a.peak_level <= Level.ORANGE] == []


def test_a_stuck_gauge_is_told_and_is_no_risk(tmp_path):
    """The same value for six hours, where it used to vary: about the gauge, in its own area."""
    begins = 20 * 24

    def stuck(town: str, hours: float, level: float) -> float:
        return 3.31 if town == "T2" and begins <= hours < begins + 48 else level

    desk = run(tmp_path, stuck)
    (told,) = alerts(desk, "data_health")
    assert (told.area, told.signature, told.detail) == ("T2", "stuck", "river_level@T2")
    assert from_us(told.since_us or 0) == START + timedelta(hours=begins)
    assert from_us(told.opened_at_us) <= START + timedelta(hours=begins + 7)
    assert told.closed_at_us
    assert from_us(told.closed_at_us) <= START + timedelta(hours=begins + 49)
    world = desk.settings.world
    words = Words(world.tree, world.registry, Catalogue("en"), "UTC")
    assert "the gauge river level in Place T2 showed the same value from" in words.what(told)
    assert alerts(desk, area="T2") == []


def test_a_gap_is_told_and_is_never_a_risk(tmp_path):
    """Three days without a reading of one river: blind, not calm, and no news when it is back."""
    begins = 20 * 24

    def gap(town: str, hours: float, level: float) -> float | None:
        return None if town == "T3" and begins <= hours < begins + 72 else level

    desk = run(tmp_path, gap)
    (told,) = alerts(desk, "data_health")
    assert (told.area, told.signature, told.detail) == ("T3", "feed", "river_level@T3")
    assert from_us(told.opened_at_us) <= START + timedelta(hours=begins + 3)
    assert told.closed_at_us
    assert alerts(desk, area="T3") == []


def test_all_gauges_silent_are_one_notice_and_no_risk_of_theirs(tmp_path):
    """The calls go on: one notice for the indicator, not one for each river."""
    begins = 20 * 24

    def gap(town: str, hours: float, level: float) -> float | None:
        return None if begins <= hours < begins + 72 else level

    desk = run(tmp_path, gap)
    told = [a for a in alerts(desk, "data_health") if a.detail != "valley"]
    assert [(a.area, a.detail) for a in told] == [("VALLEY", "river_level")]
    risks = [a for a in alerts(desk) if a.opened_at_us >= LEARNING]
    assert not any(isinstance(c, Reading) and c.share > 0.5 for a in risks for c in a.contributions)


def test_an_alert_of_gauges_alone_stands_while_they_are_silent(tmp_path):
    """The station is washed away at the top of the flood: nobody may read its silence as the end."""
    lost = EVENT_H + 16

    def torn(town: str, hours: float, level: float) -> float | None:
        risen = level + (min(max(hours - EVENT_H, 0) * 0.3, 3.0) if town == "T1" else 0.0)
        return None if town == "T1" and hours >= lost else round(risen, 3)

    desk = run(tmp_path, torn, calls_of="heart")
    (alert,) = [a for a in alerts(desk, area="T1") if a.signature == "flood"]
    assert alert.closed_at_us is None
    (told,) = alerts(desk, "data_health")
    assert (told.area, told.detail, told.closed_at_us) == ("T1", "river_level@T1", None)
    standing = desk.alerts.standing()
    assert standing
    assert set(standing.feeds["down_since_us"]) == {"river_level@T1"}
