"""Notices of gauges: filed where the gauge stands, and told apart by what is wrong with it."""

from __future__ import annotations

from made_alerts import rules, stamp

from riskwatch.alert.notices import Down, Notices
from riskwatch.core.alerts import AlertKind, State
from riskwatch.core.clock import DAY_US, HOUR_US


def test_a_gauge_is_told_in_its_own_area():
    """Its desk is the one that can look at it."""
    held = Notices(rules(), "COUNTY")
    (opened,) = held.feeds([Down("river@T1", False, HOUR_US, "T1")], stamp(DAY_US))
    assert (opened.alert.area, opened.alert.signature, opened.alert.detail) == ("T1", "feed", "river@T1")
    assert opened.alert.kind is AlertKind.DATA_HEALTH
    assert held.find(opened.alert.id) == opened.alert


def test_one_that_was_stuck_and_falls_silent_is_another_notice():
    """The first ends as the second begins, at the same tick."""
    held = Notices(rules(), "COUNTY")
    (stuck,) = held.feeds([Down("river@T1", False, HOUR_US, "T1", stuck=True)], stamp(DAY_US))
    assert stuck.alert.signature == "stuck"
    held.adopt(stuck.alert)
    ended, silent = held.feeds([Down("river@T1", False, HOUR_US, "T1")], stamp(2 * DAY_US))
    assert (ended.alert.id, ended.alert.state) == (stuck.alert.id, State.RETURNED)
    assert silent.alert.signature == "feed"
    assert held.feeds([], stamp(3 * DAY_US))[0].alert.id == silent.alert.id
