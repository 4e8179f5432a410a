"""An alert opened by hand: what the engine cannot see, an exercise's inject, a test."""

from __future__ import annotations

from riskwatch.alert.actions import Order
from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State
from riskwatch.core.side_states import Mode


def opened_by_hand(order: Order) -> AlertChange:
    """The first row of such an alert; whoever opened it is its actor, nobody has accepted it yet."""
    given, at_us = order.given, order.now_us
    level = Level(given["level"])
    alert = Alert(
        id=given["id"],
        kind=AlertKind.RISK,
        area=given["area"],
        signature=given["signature"],
        level=level,
        peak_level=level,
        levels=(LevelChange(at_us, level),),
        shown=True,
        state=State.OPEN,
        opened_at_us=at_us,
        updated_at_us=at_us,
        detail=given["what"],
        actor=order.actor,
        note=order.why,
        by_hand=True,
        mode=Mode(given["mode"]),
        drill=given["drill"],
        revision=1,
    )
    return AlertChange(alert, Reason.OPENED, at_us, order.actor, None, order.why)
