"""Life cycle: every action on an alert, in every state, and what each needs besides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_alerts import BLUE, Timeline, terms

from riskwatch.alert.lifecycle import Action, ActionKind, ActionRefused, act, allowed
from riskwatch.core.alerts import Alert, Level, Reason, State, Verdict
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.side_states import ReleaseState, Shelf

ANN, BEA, CID = "Ann (unverified)", "Bea (unverified)", "Cid (unverified)"
OPEN, ACK, HANDLING = State.OPEN, State.ACKNOWLEDGED, State.HANDLING
AFTER = {
    ActionKind.ACK: {OPEN: ACK},
    ActionKind.HAND_OUT: {OPEN: ACK, ACK: ACK, HANDLING: HANDLING},
    ActionKind.HANDLE: {OPEN: HANDLING, ACK: HANDLING},
    ActionKind.REPORT: {HANDLING: HANDLING},
    ActionKind.CLOSE: dict.fromkeys((OPEN, ACK, HANDLING, State.RETURNED, State.RESOLVED), State.CLOSED),
    ActionKind.SHELVE: {OPEN: OPEN, ACK: ACK, HANDLING: HANDLING},
    ActionKind.UNSHELVE: {OPEN: OPEN, ACK: OPEN, HANDLING: HANDLING},
    ActionKind.HAND: {
        OPEN: OPEN,
        ACK: OPEN,
        HANDLING: OPEN,
        State.RETURNED: State.RETURNED,
        State.RESOLVED: State.RESOLVED,
    },
    ActionKind.NOTE: {state: state for state in State},
    ActionKind.DRAFT: {OPEN: OPEN, ACK: ACK, HANDLING: HANDLING},
}
REASONS = {
    ActionKind.ACK: Reason.ACKNOWLEDGED,
    ActionKind.HAND_OUT: Reason.HANDED_OUT,
    ActionKind.HANDLE: Reason.HANDLING,
    ActionKind.REPORT: Reason.REPORTED,
    ActionKind.CLOSE: Reason.CLOSED,
    ActionKind.SHELVE: Reason.SHELVED,
    ActionKind.UNSHELVE: Reason.UNSHELVED,
    ActionKind.HAND: Reason.HANDED_UP,
    ActionKind.NOTE: Reason.NOTED,
    ActionKind.DRAFT: Reason.APPROVED,  # blue needs no second person
}


def alert(state: State = OPEN, level: Level = Level.BLUE) -> Alert:
    time = Timeline()
    time.step(BLUE)
    return replace(time.alert, state=state, level=level)


def action(kind: ActionKind, before: Alert, actor: str = ANN, after_min: float = 1, **more) -> Action:
    at_us = before.updated_at_us + round(after_min * MINUTE_US)
    return Action(kind, before.id, actor, at_us, **({"note": "note"} | more))


@pytest.mark.parametrize("kind", list(AFTER))
@pytest.mark.parametrize("state", list(State))
def test_every_action_in_every_state(state, kind):
    """Allowed ones change the state and say who did it, from what and why; others name what they need."""
    before = alert(state)
    if kind is ActionKind.UNSHELVE:
        before = replace(before, shelved=Shelf(before.updated_at_us + HOUR_US, "noise", ANN, 0))
    to = {ActionKind.HAND: "COUNTY", ActionKind.HAND_OUT: "Bea"}.get(kind, "")
    asked = action(kind, before, verdict=Verdict.TRUE, to=to, until_us=before.updated_at_us + HOUR_US)
    assert (kind in allowed(before)) == (state in AFTER[kind])
    if state not in AFTER[kind]:
        with pytest.raises(
            ActionRefused, match=rf"^alert {before.id} is {state}; {kind} needs one that is "
        ):
            act(before, asked, terms())
        return
    change = act(before, asked, terms())
    after = change.alert
    assert (change.reason, after.state) == (REASONS[kind], AFTER[kind][state])
    assert (change.came_from, change.actor, change.why) == (state, ANN, "note")
    assert (after.actor, after.note) == (ANN, "note")
    assert after.rising is (kind is ActionKind.NOTE)
    assert (after.revision, after.updated_at_us) == (before.revision + 1, asked.at_us)
    assert after.verdict is (Verdict.TRUE if kind is ActionKind.CLOSE else None)
    assert after.closed_at_us == (asked.at_us if kind is ActionKind.CLOSE else None)


def refused(before: Alert, asked: Action, **given) -> str:
    with pytest.raises(ActionRefused) as error:
        act(before, asked, terms(**given))
    return str(error.value).removeprefix(f"alert {before.id}").removeprefix(":").strip()


def test_closing_needs_a_verdict():
    """The words to choose from are told."""
    before = alert()
    assert refused(before, action(ActionKind.CLOSE, before)) == (
        "closing needs a verdict; "
        "give one of true, false, already_known, planned, averted, duplicate, unknown"
    )


def test_a_clock_behind_the_engine_does_not_turn_time_back():
    """The change has the operator's instant, the alert never an older one than before."""
    before = alert()
    change = act(before, Action(ActionKind.ACK, before.id, "Ann", before.updated_at_us - 100), terms())
    assert change.at_us == before.updated_at_us - 100
    assert change.alert.updated_at_us == before.updated_at_us


