"""What an operator does to an alert: acknowledge it, or close it with a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from riskwatch.core.alerts import Alert, AlertChange, Reason, State, Verdict
from riskwatch.core.errors import RiskwatchError


class ActionKind(StrEnum):
    """What can be done so far."""

    ACK = "ack"
    CLOSE = "close"


class ActionRefused(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """The alert's state does not allow the action."""


@dataclass(frozen=True, slots=True)
class Action:
    """An operator's action; `actor` says that nobody checked the name until there is sign-in."""

    kind: ActionKind
    alert: str
    actor: str
    at_us: int
    verdict: Verdict | None = None
    note: str = ""


_ALLOWED = {
    ActionKind.ACK: (State.OPEN,),
    ActionKind.CLOSE: (State.OPEN, State.ACKNOWLEDGED, State.RETURNED, State.RESOLVED),
}


def act(alert: Alert, action: Action) -> AlertChange:
    """The alert after the action; raises ActionRefused where its state does not allow it."""
    if alert.state not in _ALLOWED[action.kind]:
        allowed = " or ".join(_ALLOWED[action.kind])
        raise ActionRefused(f"alert {alert.id} is {alert.state}; {action.kind} needs one that is {allowed}")
    if action.kind is ActionKind.ACK:
        changed = replace(alert, state=State.ACKNOWLEDGED)
        reason = Reason.ACKNOWLEDGED
    else:
        if action.verdict is None:
            words = ", ".join(Verdict)
            raise ActionRefused(f"alert {alert.id}: closing needs a verdict; give one of {words}")
        changed = replace(alert, state=State.CLOSED, verdict=action.verdict, closed_at_us=action.at_us)
        reason = Reason.CLOSED
    changed = replace(
        changed,
        updated_at_us=max(action.at_us, alert.updated_at_us),
        actor=action.actor,
        note=action.note,
        rising=False,
        revision=alert.revision + 1,
    )
    return AlertChange(changed, reason, action.at_us, action.actor)
