"""The five steps of a hotline desk, read off an alert's state: which is owed next, and by when."""

from __future__ import annotations

from dataclasses import replace

from riskwatch.alert.desk_rules import DutyRules
from riskwatch.alert.terms import changed
from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Reason, State
from riskwatch.core.clock import MINUTE_US
from riskwatch.core.revised import revised
from riskwatch.core.side_states import Duty, Step

AFRESH = (
    Reason.OPENED,
    Reason.LEVEL_RAISED,
    Reason.RELEASED,
    Reason.UNSHELVED,
    Reason.HANDED_DOWN,
    Reason.HANDED_UP,
)
"""What starts the clock of a step anew."""


def owed(alert: Alert) -> Step | None:
    """The next step: accept, hand out, handle, report back, evaluate.

    Nothing is owed of what is closed, expired, behind a relative's alert, or quiet for a time; nor a
    verdict of a notice that ended.
    """
    if not alert.shown or alert.quiet or alert.expired_at_us is not None:
        return None
    match alert.state:
        case State.OPEN:
            return Step.ACCEPT
        case State.ACKNOWLEDGED:
            return Step.HANDLE if alert.handler else Step.HAND_OUT
        case State.HANDLING:
            return Step.REPORT_BACK if alert.reported_at_us is None else Step.EVALUATE
        case State.RETURNED | State.RESOLVED:
            return Step.EVALUATE if alert.kind is AlertKind.RISK else None
        case _:
            return None


def with_duty(before: Alert | None, alert: Alert, reason: Reason, at_us: int, rules: DutyRules) -> Alert:
    """The alert with what is owed after a change; a step in progress keeps its time limit."""
    step = owed(alert)
    if step is None:
        return alert if alert.duty is None else revised(alert, duty=None)
    same = before is not None and before.duty is not None and before.duty.step is step
    if same and reason not in AFRESH:
        return alert
    level = alert.peak_level if step is Step.EVALUATE else alert.level  # judged by the worst it was
    limit_min = rules.limit_min(step, level)
    due_us = None if limit_min is None else at_us + round(limit_min * MINUTE_US)
    return revised(alert, duty=Duty(step, at_us, due_us))


def overdue(alert: Alert, at_us: int) -> AlertChange | None:
    """The change that says so, once, if the step that is owed was not done in time."""
    duty = alert.duty
    if duty is None or duty.due_us is None or duty.overdue_since_us is not None or at_us < duty.due_us:
        return None
    late = revised(alert, duty=replace(duty, overdue_since_us=duty.due_us))
    return changed(alert, late, Reason.OVERDUE, at_us, why=duty.step)