@pytest.mark.parametrize(
    ("level", "hours", "note", "told"),
    [
        (Level.BLUE, 1, "", "shelving needs a reason; say why"),
        (Level.BLUE, None, "dust", "shelving needs an end that is to come; say until when"),
        (Level.BLUE, -1, "dust", "shelving needs an end that is to come; say until when"),
        (Level.BLUE, 73, "dust", "a blue alert may be shelved for 72 h at most (desk.yaml, shelving)"),
        (Level.ORANGE, 5, "dust", "an orange alert may be shelved for 4 h at most (desk.yaml, shelving)"),
        (Level.RED, 1, "dust", "a red alert may not be shelved (desk.yaml, shelving); handle it"),
    ],
)
def test_a_shelf_has_a_reason_and_an_end_that_is_near(level, hours, note, told):
    """The graver, the shorter; 0 hours refuses it."""
    before = alert(level=level)
    until_us = None if hours is None else before.updated_at_us + round((hours * 60 + 1) * MINUTE_US)
    asked = action(ActionKind.SHELVE, before, note=note, until_us=until_us)
    found = refused(before, asked, rules={"shelving": {"red_h": 0}})
    assert found.endswith(told)


def test_what_is_not_on_a_shelf_is_not_taken_off():
    """Nothing to take back."""
    before = alert()
    assert refused(before, action(ActionKind.UNSHELVE, before)).endswith(
        "is not shelved; nothing to take back"
    )


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        (ActionKind.HAND_OUT, OPEN, "handing out needs a name; say to whom"),
        (ActionKind.REPORT, HANDLING, "a report says what was done; give a note"),
        (ActionKind.NOTE, OPEN, "the note is empty; write something"),
        (ActionKind.HAND, OPEN, "area '' is unknown; hand it to one of the area tree"),
        (ActionKind.APPROVE, OPEN, "has no draft to decide; draft it first"),
    ],
)
def test_what_is_missing_is_said(kind, state, told):
    """Each in a sentence that says what to give."""
    before = alert(state)
    assert refused(before, action(kind, before, note="")) == told


