"""The year of real calls, end to end; a regression test that the page in `benchmarks/` explains."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.montco911 import COUNTY, FILE, ZONE, found, happenings
from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.clock import SystemClock, from_us
from riskwatch.desk import Desk, Place
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words
from riskwatch.store.codec import dump_alert
from riskwatch.summary import ReplaySummary

ROOT = Path(__file__).resolve().parents[2]
DATA = os.environ.get("RISKWATCH_DATA")

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="RISKWATCH_DATA names no folder of real records"),
]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, ReplaySummary, list[Alert]]:
    """The store after the year was replayed into it, once for all tests."""
    home = tmp_path_factory.mktemp("year")
    desk = Desk.open(Place(ROOT, home), SystemClock(), sources=["montco911"])
    summary = desk.replay(folder() / FILE, "montco911")
    return desk, summary, desk.alerts.find(everything=True)


def folder() -> Path:
    return Path(DATA or "") / "montco911"


def shown(alerts: list[Alert]) -> list[Alert]:
    return [a for a in alerts if a.kind is AlertKind.RISK and a.shown]


def test_every_row_is_accounted_for(year):
    """Rows read are accepted, duplicate, late or quarantined, and there are as many as the file has."""
    account = year[1].account
    assert account["rows_read"] == 150_276
    assert account["rows_read"] == sum(account[n] for n in ("accepted", "duplicate", "late", "quarantined"))
    assert account["accepted"] > 149_000
    assert account["duplicate"] == 0


def test_each_confirmed_incident_has_an_orange_or_red_alert_in_its_place_and_dates(year):
    """Storms at the county, the norovirus outbreak in its college town."""
    for happening in happenings(folder()):
        if happening.kind == "incident":
            assert found(shown(year[2]), happening, Level.ORANGE), happening.text


def test_the_outbreak_is_orange_before_anyone_was_told(year):
    """By noon of 10 February; the health department heard of it that day, the laboratory on the 15th."""
    outbreak = next(h for h in happenings(folder()) if h.area == "COLLEGEVILLE")
    at, alert = found(shown(year[2]), outbreak, Level.ORANGE)[0]
    assert at <= datetime(2016, 2, 10, 12, tzinfo=ZONE)
    desk = year[0]
    words = Words(desk.settings.world.tree, desk.settings.world.registry, Catalogue("en"), ZONE.key)
    first = desk.alerts.changes(alert.id)[0].alert
    assert "nausea or vomiting calls since 02:19" in words.sentence(first)


def test_the_desk_is_called_rarely(year):
    """After a warm-up of 30 days, at most 0.6 alerts a day at orange or red and 3 of any level."""
    begin = datetime(2015, 12, 10, 17, tzinfo=ZONE) + timedelta(days=30)
    days = (datetime(2017, 1, 1, tzinfo=ZONE) - begin) / timedelta(days=1)
    counted = [a for a in shown(year[2]) if from_us(a.opened_at_us) >= begin]
    assert len(counted) / days <= 3
    assert sum(a.peak_level <= Level.ORANGE for a in counted) / days <= 0.6
    assert counted


def test_each_gap_of_the_feed_is_a_matter_of_data_and_not_a_risk(year):
    """A data-health alert in the gap or at its end, and no risk alert in it."""
    for gap in (h for h in happenings(folder()) if h.kind == "feed_gap"):
        end = gap.end + timedelta(hours=1)
        inside = [a for a in year[2] if gap.start <= from_us(a.opened_at_us) <= end]
        assert any(a.kind is AlertKind.DATA_HEALTH and a.area == COUNTY for a in inside), gap.start
        assert not shown(inside), gap.start


@pytest.mark.parametrize(
    "hour", [datetime(2016, 3, 13, 2, tzinfo=ZONE), datetime(2016, 11, 6, 1, tzinfo=ZONE)]
)
def test_the_hours_of_daylight_saving_raise_nothing(year, hour):
    """Neither the hour that never is nor the one that comes twice."""
    end = hour + timedelta(hours=2)
    opened = [a for a in year[2] if hour <= from_us(a.opened_at_us) < end and a.shown]
    assert not opened


def test_codes_seen_for_the_first_time_are_notices_and_no_risks(year):
    """They appear all through 2016; each is told once, at no level that calls anyone."""
    notices = [a for a in year[2] if a.kind is AlertKind.SCHEMA]
    assert len(notices) > 10
    assert len({a.detail for a in notices}) == len(notices)
    assert all(a.level is Level.BLUE for a in notices)


def test_a_second_replay_reports_duplicates_and_changes_nothing(year):
    """Every row is known by its place in the stream."""
    desk, _, before = year
    again = desk.replay(folder() / FILE, "montco911")
    assert again.account["duplicate"] == again.account["rows_read"] == 150_276
    assert again.ticks == 0
    after = desk.alerts.find(everything=True)
    assert [dump_alert(a) for a in after] == [dump_alert(a) for a in before]
