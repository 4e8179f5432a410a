"""A source that sends sums: silent only when a report is overdue, and a step of it is a risk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sums_town import EVERY_H, START, Report, reports, run

from riskwatch.core.alerts import Alert, AlertKind, State
from riskwatch.core.clock import from_us
from riskwatch.desk import Desk

DAYS = 40
STEP_AT_H = 32 * 24


def found(desk: Desk, kind: AlertKind) -> list[Alert]:
    """All alerts of a kind, hidden ones too, oldest first."""
    every = [*desk.alerts.find(), *desk.alerts.newest()]
    return sorted({a.id: a for a in every if a.kind is kind}.values(), key=lambda a: a.opened_at_us)


def hours(alert: Alert) -> float:
    return (from_us(alert.opened_at_us) - START) / timedelta(hours=1)


def without(sent: Sequence[Report], begin_h: float, end_h: float) -> list[Report]:
    return [r for r in sent if not begin_h <= r[0] < end_h]


@pytest.mark.parametrize(("usual", "every_h"), [(6.0, 4), (40.0, 4), (36.0, 24)])
def test_a_steady_source_of_sums_gives_no_alerts(tmp_path: Path, usual: float, every_h: int) -> None:
    """Neither of its silence between reports nor of the bursts that its reports are."""
    desk = run(tmp_path, reports(DAYS, usual=usual, every_h=every_h), every_h)
    assert found(desk, AlertKind.DATA_HEALTH) == []
    assert found(desk, AlertKind.RISK) == []


def test_without_the_key_such_a_source_looks_dead(tmp_path: Path) -> None:
    """What the key mends: a sum of forty every four hours is silence in between."""
    desk = run(tmp_path, reports(20, usual=40.0), every_h=None)
    assert len(found(desk, AlertKind.DATA_HEALTH)) > 20


def test_a_step_of_twenty_five_a_day_is_a_risk(tmp_path: Path) -> None:
    """From 36 visits a day to 61: told within four days, and nothing before."""

    def step(at_h: float, usual: float) -> float:
        return usual + (25 * EVERY_H / 24 if at_h >= STEP_AT_H else 0)

    desk = run(tmp_path, reports(DAYS, step))
    told = found(desk, AlertKind.RISK)
    assert told
    assert STEP_AT_H <= hours(told[0]) <= STEP_AT_H + 96
    assert any(a.shown for a in told)
    assert found(desk, AlertKind.DATA_HEALTH) == []


@pytest.mark.parametrize("caught_up", [1, 12], ids=["as ever", "of all that was missed"])
def test_an_overdue_report_is_told_once(tmp_path: Path, caught_up: int) -> None:
    """Two days without: a notice when the first is overdue, over with the next; and no risk after."""
    silent = (30 * 24 + 2, 32 * 24 + 2)
    sent = without(reports(DAYS, usual=40.0), *silent)
    first = next(n for n, (at_h, _) in enumerate(sent) if at_h >= silent[1])
    sent[first] = (sent[first][0], sent[first][1] * caught_up)
    desk = run(tmp_path, sent)
    (notice,) = found(desk, AlertKind.DATA_HEALTH)
    assert notice.detail == "clinic"
    last = 30 * 24
    assert last + EVERY_H < hours(notice) <= last + EVERY_H + 1
    assert notice.state is State.RETURNED
    assert notice.closed_at_us is not None
    assert from_us(notice.closed_at_us) == datetime(2025, 2, 7, 4, 30, tzinfo=UTC)
    assert found(desk, AlertKind.RISK) == []


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    """A quiet week of zeros is no silence."""

    def nothing(at_h: float, usual: float) -> float:
        return 0.0 if 20 * 24 <= at_h < 27 * 24 else usual

    desk = run(tmp_path, reports(30, nothing, usual=20.0))
    assert found(desk, AlertKind.DATA_HEALTH) == []


def test_a_desk_that_is_opened_again_goes_on_as_it_was(tmp_path: Path) -> None:
    """Between reports, in a silence and at the report that ends it: the alerts are those of one go."""

    def step(at_h: float, usual: float) -> float:
        return usual + (10 if at_h >= 27 * 24 else 0)

    sent = without(reports(30, step), 24 * 24 + 2, 25 * 24 + 2)
    back = next(n for n, (at_h, _) in enumerate(sent) if at_h >= 25 * 24 + 2)
    whole, cut = (
        run(tmp_path / name, sent, pauses=pauses)
        for name, pauses in (("whole", ()), ("cut", (100, back, back + 1, len(sent) - 2)))
    )
    for kind in AlertKind:
        assert found(cut, kind) == found(whole, kind)
    assert found(whole, AlertKind.RISK)
    assert found(whole, AlertKind.DATA_HEALTH)
