"""Who is told when: each a day at the desk, with the planner and a plain outbox on a fake clock."""

from __future__ import annotations

from dataclasses import replace

from routing_line import PAGED, Line, instant, routes

from riskwatch.core.alerts import AlertKind, Level, Reason, State
from riskwatch.core.clock import MINUTE_US

# --- first, escalated, repeated ----------------------------------------------------------------


def test_new_orange_pages_at_once() -> None:
    """The desk is paged and the file told in the minute in which it opens."""
    line = Line().opens("a", "orange")
    assert line.told() == ["12:00 desk first a"]
    assert line.told("file") == ["12:00 file first a"]


def test_blue_and_yellow_wait_for_the_handover_sheet() -> None:
    """Nobody is woken, the file has them, and nothing is pending."""
    line = Line().opens("a", "blue").opens("b", "yellow").at("13:00")
    assert line.told() == []
    assert line.told("file") == ["12:00 file first a", "12:00 file first b"]
    assert line.outbox.pending == {}


def test_escalation_climbs_in_order() -> None:
    """Desk, then duty after 10 minutes, then duty and chief after 25, if nobody acknowledges."""
    assert Line().opens("a", "orange").at("12:30").told() == PAGED


def test_last_step_is_repeated_when_the_chain_runs_out() -> None:
    """Every half hour, to those of the last step only, until somebody acknowledges."""
    line = Line().opens("a", "red").at("14:00").acked("a").at("18:00")
    assert line.told()[len(PAGED) :] == [
        f"{when} {who} repeated a" for when in ("12:55", "13:25", "13:55") for who in ("chief", "duty")
    ]


def test_no_page_after_an_acknowledgement() -> None:
    """What was still to come is cancelled and says who acknowledged."""
    line = Line().opens("a", "orange").at("12:12").acked("a").at("2026-03-06 12:00")
    assert line.told() == PAGED[:2]
    assert line.why("chief") == ["acknowledged by Ann"]


def test_acknowledged_while_the_receiver_is_down_is_not_paged_late() -> None:
    """A page that was due and could not be sent dies with the acknowledgement."""
    line = Line()
    line.outbox.down.add("desk")
    line.opens("a", "orange").at("12:05").acked("a")
    line.outbox.down.clear()
    assert line.at("13:00").told() == []


def test_acknowledgement_binds_its_own_signature_only() -> None:
    """Gas in a town is acknowledged; the illness in the same town goes on paging."""
    line = Line().opens("a", "orange").opens("b", "orange", signature="gastro")
    line.at("12:01").acked("a").at("12:11")
    assert line.told() == ["12:00 desk first a", "12:00 desk first b", "12:10 duty escalated b"]


def test_escalation_survives_a_restart_in_its_wait() -> None:
    """The planner keeps nothing: another one, with the same outbox, goes on as if nothing was."""
    line = Line().opens("a", "orange").at("12:12")
    line.planner = Line().planner
    line.at("12:26")
    assert line.told() == PAGED
    line.acked("a").at("15:00")
    assert line.told() == PAGED


def test_same_changes_are_planned_the_same() -> None:
    """Ids and all, so that a replay of the inbox sends nothing twice."""
    one, other = (Line().opens("a", "orange").level("a", "red") for _ in range(2))
    assert one.outbox.pending == other.outbox.pending


# --- rises and falls ---------------------------------------------------------------------------


def test_rise_pages_anew_from_the_first_step() -> None:
    """The orange chain is cancelled, the red one begins at its own instant."""
    line = Line().opens("a", "orange").at("12:12").level("a", "red").at("12:23")
    assert line.told() == [*PAGED[:2], "12:12 desk level_raised a", "12:22 duty escalated a"]
    assert line.why("chief") == ["a pages anew at red (level_raised)"]


def test_rise_of_an_acknowledged_alert_pages_again() -> None:
    """An acknowledgement of orange is none of red."""
    line = Line().opens("a", "orange").acked("a").at("12:30").level("a", "red")
    assert line.told() == ["12:00 desk first a", "12:30 desk level_raised a"]


