"""Shelving: an operator puts an alert aside for a bounded time; what still burns then is told again."""

from __future__ import annotations

from dataclasses import replace

from riskwatch.alert.actions import Action, ActionRefused
from riskwatch.alert.terms import Terms, changed
from riskwatch.core.alerts import Alert, AlertChange, Level, Reason, State
from riskwatch.core.clock import HOUR_US, iso
from riskwatch.core.side_states import Shelf


def shelve(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Put aside until an instant; a reason is needed, and the time is bounded by the alert's level."""
    if not action.note:
        raise ActionRefused(f"alert {alert.id}: shelving needs a reason; say why", "no_reason")
    longest_h = terms.rules.shelving.longest_h(alert.level)
    if longest_h == 0:
        raise ActionRefused(
            f"alert {alert.id}: {_a(alert.level)} alert may not be shelved (desk.yaml, shelving); "
            "handle it",
            "not_shelved_at",
            level=alert.level,
        )
    until_us = action.until_us
    if until_us is None or until_us <= action.now_us:
        raise ActionRefused(
            f"alert {alert.id}: shelving needs an end that is to come; say until when", "no_end"
        )
    if until_us > action.now_us + round(longest_h * HOUR_US):
        raise ActionRefused(
            f"alert {alert.id}: {iso(until_us)} is too far; "
            f"{_a(alert.level)} alert may be shelved for {longest_h:g} h at most (desk.yaml, shelving)",
            "shelf_too_long",
            level=alert.level,
            hours=f"{longest_h:g}",
        )
    return replace(alert, shelved=Shelf(until_us, action.note, action.actor, action.now_us)), Reason.SHELVED


def unshelve(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Take it off the shelf before its time."""
    del action, terms
    if alert.shelved is None:
        raise ActionRefused(f"alert {alert.id} is not shelved; nothing to take back", "not_shelved")
    return told_again(replace(alert, shelved=None)), Reason.UNSHELVED


def told_again(alert: Alert) -> Alert:
    """What was quiet and still burns is news; one in somebody's hands stays there."""
    return replace(alert, state=State.OPEN) if alert.state is State.ACKNOWLEDGED else alert


def shelf_ended(alert: Alert, at_us: int) -> AlertChange | None:
    """The change that tells it again, if its time on the shelf is over."""
    shelf = alert.shelved
    if shelf is None or at_us < shelf.until_us:
        return None
    back = told_again(replace(alert, shelved=None))
    return changed(alert, back, Reason.UNSHELVED, at_us, why=shelf.reason)


def _a(level: Level) -> str:
    return f"an {level.word}" if level is Level.ORANGE else f"a {level.word}"
