"""The part of an alert's public JSON about its life: who has it, what is owed, what is beside its state."""

from __future__ import annotations

from typing import Any

from riskwatch.core.alerts import Alert, Level
from riskwatch.core.clock import iso
from riskwatch.core.side_states import Duty, Release


def life_document(alert: Alert) -> dict[str, Any]:
    """Keys that every alert has; null where there is nothing to tell."""
    shelf, window, flap = alert.shelved, alert.suppressed, alert.flapping
    return {
        "holder": alert.holder,
        "handler": alert.handler,
        "reported_at": _iso(alert.reported_at_us),
        "incident": alert.incident or None,
        "by_hand": alert.by_hand,
        "mode": str(alert.mode),
        "drill": alert.drill or None,
        "duty": alert.duty and _duty(alert.duty),
        "overdue": alert.overdue,
        "quiet": alert.quiet and str(alert.quiet),
        "shelved": shelf
        and {
            "until": iso(shelf.until_us),
            "reason": shelf.reason,
            "by": shelf.actor,
            "since": iso(shelf.since_us),
        },
        "suppressed": window
        and {"window": window.window, "until": iso(window.until_us), "reason": window.reason},
        "flapping": flap
        and {"since": iso(flap.since_us), "until": iso(flap.until_us), "times": flap.times},
        "expired_at": _iso(alert.expired_at_us),
        "release": alert.release and _release(alert.release),
        "released": alert.released,
    }


def _iso(instant_us: int | None) -> str | None:
    return None if instant_us is None else iso(instant_us)


def _duty(duty: Duty) -> dict[str, Any]:
    return {
        "step": str(duty.step),
        "since": iso(duty.since_us),
        "due": _iso(duty.due_us),
        "overdue_since": _iso(duty.overdue_since_us),
    }


def _release(made: Release) -> dict[str, Any]:
    return {
        "state": str(made.state),
        "level": made.level,
        "level_word": Level(made.level).word,
        "area": made.area,
        "drafted_by": made.drafted_by,
        "drafted_at": iso(made.drafted_at_us),
        "due": _iso(made.due_us),
        "decided_by": made.decided_by,
        "decided_at": _iso(made.decided_at_us),
        "why": made.why,
    }