def test_rise_to_yellow_pages_nobody() -> None:
    """The file is told that it rose."""
    line = Line().opens("a", "blue").at("12:10").level("a", "yellow").at("13:00")
    assert line.told() == []
    assert line.told("file") == ["12:00 file first a", "12:10 file level_raised a"]


def test_fall_does_not_page() -> None:
    """From red to orange the chain goes on as it was; nobody is told sooner or twice."""
    assert Line().opens("a", "red").at("12:05").level("a", "orange").at("12:30").told() == PAGED


def test_fall_below_orange_ends_the_pages() -> None:
    """What is yellow waits for the handover sheet, whatever it was before."""
    line = Line().opens("a", "orange").at("12:12").level("a", "yellow").at("15:00")
    assert line.told() == PAGED[:2]
    assert line.why("chief") == ["fell to yellow, which waits for the handover sheet"]


def test_more_evidence_pages_nobody() -> None:
    """Growth without a rise is an update for those who asked for updates."""
    line = Line(routes(route={"updates": True})).opens("a", "orange").acked("a")
    line.at("12:15").turns("a", "evidence_grew").at("13:00")
    assert line.told() == ["12:00 desk first a"]
    assert line.told("file")[-1] == "12:15 file repeated a"


# --- resolved ----------------------------------------------------------------------------------


def test_resolution_tells_those_who_were_told() -> None:
    """Desk, duty and file; the chief, who was never paged, is not; nothing is left to send."""
    line = Line().opens("a", "orange").at("12:12").clears("a").at("13:00")
    assert line.told() == [*PAGED[:2], "12:12 desk resolved a", "12:12 duty resolved a"]
    assert line.told("file")[-1] == "12:12 file resolved a"
    assert line.why("chief") == ["over: returned"]
    assert line.outbox.pending == {}


def test_resolution_is_told_by_the_route_where_the_outbox_is_not_asked() -> None:
    """Without the sends so far, those whose step was due are taken to have been told."""
    line = Line()
    line.knows_told = False
    line.opens("a", "orange").at("12:12").clears("a")
    assert line.told() == [*PAGED[:2], "12:12 desk resolved a", "12:12 duty resolved a"]


def test_resolved_while_the_receiver_was_down_is_still_told() -> None:
    """It learns of the end when it is up again, though its page was never delivered."""
    line = Line()
    line.outbox.down.add("desk")
    line.opens("a", "orange").at("12:05").clears("a")
    line.outbox.down.clear()
    assert line.at("12:10").told() == ["12:05 desk resolved a"]


def test_closing_what_was_resolved_is_not_told_again() -> None:
    """The verdict comes days later; the end was told."""
    line = Line().opens("a", "orange").acked("a").at("12:12").clears("a")
    line.at("2026-03-05 09:00").turns("a", "closed", state=State.CLOSED)
    assert line.told("desk", "file", since="2026-03-04 12:13") == []


def test_closing_what_still_burns_is_told() -> None:
    """A verdict of false alarm ends the chain, and those who ran learn of it."""
    line = Line().opens("a", "orange").at("12:12").turns("a", "closed", state=State.CLOSED).at("14:00")
    assert line.told() == [*PAGED[:2], "12:12 desk resolved a", "12:12 duty resolved a"]


def test_backlog_that_opened_and_ended_in_one_entry_pages_nobody() -> None:
    """An hour's outage caught up at once: the file hears of it, no one is woken for what is over."""
    line = Line()
    opened = line.made("a", "orange")
    ended = replace(opened.alert, state=State.RETURNED, revision=2)
    later = instant("2026-03-04 12:40")
    line.entry([opened, replace(opened, alert=ended, reason=Reason.CLEARED, at_us=later)]).at("13:00")
    assert line.told() == []
    assert line.told("file") == ["12:00 file first a", "12:40 file resolved a"]


# --- inhibition and silence --------------------------------------------------------------------


def test_inhibited_alert_tells_nobody() -> None:
    """The county speaks for the town, and only the county pages."""
    line = Line().opens("county", "orange", area="COUNTY", signature="storm")
    line.opens("town", "yellow", signature="storm", shown=False, inhibited_by="COUNTY").at("12:05")
    assert line.told("desk", "file") == ["12:00 desk first county", "12:00 file first county"]


