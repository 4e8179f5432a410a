"""Listing by columns: the gravest happenings with some of their members, and counts of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_store import alert, change, commit, database

from riskwatch.core.alerts import Alert, AlertKind, Level, State
from riskwatch.core.side_states import Duty, Release, ReleaseState, Shelf, Step
from riskwatch.deliver.handover import grouped
from riskwatch.store import listing
from riskwatch.store.alerts import OPEN_STATES, AlertStore
from riskwatch.store.listing import Listing, Marked, Part

SHELF = Shelf(99, "known", "Li", 1)


def listed(home: Path, alerts: list[Alert]) -> Listing:
    """A listing of a store that holds these."""
    home.mkdir(parents=True, exist_ok=True)
    engine = database(home)
    commit(AlertStore(engine), *map(change, alerts))
    return Listing(engine)


def told(part: Part) -> list[tuple[str, list[str], int]]:
    """Lead, members and how many more there are, of each happening."""
    return [(one.lead.id, [m.id for m in one.members], one.more) for one in part.happenings]


def storm(towns: int) -> list[Alert]:
    """One incident over so many towns, the gravest in the last, and a leak in one of them."""
    made = [alert(f"s{n:02}", incident="ri-storm", area=f"T{n}", opened_at_us=n) for n in range(towns)]
    made[-1] = replace(made[-1], level=Level.YELLOW, peak_level=Level.YELLOW)
    return [*made, alert("leak", incident="ri-leak", area="T1", level=Level.RED, opened_at_us=9)]


def test_a_happening_is_its_gravest_alert_and_some_of_the_others(tmp_path):
    """The red leak first; the storm stands under its yellow town, with two of eight others and a count."""
    part = listed(tmp_path, storm(9)).part(listing.standing(), most=5, most_members=2)
    assert told(part) == [("leak", [], 0), ("s08", ["s00", "s01"], 6)]
    assert (part.total, part.more) == (10, 0)
    assert part.happenings[1].size == 9


def test_the_room_for_members_is_given_to_the_gravest(tmp_path):
    """Three of five in all: the two of the red happening first, and each counts what is left out."""
    red = [alert(f"r{n}", incident="ri-r", level=Level.RED, opened_at_us=9) for n in range(3)]
    blue = [alert(f"b{n}", incident="ri-b") for n in range(4)]
    part = listed(tmp_path, blue + red).part(listing.standing(), most=5, most_members=9, room=3)
    assert told(part) == [("r0", ["r1", "r2"], 0), ("b0", ["b1"], 2)]


def test_what_is_not_listed_is_counted(tmp_path):
    """One happening of two: the nine alerts of the other are more."""
    part = listed(tmp_path, storm(9)).part(listing.standing(), most=1, most_members=2)
    assert told(part) == [("leak", [], 0)]
    assert (part.total, part.more) == (10, 9)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        (listing.shown_risks(), "abcg"),
        (listing.shown_risks() & listing.loud(), "abc"),
        (listing.shown_risks() & ~listing.loud(), "g"),
        (listing.shown_risks() & listing.fresh(50), "b"),
        (listing.withheld(), "d"),
        (listing.behind_others(), "e"),
        (listing.shown_notices(), "f"),
        (listing.returned(5), "h"),
        (listing.returned(6), ""),
    ],
)
def test_a_part_is_chosen_by_columns(tmp_path, where, ids):
    """Each alert of a store of all kinds is in the parts that are its own."""
    every = [
        alert("a"),
        alert("b", opened_at_us=1, updated_at_us=60, rising=True),
        alert("c", state=State.HANDLING, opened_at_us=60),
        alert("d", shown=False),
        alert("e", shown=False, inhibited_by="X"),
        alert("f", kind=AlertKind.DATA_HEALTH),
        alert("g", shelved=SHELF),
        alert("h", state=State.RETURNED),
        alert("i", state=State.RETURNED, expired_at_us=7),
        alert("j", state=State.CLOSED),
    ]
    found = listed(tmp_path, every)
    part = found.part(where, most=9, most_members=9)
    assert sorted(one.lead.id for one in part.happenings) == list(ids)
    assert sum(found.by_level(where).values()) == part.total == len(ids)


def test_what_ended_is_listed_by_the_worst_it_was(tmp_path):
    """A blue that had been orange before a yellow that never was; two of three, and the count."""
    ended = {"state": State.RETURNED}
    every = [
        alert("a", **ended),
        alert("b", peak_level=Level.ORANGE, **ended),
        alert("c", peak_level=Level.YELLOW, **ended),
    ]
    part = listed(tmp_path, every).worst(listing.returned(0), most=2)
    assert [one.lead.id for one in part.happenings] == ["b", "c"]
    assert (part.total, part.more) == (3, 1)


ALERTS = st.lists(
    st.tuples(st.sampled_from(list(Level)), st.integers(0, 3), st.sampled_from(["", "p", "q"])),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(ALERTS, st.integers(1, 4), st.integers(0, 3))
def test_the_columns_group_as_the_handover_sheet_does(tmp_path_factory, drawn, most, members):
    """The same happenings in the same order, cut where they are cut."""
    every = [
        alert(f"rw-{n:02}", level=level, opened_at_us=at_us, incident=incident)
        for n, (level, at_us, incident) in enumerate(drawn)
    ]
    part = listed(tmp_path_factory.mktemp("store"), every).part(
        listing.standing(), most=most, most_members=members
    )
    whole = [[a.id for a in one] for one in grouped(every)]
    cut = [(ids[0], ids[1 : members + 1], max(len(ids) - 1 - members, 0)) for ids in whole]
    assert told(part) == cut[:most]
    assert part.total == len(every)
    assert all(a.state in OPEN_STATES for a in every)


def test_marks_are_what_an_alert_says_of_itself(tmp_path):
    """Of what stands, and of shown risks that ended since, the columns hold what the alert tells."""
    duty, drafted = Duty(Step.ACCEPT, 0, 1, 1), Release(ReleaseState.DRAFTED, 2, "T", "Li", 0)
    every = [
        alert("shelved", shelved=SHELF),
        alert("rising", rising=True, updated_at_us=9, level=Level.RED),
        alert("late", duty=duty, release=drafted, opened_at_us=7, incident="ri-x"),
        alert("withheld", shown=False),
        alert("notice", kind=AlertKind.DATA_HEALTH),
        alert("ended", state=State.RETURNED, closed_at_us=50, updated_at_us=50),
        alert("before", state=State.RETURNED, closed_at_us=49, updated_at_us=60),
        alert("hidden", state=State.RETURNED, closed_at_us=50, updated_at_us=50, shown=False),
    ]
    found = listed(tmp_path, every).marked(since_us=50)
    kept = {a.id: a for a in every if a.id not in ("before", "hidden")}
    assert [one.id for one in found] == [a.id for group in grouped(kept.values()) for a in group]
    for one in found:
        for name in Marked.__slots__:
            assert getattr(one, name) == getattr(kept[one.id], name), (one.id, name)
    assert set(listed(tmp_path / "empty", []).bodies(["none"])) == set()


def test_a_later_change_moves_an_alert_between_parts(tmp_path):
    """The columns follow each change: shelved, it is quiet."""
    found = listed(tmp_path, [alert("a")])
    engine = database(tmp_path)
    commit(AlertStore(engine), change(alert("a", shelved=SHELF, revision=2)), position=2)
    assert found.part(listing.loud(), most=1, most_members=0).total == 0
    assert found.part(~listing.loud(), most=1, most_members=0).total == 1
