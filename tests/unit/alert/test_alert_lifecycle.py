"""What an operator may do to an alert, in every state."""

from __future__ import annotations

import pytest
from made_alerts import BLUE, Timeline

from riskwatch.alert.lifecycle import Action, ActionKind, ActionRefused, act
from riskwatch.core.alerts import Reason, State, Verdict

AFTER = {
    (State.OPEN, ActionKind.ACK): State.ACKNOWLEDGED,
    (State.OPEN, ActionKind.CLOSE): State.CLOSED,
    (State.ACKNOWLEDGED, ActionKind.CLOSE): State.CLOSED,
    (State.RETURNED, ActionKind.CLOSE): State.CLOSED,
    (State.RESOLVED, ActionKind.CLOSE): State.CLOSED,
}


def alert(state: State):
    from dataclasses import replace

    time = Timeline()
    time.step(BLUE)
    return replace(time.alert, state=state)


@pytest.mark.parametrize("kind", list(ActionKind))
@pytest.mark.parametrize("state", list(State))
def test_every_action_in_every_state(state, kind):
    """Allowed ones change the state and say who did it; the others say which state they need."""
    before = alert(state)
    action = Action(kind, before.id, "Ann (unverified)", before.updated_at_us + 5, Verdict.TRUE, "note")
    if (state, kind) not in AFTER:
        with pytest.raises(
            ActionRefused, match=rf"^alert {before.id} is {state}; {kind} needs one that is "
        ):
            act(before, action)
        return
    change = act(before, action)
    after = change.alert
    assert after.state is AFTER[state, kind]
    assert change.reason is (Reason.ACKNOWLEDGED if kind is ActionKind.ACK else Reason.CLOSED)
    assert (after.actor, after.note, after.rising) == ("Ann (unverified)", "note", False)
    assert (after.revision, after.updated_at_us) == (before.revision + 1, action.at_us)
    assert after.verdict is (Verdict.TRUE if kind is ActionKind.CLOSE else None)
    assert after.closed_at_us == (action.at_us if kind is ActionKind.CLOSE else None)


def test_closing_needs_a_verdict():
    """The words to choose from are told."""
    before = alert(State.OPEN)
    with pytest.raises(ActionRefused) as error:
        act(before, Action(ActionKind.CLOSE, before.id, "Ann", 0))
    assert str(error.value) == (
        f"alert {before.id}: closing needs a verdict; "
        "give one of true, false, already_known, planned, averted, duplicate, unknown"
    )


def test_a_clock_behind_the_engine_does_not_turn_time_back():
    """The change has the operator's instant, the alert never an older one than before."""
    before = alert(State.OPEN)
    change = act(before, Action(ActionKind.ACK, before.id, "Ann", before.updated_at_us - 100))
    assert change.at_us == before.updated_at_us - 100
    assert change.alert.updated_at_us == before.updated_at_us