def test_released_alert_that_has_become_orange_pages() -> None:
    """When nobody speaks for it any longer it is news."""
    line = Line().opens("town", "yellow", shown=False, inhibited_by="COUNTY").at("12:30")
    line.turns("town", "released", shown=True, inhibited_by=None, level=Level.ORANGE)
    assert line.told() == ["12:30 desk first town"]


def test_shelved_alert_does_not_page() -> None:
    """Its pages are cancelled and say that it was shelved and why."""
    line = Line().opens("a", "orange").at("12:05")
    line.turns("a", "shelved", by="Ann", shelved="until 14:00", note="crane test").at("13:00")
    assert line.told() == PAGED[:1]
    assert set(line.why("duty")) == {"shelved: crane test"}


def test_what_still_burns_when_a_shelf_ends_is_sent_again() -> None:
    """From step 0, as repeated."""
    line = Line().opens("a", "orange").at("12:05").turns("a", "shelved", shelved="until 14:00").at("14:00")
    line.turns("a", "unshelved", shelved="").at("14:11")
    assert line.told() == [*PAGED[:1], "14:00 desk repeated a", "14:10 duty escalated a"]


def test_rise_of_a_withheld_alert_to_orange_is_not_withheld() -> None:
    """Orange is shown whatever a budget held back, and pages as a rise."""
    line = Line().opens("a", "yellow", shown=False).at("12:20")
    line.turns("a", "level_raised", shown=True, level=Level.ORANGE)
    assert line.told() == ["12:20 desk level_raised a"]


# --- hours -------------------------------------------------------------------------------------

DAY_AND_NIGHT = routes(
    route={
        "routes": [
            {"name": "free", "match": {"calendars": "holidays"}, "receivers": ["chief", "hook"]},
            {"name": "dark", "match": {"during": "night"}, "receivers": ["night", "file"]},
        ]
    }
)


def test_night_has_its_own_receivers() -> None:
    """At 02:00 the night officer, at noon the desk, on a holiday the chief."""
    for start, who in (("03-05 02:00", "night"), ("03-05 12:00", "desk"), ("07-03 02:00", "chief")):
        line = Line(DAY_AND_NIGHT, f"2026-{start}").opens("a", "orange")
        assert [t.split()[1] for t in line.told()] == [who]


def test_change_of_shift_in_the_middle_of_an_escalation() -> None:
    """Nobody acknowledged by 18:00: the night's first officer is told then, and the steps go on."""
    line = Line(DAY_AND_NIGHT, "2026-03-04 17:55").opens("a", "orange").at("18:25")
    assert line.told() == [
        "17:55 desk first a",
        "18:00 night escalated a",
        "18:05 duty escalated a",
        "18:20 chief escalated a",
        "18:20 duty escalated a",
    ]


def test_clocks_that_spring_forward_keep_real_minutes() -> None:
    """Opened at 01:50, the step after 25 minutes comes at 03:15 by the clock, 25 minutes later."""
    line = Line(start="2026-03-08 01:50").opens("a", "orange").pass_min(9)
    assert len(line.told()) == 1
    assert line.pass_min(2).told()[-1] == "03:00 duty escalated a"
    assert line.pass_min(15).told()[-1] == "03:15 duty escalated a"


def test_clocks_that_fall_back_keep_real_minutes() -> None:
    """Opened at 01:50 before the hour is lived twice, the last step comes at the second 01:15."""
    line = Line(start="2026-11-01 01:50").opens("a", "orange").pass_min(26)
    assert [t.split()[0] for t in line.told()] == ["01:50", "01:00", "01:15", "01:15"]
    assert [at_us - line.changes[0].at_us for at_us, s in line.outbox.sent if s.receiver == "chief"] == [
        25 * MINUTE_US
    ]


def test_window_begins_when_the_clock_skips_its_begin() -> None:
    """A night that begins at 02:30 begins at 03:00 on the day on which there is no 02:30."""
    night = {"night": {"from": "02:30", "to": "08:00"}}
    given = routes(windows=night, route={"steps": [], "routes": [
        {"name": "dark", "match": {"during": "night"}, "receivers": ["night", "file"]}]})  # fmt: skip
    line = Line(given, "2026-03-08 01:30").opens("a", "orange").pass_min(40)
    assert line.told("night") == ["03:00 night escalated a"]
    assert line.told("desk") == ["01:30 desk first a", "03:00 desk repeated a"]


