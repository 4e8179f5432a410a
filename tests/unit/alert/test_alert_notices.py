"""Notices: a silent feed and a new code are told once, and end by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_alerts import rules, stamp

from riskwatch.alert.notices import Down, Notices
from riskwatch.core.alerts import AlertKind, Level, State
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.store.snapshots import pack, unpack


def notices(**levels) -> Notices:
    return Notices(rules(notices=levels), "COUNTY")


def test_a_silent_feed_is_told_once_and_ends_when_it_speaks():
    """A source is yellow, one code blue; since when it is silent is said."""
    held = notices()
    down = [Down("town", True, HOUR_US), Down("fever", False)]
    first = held.feeds(down, stamp(DAY_US, ("town", "fever")))
    assert [(c.alert.detail, c.alert.level, c.alert.kind) for c in first] == [
        ("town", Level.YELLOW, AlertKind.DATA_HEALTH),
        ("fever", Level.BLUE, AlertKind.DATA_HEALTH),
    ]
    assert [c.alert.since_us for c in first] == [HOUR_US, None]
    assert first[0].alert.area == "COUNTY"
    assert held.feeds(down, stamp(DAY_US + 1)) == []
    (ended,) = held.feeds(down[:1], stamp(DAY_US + 2))
    assert (ended.alert.detail, ended.alert.state, ended.alert.revision) == ("fever", State.RETURNED, 2)
    assert held.find(first[1].alert.id) is None
    assert held.find(first[0].alert.id) == first[0].alert


def test_an_acknowledged_notice_is_resolved_and_a_closed_one_ends_in_silence():
    """As with every alert."""
    held = notices()
    for state, after in ((State.ACKNOWLEDGED, [State.RESOLVED]), (State.CLOSED, [])):
        (opened,) = held.feeds([Down("town", True)], stamp(DAY_US))
        held.adopt(replace(opened.alert, state=state))
        assert [c.alert.state for c in held.feeds([], stamp(2 * DAY_US))] == after


def test_a_new_code_is_told_once_until_it_is_no_longer_new():
    """A week later it ends by itself."""
    held = notices(new_code_days=7)
    (opened,) = held.new_code("HEAT", stamp(DAY_US))
    assert (opened.alert.kind, opened.alert.level) == (AlertKind.SCHEMA, Level.BLUE)
    assert held.new_code("HEAT", stamp(2 * DAY_US)) == []
    assert held.expire(8 * DAY_US - 1) == []
    (ended,) = held.expire(8 * DAY_US)
    assert (ended.alert.id, ended.alert.state) == (opened.alert.id, State.RETURNED)
    assert held.expire(9 * DAY_US) == []


def test_a_level_of_none_is_no_notice():
    """What the rules leave out is not written."""
    held = notices(source_down="none", new_code="none")
    assert held.feeds([Down("town", True)], stamp(DAY_US)) == []
    assert held.new_code("HEAT", stamp(DAY_US)) == []


def test_what_an_operator_did_reaches_the_right_notice():
    """By what it is about and by its id: an old notice of the same feed is not this one."""
    held = notices()
    (feed,) = held.feeds([Down("town", True)], stamp(DAY_US))
    (code,) = held.new_code("town", stamp(DAY_US))
    held.adopt(replace(code.alert, note="seen"))
    held.adopt(replace(feed.alert, id="rw-old", note="old"))
    held.adopt(replace(feed.alert, detail="else", note="else"))
    assert held.find(code.alert.id).note == "seen"
    assert held.find(feed.alert.id).note == ""


@pytest.mark.parametrize("empty", [False, True])
def test_notices_go_on_from_their_state(empty):
    """Through a snapshot's bytes."""
    held = notices()
    if not empty:
        held.feeds([Down("town", True)], stamp(DAY_US))
        held.new_code("HEAT", stamp(DAY_US))
    other = notices()
    other.load(unpack(pack(held.state())))
    assert other.state() == held.state()
    assert other.feeds([], stamp(2 * DAY_US)) == held.feeds([], stamp(2 * DAY_US))