def test_an_alert_goes_down_and_up_but_never_sideways():
    """To a descendant or an ancestor of who has it; who gets it has to accept it."""
    before = replace(alert(ACK), handler="Bea", reported_at_us=5)
    up = act(before, action(ActionKind.HAND, before, to="COUNTY"), terms())
    assert (up.reason, up.alert.holder, up.alert.state) == (Reason.HANDED_UP, "COUNTY", OPEN)
    assert (up.alert.handler, up.alert.reported_at_us, up.alert.area) == (None, None, "TOWN")
    down = act(up.alert, action(ActionKind.HAND, up.alert, to="VILLAGE"), terms())
    assert (down.reason, down.alert.holder) == (Reason.HANDED_DOWN, "VILLAGE")
    assert "neither above nor below it, hand it up first, to one of COUNTY" in refused(
        before, action(ActionKind.HAND, before, to="OTHER")
    )
    assert "neither above nor below" in refused(before, action(ActionKind.HAND, before, to="TOWN"))


def drafted(level: Level = Level.ORANGE, **given) -> Alert:
    before = alert(level=level)
    return act(before, action(ActionKind.DRAFT, before), terms(**given)).alert


def test_orange_needs_a_second_person():
    """The drafter is not it, in whatever case the name is written; anybody else is."""
    made = drafted()
    assert (made.release.state, made.release.level, made.released) == (ReleaseState.DRAFTED, 2, False)
    same = action(ActionKind.APPROVE, made, actor="ANN (unverified)")
    assert refused(made, same) == "was drafted by Ann (unverified); a second person approves"
    done = act(made, action(ActionKind.APPROVE, made, actor=BEA), terms())
    assert (done.reason, done.alert.release.decided_by, done.alert.released) == (Reason.APPROVED, BEA, True)
    assert not replace(done.alert, level=Level.RED).released
    assert replace(done.alert, level=Level.YELLOW).released


def test_a_draft_is_rejected_by_whoever_sees_the_mistake():
    """The drafter too; afterwards it can be drafted again, not before."""
    made = drafted()
    assert "is drafted by Ann" in refused(made, action(ActionKind.DRAFT, made))
    gone = act(made, action(ActionKind.REJECT, made, note="wrong town"), terms()).alert
    assert (gone.release.state, gone.release.why) == (ReleaseState.REJECTED, "wrong town")
    assert act(gone, action(ActionKind.DRAFT, gone), terms()).reason is Reason.DRAFTED


def test_a_draft_lapses_and_a_rise_needs_another():
    """Thirty minutes by default; what was drafted orange is not approved red."""
    made = drafted()
    assert "the draft lapsed at " in refused(made, action(ActionKind.APPROVE, made, BEA, 30))
    risen = replace(made, level=Level.RED)
    assert refused(risen, action(ActionKind.APPROVE, risen, BEA)) == (
        "rose to red since it was drafted; draft it again"
    )


def test_the_deputy_may_approve_after_a_while():
    """The named first at once, the deputy after ten minutes, nobody else ever."""
    named = {"release": {"approvers": [{"area": "COUNTY", "first": "Bea", "deputy": "Cid"}]}}
    made = drafted(**named)
    assert "Cid is the deputy of Bea and may approve from " in refused(
        made, action(ActionKind.APPROVE, made, CID, 5), **named
    )
    assert "Bea approves for 'COUNTY', or Cid as deputy" in refused(
        made, action(ActionKind.APPROVE, made, "Dora", 5), **named
    )
    assert act(made, action(ActionKind.APPROVE, made, BEA), terms(**named)).alert.released
    assert act(made, action(ActionKind.APPROVE, made, CID, 11), terms(**named)).alert.released


def test_who_may_issue_which_level_is_a_matrix():
    """A town that may not issue orange is told to hand it up."""
    matrix = {"release": {"levels": {"town": ["blue", "yellow"], "county": ["blue", "orange"]}}}
    before = alert(level=Level.ORANGE)
    assert refused(before, action(ActionKind.DRAFT, before), **matrix) == (
        "a town may not issue orange (release.yaml, levels); hand it up first"
    )
    higher = replace(before, handed_to="COUNTY")
    assert act(higher, action(ActionKind.DRAFT, higher), terms(**matrix)).reason is Reason.DRAFTED