# --- desks that hand over, routes that both speak --------------------------------------------------


def test_handed_over_tells_the_desk_that_has_it_now() -> None:
    """Once, by the route of its own area; no second chain begins."""
    village = {"name": "village", "match": {"areas": "VILLAGE"}, "receivers": ["night", "file"]}
    line = Line(routes(route={"routes": [village]})).opens("a", "orange").acked("a").at("12:30")
    line.turns("a", "handed_down", by="Ann", holder="VILLAGE").at("14:00")
    assert line.told() == ["12:00 desk first a", "12:30 night handed_over a"]


def test_overdue_tells_the_second_step() -> None:
    """It was acknowledged and nobody handled it in time: the step above is told, once."""
    line = Line().opens("a", "orange").acked("a").at("13:00").turns("a", "overdue").at("15:00")
    assert line.told() == ["12:00 desk first a", "13:00 duty escalated a"]


def test_two_routes_that_both_speak_are_both_told() -> None:
    """`continue` goes on to the next sibling; one who is in both is told once."""
    given = routes(
        route={
            "routes": [
                {
                    "name": "log",
                    "match": {},
                    "receivers": ["hook", "file"],
                    "page": False,
                    "continue": True,
                },
                {"name": "gas", "match": {"signatures": "gas"}, "receivers": ["night", "file"]},
            ]
        }
    )
    line = Line(given).opens("a", "orange")
    assert line.told("desk", "night", "file", "hook") == [
        "12:00 file first a",
        "12:00 hook first a",
        "12:00 night first a",
    ]


def test_notice_about_the_data_pages_nobody_at_yellow() -> None:
    """A silent feed is told to the file, by the route of its kind."""
    kinds = {"name": "data", "match": {"kinds": "data_health"}, "receivers": ["hook"]}
    line = Line(routes(route={"routes": [kinds]}))
    line.opens("n", "yellow", kind=AlertKind.DATA_HEALTH, signature="feed", area="COUNTY").at("13:00")
    assert line.told("desk", "file", "hook") == ["12:00 hook first n"]


def test_end_of_a_hidden_alert_is_told_to_those_who_knew_it() -> None:
    """The file had it before a relative spoke for it; an alert that was never shown is never told."""
    line = Line().opens("a", "yellow").opens("b", "yellow", shown=False, inhibited_by="COUNTY").at("12:10")
    line.turns("a", "inhibited", shown=False, inhibited_by="COUNTY").at("12:30").clears("a").clears("b")
    assert line.told("file") == ["12:00 file first a", "12:30 file resolved a"]


def test_page_sent_after_the_decision_instant_of_the_end_is_told_of_it() -> None:
    """Decisions lag behind the clock by the lateness; who was paged in between was paged."""
    line = Line().opens("a", "orange").at("12:12")
    end = line.changed("a", "cleared", state=State.RETURNED)
    line.entry([replace(end, at_us=instant("2026-03-04 12:05"))])
    assert [t.split()[1] for t in line.told() if "resolved" in t] == ["desk", "duty"]


def test_end_of_a_hidden_alert_is_told_to_nobody_where_the_outbox_is_not_asked() -> None:
    """The routes alone can not say who knew it."""
    line = Line()
    line.knows_told = False
    line.opens("b", "yellow", shown=False, inhibited_by="COUNTY").at("12:10").clears("b")
    assert line.outbox.sent == []


def test_last_step_of_the_chain_that_takes_over_is_repeated() -> None:
    """Duty was told by the day's second step; the night's chain ends with duty, so duty is told on."""
    dark = {"name": "dark", "match": {"during": "night"}, "steps": [{"after_min": 5, "receivers": "duty"}]}
    line = Line(routes(route={"routes": [dark]}), "2026-03-04 17:48").opens("a", "orange").at("18:31")
    assert line.told("duty") == [
        "17:58 duty escalated a",
        "18:00 duty escalated a",
        "18:30 duty repeated a",
    ]
