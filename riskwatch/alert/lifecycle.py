"""What an operator does to an alert, in every state: who may, what it becomes, and the row that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from riskwatch.alert.actions import Action, ActionKind, ActionRefused
from riskwatch.alert.handing import hand, hand_out
from riskwatch.alert.release import decide, draft
from riskwatch.alert.shelving import shelve, unshelve
from riskwatch.alert.terms import Terms, changed
from riskwatch.core.alerts import Alert, AlertChange, Reason, State, Verdict

__all__ = ["Action", "ActionKind", "ActionRefused", "act", "allowed"]

_STANDING = (State.OPEN, State.ACKNOWLEDGED, State.HANDLING)
_ENDED = (State.RETURNED, State.RESOLVED)
_ALLOWED: dict[ActionKind, tuple[State, ...]] = {
    ActionKind.ACK: (State.OPEN,),
    ActionKind.HAND_OUT: _STANDING,
    ActionKind.HANDLE: (State.OPEN, State.ACKNOWLEDGED),
    ActionKind.REPORT: (State.HANDLING,),
    ActionKind.CLOSE: (*_STANDING, *_ENDED),
    ActionKind.SHELVE: _STANDING,
    ActionKind.UNSHELVE: _STANDING,
    ActionKind.HAND: (*_STANDING, *_ENDED),
    ActionKind.NOTE: tuple(State),
    ActionKind.DRAFT: _STANDING,
    ActionKind.APPROVE: _STANDING,
    ActionKind.REJECT: _STANDING,
}


def allowed(alert: Alert) -> tuple[ActionKind, ...]:
    """What its state allows; rules may refuse some of it still."""
    return tuple(kind for kind, states in _ALLOWED.items() if alert.state in states)


def act(alert: Alert, action: Action, terms: Terms) -> AlertChange:
    """The alert after the action; raises ActionRefused where its state or the rules do not allow it."""
    states = _ALLOWED[action.kind]
    if alert.state not in states:
        raise ActionRefused(
            f"alert {alert.id} is {alert.state}; {action.kind} needs one that is {' or '.join(states)}"
        )
    after, reason = _DO[action.kind](alert, action, terms)
    after = replace(after, actor=action.actor, note=action.note)
    if action.kind is not ActionKind.NOTE:
        after = replace(after, rising=False)
    return changed(alert, after, reason, action.at_us, actor=action.actor, why=action.note)


def _acknowledge(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """It binds this alert alone: another signature of the same place is another alert."""
    del action, terms
    return replace(alert, state=State.ACKNOWLEDGED), Reason.ACKNOWLEDGED


def _handle(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Whoever begins to handle what nobody was given has taken it."""
    del terms
    handler = alert.handler or action.actor
    return replace(alert, state=State.HANDLING, handler=handler, reported_at_us=None), Reason.HANDLING


def _report(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """What was done, told back: without words it is no report."""
    del terms
    if not action.note:
        raise ActionRefused(f"alert {alert.id}: a report says what was done; give a note", "no_report")
    return replace(alert, reported_at_us=action.now_us), Reason.REPORTED


def _close(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    del terms
    if action.verdict is None:
        words = ", ".join(Verdict)
        raise ActionRefused(
            f"alert {alert.id}: closing needs a verdict; give one of {words}", "no_verdict", words=words
        )
    return replace(
        alert, state=State.CLOSED, verdict=action.verdict, closed_at_us=action.at_us
    ), Reason.CLOSED


def _note(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    del terms
    if not action.note:
        raise ActionRefused(f"alert {alert.id}: the note is empty; write something", "no_note")
    return alert, Reason.NOTED


_DO: dict[ActionKind, Callable[[Alert, Action, Terms], tuple[Alert, Reason]]] = {
    ActionKind.ACK: _acknowledge,
    ActionKind.HAND_OUT: hand_out,
    ActionKind.HANDLE: _handle,
    ActionKind.REPORT: _report,
    ActionKind.CLOSE: _close,
    ActionKind.SHELVE: shelve,
    ActionKind.UNSHELVE: unshelve,
    ActionKind.HAND: hand,
    ActionKind.NOTE: _note,
    ActionKind.DRAFT: draft,
    ActionKind.APPROVE: decide,
    ActionKind.REJECT: decide,
}
