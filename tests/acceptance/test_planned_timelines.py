"""What was announced is no surprise, what goes beyond it is one, and the alert says so by name."""

from __future__ import annotations

from pathlib import Path

from riskwatch.core.alerts import Alert, State
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words
from riskwatch.testing import Timeline

START = "2025-02-05 00:00"
MARATHON = {
    "name": {"en": "the River marathon", "zh": "滨江马拉松"},
    "area": "COUNTY",
    "indicators": ["vomiting", "diarrhoea"],
    "start": "2025-02-06T08:00:00Z",
    "end": "2025-02-06T16:00:00Z",
    "announced_at": "2025-01-20T00:00:00Z",
    "factor": 20,
}


def runners(line: Timeline) -> Timeline:
    """About as many calls as twenty times the usual over the county."""
    for town in range(8):
        minute = 17 * town
        begin = f"2025-02-06 {8 + minute // 60:02}:{minute % 60:02}"
        line.at(begin).calls("vomiting", f"T{town}", n=4, over_min=420)
    return line


def said(line: Timeline, alert: Alert, lang: str) -> str:
    world = line.desk.settings.world
    return Words(world.tree, world.registry, Catalogue(lang), "UTC").what(alert)


def test_announced_event_is_no_surprise(
    line: Timeline, thirty_quiet_days: Timeline, tmp_path: Path
) -> None:
    """The runners' calls raise the county's alert, and none once the marathon was announced."""
    other = thirty_quiet_days.fork(tmp_path / "other")
    runners(line).expect(area="COUNTY", by="2025-02-06 16:30", since=START)
    told = runners(other.calendar(planned=[MARATHON]))
    told.expect_none(by="2025-02-06 16:30", since=START)


def test_what_goes_beyond_the_event_is_told_by_its_name(line: Timeline) -> None:
    """An outbreak in a small town during the marathon is orange within the hour, and names it."""
    runners(line.calendar(planned=[MARATHON]))
    line.at("2025-02-06 11:19").calls("vomiting", "SMALL", n=14, over_min=30)
    alert = line.expect(level="orange", area="SMALL", by="2025-02-06 12:30", since=START)
    assert alert.planned == ((("en", "the River marathon"), ("zh", "滨江马拉松")),)
    assert "beyond what the River marathon explains (about " in said(line, alert, "en")
    assert "超出滨江马拉松所能解释的范围（同期约" in said(line, alert, "zh")


def test_alert_elsewhere_does_not_speak_of_the_event(line: Timeline) -> None:
    """An indicator that the marathon is not about has nothing to do with it."""
    runners(line.calendar(planned=[MARATHON]))
    line.at("2025-02-06 11:19").calls("wires_down", "SMALL", n=8, over_min=30)
    alert = line.expect(area="SMALL", by="2025-02-06 12:30", since=START, signature="storm")
    assert alert.planned == ()
    assert "marathon" not in said(line, alert, "en")


def test_announced_maintenance_of_a_source_explains_its_silence(line: Timeline) -> None:
    """No notice while it lasts; an alert of others says what is missing; silent on, it is called."""
    work = {
        "name": {"en": "Server move"},
        "source": "fire",
        "start": "2025-02-06T00:00:00Z",
        "end": "2025-02-08T00:00:00Z",
    }
    line.calendar(maintenance=[work])
    line.at("2025-02-06 00:00").silent("fire", hours=132)
    line.at("2025-02-07 11:19").calls("vomiting", "SMALL", n=8, over_min=30)
    alert = line.expect(area="SMALL", by="2025-02-07 13:00", since=START)
    assert alert.feeds_missing == ("fire",)
    line.expect_none(kind="data_health", by="2025-02-08 00:00", since=START)
    notice = line.expect(kind="data_health", by="2025-02-11 06:00", since=START)
    assert notice.detail == "fire"
    line.expect_state(notice, State.RETURNED, by="2025-02-12 06:00")


def test_restart_within_an_event_tells_the_same(
    line: Timeline, thirty_quiet_days: Timeline, tmp_path: Path
) -> None:
    """Another life of the engine goes on over the same store."""
    other = thirty_quiet_days.fork(tmp_path / "other")
    for one in (line, other):
        runners(one.calendar(planned=[MARATHON | {"factor": "unknown"}]))
        one.at("2025-02-06 11:19").calls("vomiting", "SMALL", n=20, over_min=30)
        one.pass_until("2025-02-06 11:40")
        if one is other:
            one.restart()
    ends = "2025-02-07 12:00"
    assert other.alerts(by=ends, shown=False) == line.alerts(by=ends, shown=False)
    assert any(a.planned for a in line.alerts(by=ends))
