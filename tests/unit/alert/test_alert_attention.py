"""Ceilings on blue and yellow: what is withheld, when it is released, and what never is."""

from __future__ import annotations

import pytest
from attended_desk import BLUE, MORNING_US, ORANGE, STRONG_BLUE, TOWNS, YELLOW, AttendedDesk, rules

from riskwatch.alert.actions import Action, ActionKind
from riskwatch.core.alerts import Level, Reason, State
from riskwatch.core.clock import HOUR_US


def flood(n: int, likelihood: float, first: int = 0) -> dict[str, float]:
    """So many towns at a likelihood."""
    return dict.fromkeys(TOWNS[first : first + n], likelihood)


def test_ten_minutes_show_no_more_incidents_than_their_ceiling() -> None:
    """Of five yellow incidents in one tick two are shown, and three are withheld, each with the reason."""
    desk = AttendedDesk()
    made = desk.tick(**flood(5, YELLOW))
    assert sorted(str(c.reason) for c in made) == ["opened"] * 2 + ["withheld"] * 3
    assert {c.why for c in made if c.reason is Reason.WITHHELD} == {"budget"}
    assert len(desk.withheld) == 3
    assert all(desk.present[town].duty is None for town in desk.withheld)


def test_the_gravest_of_those_at_once_are_shown() -> None:
    """Where several ask in one tick, the likeliest comes first, wherever its area stands in the tree."""
    desk = AttendedDesk()
    desk.tick(**flood(5, YELLOW), **flood(2, 0.39, first=20))
    assert desk.shown == set(TOWNS[20:22])


def test_what_still_burns_is_released_gravest_then_oldest_first() -> None:
    """When there is room again a yellow that waits is shown before an older blue, an older one first."""
    desk = AttendedDesk()
    desk.tick(**flood(3, BLUE))
    desk.tick(**flood(3, YELLOW, first=10))
    (first,) = desk.tick()
    assert (first.alert.level, first.reason, first.why) == (Level.YELLOW, Reason.RELEASED, "budget")
    assert first.alert.duty is not None
    desk.tick(2, **flood(3, YELLOW, first=20))
    released = [c.alert for c in desk.until(23) if c.reason is Reason.RELEASED]
    waited = [a.opened_at_us for a in released if a.level is Level.YELLOW]
    assert len(waited) > 1
    assert waited == sorted(waited)


def test_orange_is_never_withheld_and_takes_no_room() -> None:
    """Twenty orange incidents at once are all shown, and leave blue and yellow their whole room."""
    desk = AttendedDesk()
    desk.tick(**flood(20, ORANGE))
    assert len(desk.shown) == 20
    desk.tick(**flood(2, YELLOW, first=20))
    assert len(desk.shown) == 22


def test_what_was_withheld_and_rises_to_orange_is_shown_at_once() -> None:
    """A withheld alert at whose level there is no room is shown in the very tick it becomes orange."""
    desk = AttendedDesk()
    desk.tick(**flood(5, YELLOW))
    town = TOWNS[4]
    assert town in desk.withheld
    (risen,) = [c for c in desk.tick(**{town: ORANGE}) if c.alert.area == town]
    assert (risen.reason, risen.alert.shown, risen.alert.level) == (
        Reason.LEVEL_RAISED,
        True,
        Level.ORANGE,
    )
    assert risen.alert.state is State.OPEN


def test_an_incident_that_is_orange_somewhere_takes_no_room_elsewhere() -> None:
    """A town in the county of an orange alert is the same incident, and is shown over a full ceiling."""
    desk = AttendedDesk()
    desk.tick(**flood(3, YELLOW))
    desk.tick(**{f"P{TOWNS[9]}": ORANGE})
    desk.tick(**flood(3, YELLOW, first=20))
    made = desk.tick(**{TOWNS[9]: YELLOW})
    assert [c.reason for c in made if c.alert.area == TOWNS[9]] == [Reason.OPENED]


def test_a_full_shift_withholds_until_the_clock_has_caught_up() -> None:
    """Half of a shift's room is free; what waited gets more only as the shift passes."""
    desk = AttendedDesk()
    desk.tick(**flood(10, YELLOW))
    desk.until(2)
    assert len(desk.shown) == 3
    desk.until(7)
    assert len(desk.shown) == 4
    desk.until(11.9)
    assert len(desk.shown) == 6


