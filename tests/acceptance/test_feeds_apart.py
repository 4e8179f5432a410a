"""One department is not another: silence holds nobody back and is no quiet, a backlog is no surge."""

from __future__ import annotations

from datetime import UTC, datetime

from riskwatch.core.alerts import State
from riskwatch.core.clock import HOUR_US, to_us
from riskwatch.testing import Timeline

START = "2025-02-05 00:00"


def account(line: Timeline, source: str) -> dict[str, int]:
    return line.desk.alerts.accounts()[source]


def test_a_silent_department_holds_nobody_back(line: Timeline) -> None:
    """While the fire service is silent the clinics' burst is orange as soon as ever, and ticks go on."""
    line.at("2025-02-06 00:00").silent("fire", hours=48)
    line.at("2025-02-07 02:19").calls("vomiting", "SMALL", n=6, over_min=30)
    line.expect(level="orange", area="SMALL", by="2025-02-07 03:30", since=START)
    standing = line.desk.alerts.standing()
    assert standing is not None
    assert standing.clock_us - (standing.last_tick_us or 0) < HOUR_US


def test_a_silent_department_is_not_taken_for_quiet(line: Timeline) -> None:
    """Its feed is named as blind; what it usually brings is as usual again once it speaks."""
    line.at("2025-02-06 00:00").silent("fire", hours=72)
    notice = line.expect(kind="data_health", by="2025-02-08 18:00", since=START)
    assert notice.detail == "fire"
    standing = line.desk.alerts.standing()
    assert standing is not None
    assert set(standing.feeds["down_since_us"]) == {"fire"}
    line.expect_none(by="2025-02-12 00:00", since="2025-02-09 00:00")
    line.expect_state(notice, State.RETURNED, by="2025-02-12 00:30")


def test_a_backlog_after_an_outage_is_no_surge(line: Timeline) -> None:
    """Three days of a storm that arrive at once are late, counted as backlog, and raise no alert."""
    line.at("2025-02-06 00:00").silent("fire", hours=72)
    notice = line.expect(kind="data_health", by="2025-02-08 18:00", since=START)
    before = account(line, "fire")
    line.pass_until("2025-02-09 00:10")
    told = [
        (f"2025-02-0{6 + n // 24}T{n % 24:02}:{m:02}", f"T{n % 8}")
        for n in range(72)
        for m in range(0, 60, 6)
    ]
    line.arrive([(at, "fire", area, "wires_down") for at, area in told])
    line.pass_until("2025-02-09 06:00")
    late = account(line, "fire")["late"] - before["late"]
    assert late >= len(told) - 10  # but for the last half hour, whose ticks were open
    line.expect_none(by="2025-02-09 12:00", since="2025-02-06 00:00")
    line.expect_state(notice, State.RETURNED, by="2025-02-09 12:00")
    standing = line.desk.alerts.standing()
    assert standing is not None
    backlog = standing.feeds["backlog"]["fire"]
    assert late - 10 <= backlog["rows"] <= late
    assert backlog["since_us"] <= to_us(datetime(2025, 2, 6, 1, tzinfo=UTC))
    assert line.desk.alerts.standing() == standing
