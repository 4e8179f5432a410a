"""What a change is to those who are told: news, a rise, an end, a silence; asked by the planner."""

from __future__ import annotations

from enum import Enum, auto

from riskwatch.core.alerts import Alert, AlertChange, State
from riskwatch.core.sends import SendReason
from riskwatch.deliver.routing import GRAVE

ENDED = ("returned", "resolved", "closed")
"""States in which nothing is left to act on."""

HELD = ("acknowledged", "handling")
"""States in which somebody has it."""

QUIET = (
    *("evidence_grew", "steadied", "level_lowered"),
    *("noted", "reported", "drafted", "approved", "rejected", "lapsed", "suppressed"),
)
"""Reasons that are no reason to wake anybody."""


class Verb(Enum):
    """What a change is to those who are told."""

    FIRST = auto()
    RAISED = auto()
    AGAIN = auto()  # open again, or still bad when a shelf or a window ended
    UPDATE = auto()
    HANDED = auto()
    OVERDUE = auto()
    ENDED = auto()
    SILENCED = auto()


OPENING = (Verb.FIRST, Verb.RAISED, Verb.AGAIN)
"""Those that page at orange and red."""

REASON = {
    Verb.FIRST: SendReason.FIRST,
    Verb.RAISED: SendReason.LEVEL_RAISED,
    Verb.AGAIN: SendReason.REPEATED,
    Verb.UPDATE: SendReason.REPEATED,
    Verb.HANDED: SendReason.HANDED_OVER,
    Verb.OVERDUE: SendReason.ESCALATED,
    Verb.ENDED: SendReason.RESOLVED,
}
_OPEN = {"opened": Verb.FIRST, "released": Verb.FIRST, "level_raised": Verb.RAISED}


def group_of(alert: Alert) -> str:
    """What one page speaks for: the alerts of one incident that an acknowledgement would bind.

    An acknowledgement binds its own signature only, so an incident that shows as two is told as two.
    """
    return f"{alert.incident}/{alert.signature}" if alert.incident else alert.id


def silence_of(alert: Alert) -> str:
    """Why nobody is told of an alert as it stands; empty where it may speak."""
    if not alert.shown:
        held = f"inhibited: the alert of {alert.inhibited_by} rests on the same calls"
        return held if alert.inhibited_by else "withheld by the alert budget"
    aside = str(alert.quiet or "")
    return f"{aside}: {alert.note}" if aside and alert.note else aside


def verb_of(change: AlertChange) -> Verb:
    """What a change is; one of an open alert that nobody knows here is told again, not swallowed."""
    reason, state = str(change.reason), str(change.alert.state)
    if state in ENDED:
        return Verb.ENDED
    if silence_of(change.alert):
        return Verb.SILENCED
    if reason.startswith("handed"):
        return Verb.HANDED
    if reason == "overdue":
        return Verb.OVERDUE
    if reason in QUIET or state != State.OPEN:
        return Verb.UPDATE
    return _OPEN.get(reason, Verb.AGAIN)


def burns(alert: Alert) -> bool:
    """Whether it is orange or red, and nobody has it."""
    return alert.level <= GRAVE and alert.state == State.OPEN and not silence_of(alert)


def stopped_by(change: AlertChange) -> str:
    """Why the pages of an alert stop with a change; empty where they go on."""
    alert, silence = change.alert, silence_of(change.alert)
    if str(alert.state) in ENDED:
        return f"over: {alert.state}"
    if silence:
        return silence
    if alert.state != State.OPEN:
        return f"{alert.state} by {change.actor}"
    return f"fell to {alert.level.word}, which waits for the handover sheet" if alert.level > GRAVE else ""
