"""What the desk sees, and by when: the engine from the file to the alert, on a fake clock."""

from __future__ import annotations

from riskwatch.core.alerts import AlertKind, Level, State
from riskwatch.testing import Timeline

START = "2025-02-05 00:00"


def test_quiet_county_raises_nothing(thirty_quiet_days: Timeline) -> None:
    """Thirty quiet days and nothing else bring no orange alert and no notice."""
    every = thirty_quiet_days.desk.alerts.find(everything=True, shown_only=True)
    assert [a for a in every if a.peak_level <= Level.ORANGE or a.kind is not AlertKind.RISK] == []


def test_burst_in_a_small_town_is_orange_within_the_hour(line: Timeline) -> None:
    """Six calls of one illness within half an hour in a small town are orange there within the hour."""
    line.at("2025-02-06 02:19").calls("vomiting", "SMALL", n=6, over_min=30)
    alert = line.expect(level="orange", area="SMALL", by="2025-02-06 03:30", since=START)
    assert alert.signature == "gastro"
    assert alert.contributions[0].indicator == "vomiting"
    assert alert.contributions[0].observed >= 4
    line.expect_none(area="T1", by="2025-02-06 03:30", since=START)


def test_county_storm_opens_one_alert_and_inhibits_its_towns(line: Timeline) -> None:
    """A storm over every town is one orange alert of the county; its towns stay behind it."""
    for n in range(8):
        line.at("2025-02-06 14:05").calls("wires_down", f"T{n}", n=2, over_min=25)
        line.at("2025-02-06 14:10").calls("tree_down", f"T{n}", n=2, over_min=40)
    county = line.expect(level="orange", area="COUNTY", by="2025-02-06 15:30", since=START)
    assert county.signature == "storm"
    shown = line.alerts(by="2025-02-06 15:30", since=START, kind="risk")
    assert [a.area for a in shown] == ["COUNTY"]
    behind = line.alerts(by="2025-02-06 15:30", since=START, kind="risk", shown=False)
    towns = [a for a in behind if a.area != "COUNTY"]
    assert {a.inhibited_by for a in towns} <= {"COUNTY"}


def test_feed_gap_is_a_notice_and_no_risk(line: Timeline) -> None:
    """A source silent for three days raises a data-health alert, ended when it speaks, and no risk."""
    line.at("2025-02-06 00:00").silent("fire", hours=72)
    notice = line.expect(kind="data_health", by="2025-02-08 18:00", since=START)
    assert notice.detail == "fire"
    line.expect_none(by="2025-02-09 12:00", since=START)
    line.expect_state(notice, State.RETURNED, by="2025-02-09 12:00")


def test_new_code_is_a_notice_and_no_risk(line: Timeline) -> None:
    """A code that was never seen before raises a schema notice, however often it comes, and no risk."""
    line.at("2025-02-06 09:00").calls("drone_crash", "SMALL", n=30, over_min=60)
    notice = line.expect(kind="schema", by="2025-02-06 12:00", since=START)
    assert notice.detail == "drone_crash"
    line.expect_none(by="2025-02-06 12:00", since=START)
    assert line.desk.alerts.accounts()["line"]["quarantined"] == 30


def test_acknowledged_alert_that_rises_is_open_again(line: Timeline) -> None:
    """What was acknowledged at a lower level is news again when it rises."""
    line.at("2025-02-06 02:00").calls("vomiting", "SMALL", n=5, over_min=20)
    alert = line.expect(area="SMALL", by="2025-02-06 03:00", since=START)
    assert line.acknowledge(alert).state is State.ACKNOWLEDGED
    line.at("2025-02-06 03:05").calls("vomiting", "SMALL", n=40, over_min=60)
    risen = line.expect_state(alert, State.OPEN, by="2025-02-06 05:00")
    assert risen.level < alert.level


def test_closed_alert_stays_closed_until_it_rises(line: Timeline) -> None:
    """More calls at the same level leave a closed alert closed; a rise in level opens it again."""
    line.at("2025-02-06 02:00").calls("vomiting", "SMALL", n=6, over_min=20)
    first = line.expect(area="SMALL", by="2025-02-06 03:00", since=START)
    seen = line.expect_state(first, State.OPEN, by="2025-02-06 04:00")
    closed = line.close(seen)
    assert closed.state is State.CLOSED
    line.at("2025-02-06 04:10").calls("vomiting", "SMALL", n=1)
    still = line.expect_state(closed, State.CLOSED, by="2025-02-06 05:00")
    assert (still.level, still.revision) == (seen.level, closed.revision)
    line.at("2025-02-06 05:10").calls("vomiting", "SMALL", n=60, over_min=60)
    risen = line.expect_state(closed, State.OPEN, by="2025-02-06 07:00")
    assert risen.level < seen.level
