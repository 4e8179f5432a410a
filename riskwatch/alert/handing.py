"""Who has an alert: handed out within a desk, handed down or up along the area tree."""

from __future__ import annotations

from dataclasses import replace

from riskwatch.alert.actions import Action, ActionRefused
from riskwatch.alert.terms import Terms
from riskwatch.core.alerts import Alert, Reason, State


def hand_out(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Give it to somebody of the desk; whoever hands it out has accepted it."""
    del terms
    if not action.to.strip():
        raise ActionRefused(f"alert {alert.id}: handing out needs a name; say to whom", "no_handler")
    state = State.ACKNOWLEDGED if alert.state is State.OPEN else alert.state
    return replace(alert, state=state, handler=action.to.strip()), Reason.HANDED_OUT


def hand(alert: Alert, action: Action, terms: Terms) -> tuple[Alert, Reason]:
    """Let the desk of a descendant or an ancestor have it; that desk has to accept it."""
    tree, here = terms.tree, alert.holder
    if action.to not in tree.index:
        raise ActionRefused(
            f"alert {alert.id}: area '{action.to}' is unknown; hand it to one of the area tree",
            "unknown_area",
            area=action.to,
        )
    line = tree.line(here)
    near = {
        **dict.fromkeys(line, Reason.HANDED_UP),
        **dict.fromkeys(tree.below(here), Reason.HANDED_DOWN),
    }
    near.pop(here)
    reason = near.get(action.to)
    if reason is None:
        raise ActionRefused(
            f"alert {alert.id} is held by '{here}'; '{action.to}' is neither above nor below it, "
            f"hand it up first, to one of {', '.join(line[1:]) or 'none'}",
            "not_a_relative",
            area=action.to,
            holder=here,
        )
    to = None if action.to == alert.area else action.to
    return replace(alert, handed_to=to, handler=None, reported_at_us=None, state=_to_accept(alert)), reason


def _to_accept(alert: Alert) -> State:
    """What is in progress has to be accepted by the desk that has it now; what ended stays ended."""
    standing = (State.ACKNOWLEDGED, State.HANDLING)
    return State.OPEN if alert.state in standing else alert.state
