"""The handover sheet: which shift it covers, which section an alert stands in, one line an incident."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from deliver_town import AT_US, alert, words

from riskwatch.core.alerts import Alert, AlertKind, Level, State
from riskwatch.core.clock import HOUR_US, iso, to_us
from riskwatch.core.side_states import Duty, Release, ReleaseState, Shelf, Step
from riskwatch.deliver.handover import Handover, Room, Span, drill_name, handover_document, shift_start
from riskwatch.deliver.handover import sheet as made_sheet
from riskwatch.store.alerts import Standing
from riskwatch.store.listing import Marked

SINCE = AT_US - HOUR_US
SHIFTS = ("08:00", "20:00")


def sheet(alerts: list[Alert], since_us: int = SINCE, standing=None, room: Room | None = None) -> Handover:
    """A sheet of alerts that are read by their ids."""
    by_id = {a.id: a for a in alerts}
    read = lambda ids: {i: by_id[i] for i in ids}  # noqa: E731 - as short as it is
    return made_sheet(alerts, read, Span(since_us, AT_US, standing), room)


@pytest.mark.parametrize(
    ("now", "zone", "start"),
    [
        ("2025-02-06T08:10Z", "UTC", "2025-02-05T20:00:00Z"),
        ("2025-02-06T09:00Z", "UTC", "2025-02-06T08:00:00Z"),
        ("2025-02-06T07:50Z", "UTC", "2025-02-05T20:00:00Z"),
        ("2025-02-06T20:30Z", "UTC", "2025-02-06T08:00:00Z"),
        ("2025-02-06T00:30+08:00", "Asia/Shanghai", "2025-02-05T12:00:00Z"),
        ("2025-03-09T08:10-04:00", "America/New_York", "2025-03-09T01:00:00Z"),  # eleven hours long
        ("2025-11-02T08:10-05:00", "America/New_York", "2025-11-02T00:00:00Z"),  # thirteen
    ],
)
def test_a_shift_begins_at_a_local_time_of_day(now, zone, start):
    """In the first hour of a shift the sheet is of the one before; a night in which clocks change too."""
    assert iso(shift_start(to_us(datetime.fromisoformat(now)), SHIFTS, zone)) == start


BASE = replace(alert(), actor=None, note="")


@pytest.mark.parametrize(
    ("changes", "sections"),
    [
        ({}, ["new"]),
        ({"opened_at_us": 0, "rising": True}, ["rising"]),
        ({"opened_at_us": 0}, ["open"]),
        ({"duty": Duty(Step.ACCEPT, 0, 1, 1)}, ["new", "overdue"]),
        ({"shelved": Shelf(AT_US, "noise", "Li", 0)}, ["quiet"]),
        ({"release": Release(ReleaseState.DRAFTED, 2, "T", "Li", 0)}, ["new", "drafts"]),
        ({"state": State.RETURNED, "closed_at_us": AT_US}, ["ended"]),
        ({"state": State.RETURNED, "closed_at_us": 0}, []),
        ({"kind": AlertKind.DATA_HEALTH}, ["data"]),
        ({"shown": False}, ["withheld"]),
        ({"shown": False, "inhibited_by": "COUNTY"}, []),
    ],
)
def test_an_alert_stands_in_its_section(changes, sections):
    """What is overdue or drafted is listed there once more."""
    one = replace(BASE, **changes)
    made = sheet([one])
    assert [name for name, found in made.sections.items() if found] == sections
    marked = {name: getattr(one, name) for name in Marked.__slots__}
    marked |= {"kind": str(one.kind), "state": str(one.state), "quiet": one.quiet and str(one.quiet)}
    assert made_sheet([Marked(**marked)], lambda _: {one.id: one}, Span(SINCE, AT_US)) == made


def test_an_incident_is_one_line_with_a_list():
    """The gravest first; alerts without an incident stay alone."""
    alerts = [
        replace(BASE, id="a", incident="ri-1", level=Level.BLUE),
        replace(BASE, id="b", incident="ri-1", level=Level.RED),
        replace(BASE, id="c"),
        replace(BASE, id="d"),
    ]
    made = sheet(alerts)
    document = handover_document(made, words())
    assert [[a["id"] for a in h["alerts"]] for h in document["new"]] == [["b", "a"], ["c"], ["d"]]
    assert [h["incident"] for h in document["new"]] == ["ri-1", None, None]


def test_feeds_windows_and_a_drill_come_from_the_engine():
    """As its standing tells them."""
    window = {"name": "w", "area": "T", "signature": None, "reason": "pipes", "by": "Li"}
    window |= {"starts_us": 0, "ends_us": HOUR_US}
    feeds = {"down_since_us": {"fever": 0}, "windows": [window], "drill": {"running": {"name": "x"}}}
    standing = Standing(1, AT_US, None, 0, feeds)
    document = handover_document(sheet([], standing=standing), words())
    assert document["blind_feeds"] == {"fever": "1970-01-01T00:00:00Z"}
    assert document["planned"][0]["ends"] == "1970-01-01T01:00:00Z"
    assert document["drill"] == "x"
    whole = {"drill": {"running": None, "mode": "exercise", "name": "y"}}
    assert (drill_name(replace(standing, feeds=whole)), drill_name(None)) == ("y", "")


def test_what_is_not_listed_is_counted():
    """Two happenings of three, two alerts of each: the sheet and its JSON say how many more there are."""
    alerts = [
        replace(BASE, id=f"{incident}{n}", incident=f"ri-{incident}")
        for incident in "abc"
        for n in range(4)
    ]
    made = sheet(alerts, room=Room(most=2, most_alerts=2, members=9))
    assert [(len(h.alerts), h.more, h.size) for h in made.sections["new"]] == [(2, 2, 4), (2, 2, 4)]
    assert (made.totals["new"], made.more("new"), made.more("open")) == (12, 4, 0)
    document = handover_document(made, words())
    assert (document["more"], [h["more"] for h in document["new"]]) == ({"new": 4}, [2, 2])


def test_the_room_for_members_is_shared():
    """Three further alerts in all: those of the first happening, then of the next."""
    alerts = [replace(BASE, id=f"{i}{n}", incident=f"ri-{i}") for i in "abc" for n in range(3)]
    made = sheet(alerts, room=Room(members=3))
    assert [len(h.alerts) for h in made.sections["new"]] == [3, 2, 1]


def test_only_what_is_listed_is_read():
    """Of three hundred alerts on their own fifty are read, and none of them twice."""
    read: list[str] = []
    alerts = {f"{n:03}": replace(BASE, id=f"{n:03}", duty=Duty(Step.ACCEPT, 0, 1, 1)) for n in range(300)}

    def reading(ids):
        read.extend(ids)
        return {i: alerts[i] for i in ids}

    made = made_sheet(alerts.values(), reading, Span(SINCE, AT_US))
    assert len(read) == len(set(read)) == 50
    assert made.totals["new"] == made.totals["overdue"] == 300