def test_the_cut_rises_with_what_ran_ahead_of_the_clock() -> None:
    """Early in a shift with three of four blues taken, a faint blue is withheld, a strong one not."""
    desk = AttendedDesk()
    desk.tick(**flood(2, STRONG_BLUE))
    desk.tick(**flood(1, STRONG_BLUE, first=2))
    desk.tick(**{TOWNS[10]: BLUE, TOWNS[11]: STRONG_BLUE})
    assert (TOWNS[10] in desk.withheld, TOWNS[11] in desk.shown) == (True, True)
    assert desk.cases.told(desk.at_us)["attention"][""]["blue"] == {
        "shift": 4,
        "shift_ceiling": 4,
        "ten_min": 0,
        "ten_min_ceiling": 2,
        "cut": 0.5,
    }


def test_a_storm_that_filled_every_ceiling_costs_the_next_night_nothing() -> None:
    """Forty incidents by day; the first new one of the night is shown at once, though many still wait."""
    desk = AttendedDesk()
    desk.tick(**flood(39, YELLOW))
    desk.until(12.5)
    assert len(desk.withheld) > 20
    (new,) = [c for c in desk.tick(**{TOWNS[39]: YELLOW}) if c.alert.area == TOWNS[39]]
    assert (new.reason, new.alert.shown) == (Reason.OPENED, True)


def test_what_has_died_down_is_not_released() -> None:
    """An alert whose evidence fell below its level waits for its end, listed, and is not shown."""
    desk = AttendedDesk()
    desk.tick(**flood(3, YELLOW))
    (faded,) = desk.withheld
    made = desk.tick(8, **{faded: 0.0})
    assert [str(c.reason) for c in made if c.alert.area == faded] == ["cleared"]
    assert desk.present[faded].shown is False


def test_a_withheld_alert_that_somebody_takes_up_is_shown() -> None:
    """It is on the list; who acknowledges it there has it, and it takes no room."""
    desk = AttendedDesk()
    desk.tick(**flood(3, YELLOW))
    (town,) = desk.withheld
    alert = desk.present[town]
    change = desk.cases.act(alert, Action(ActionKind.ACK, alert.id, "ann", desk.at_us))
    assert (change.alert.shown, change.alert.state) == (True, State.ACKNOWLEDGED)
    assert change.alert.duty is not None


def test_a_kind_has_ceilings_of_its_own() -> None:
    """What a kind's places take does not count against those of everywhere."""
    coast = {
        "under": ["PT00"],
        "justification": "Fishing villages report through a warden of their own.",
        "attention": {"blue": {"ten_min": 1, "shift": 2}, "yellow": {"ten_min": 1, "shift": 2}},
        "tests": [{"likelihood": 0.01, "impact": 9, "expect": "none"}],
    }
    desk = AttendedDesk(rules(kinds={"coast": coast}))
    desk.tick(**flood(3, YELLOW))
    assert desk.shown == set(TOWNS[:3])
    told = desk.cases.told(desk.at_us)["attention"]
    assert (told["coast"]["yellow"]["shift"], told[""]["yellow"]["shift"]) == (1, 2)


def test_without_ceilings_nothing_is_withheld() -> None:
    """A desk whose rules name none shows all."""
    desk = AttendedDesk(rules(attention=None))
    desk.tick(**flood(40, BLUE))
    assert len(desk.shown) == 40


def test_a_restart_forgets_no_ceiling() -> None:
    """From a snapshot's state the ten minutes and the shift go on where they stood."""
    one, other = AttendedDesk(), AttendedDesk()
    for desk in (one, other):
        desk.tick(**flood(7, YELLOW))
    other.restart()
    assert one.tick(9, **flood(4, BLUE, first=20)) == other.tick(9, **flood(4, BLUE, first=20))
    assert one.cases.told(one.at_us) == other.cases.told(other.at_us)


@pytest.mark.parametrize(("likelihood", "strength"), [(0.01, 0.0), (0.05, 0.0), (0.10, 0.0), (1.0, 1.0)])
def test_strength_is_a_place_within_a_band(likelihood: float, strength: float) -> None:
    """Nothing at or below a band's floor, all of it at certainty."""
    assert rules().strength(likelihood) == pytest.approx(strength)


def test_where_it_stands_is_told_without_moving_it() -> None:
    """To look ahead of the clock changes nothing of what is shown."""
    desk = AttendedDesk()
    desk.tick(**flood(3, YELLOW))
    before = desk.cases.state()["attention"]
    assert desk.cases.told(MORNING_US + 13 * HOUR_US)["attention"][""]["yellow"]["shift"] == 0
    assert desk.cases.state()["attention"] == before
