"""An alert opened by hand: what the engine cannot see, an exercise's inject, a test."""

from __future__ import annotations

from riskwatch.alert.actions import ActionRefused, Order
from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State, alert_id
from riskwatch.core.scores import World
from riskwatch.core.side_states import Mode


def id_by_hand(world: World, area: str, signature: str, at_us: int, *, what: str, mode: Mode) -> str:
    """The id such an alert will have; raises ActionRefused where its place or signature is unknown."""
    if area not in world.tree.index:
        raise ActionRefused(
            f"area '{area}' is unknown; use a code of the area tree", "unknown_area", area=area
        )
    if signature not in world.registry.signature_index:
        known = ", ".join(world.registry.signature_index)
        raise ActionRefused(
            f"signature '{signature}' is unknown; use one of {known}",
            "unknown_signature",
            signature=signature,
            known=known,
        )
    return alert_id(
        kind=AlertKind.RISK,
        area=area,
        signature=signature,
        opened_at_us=at_us,
        detail=f"by hand\x1f{what}",
        mode=mode,
    )


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
