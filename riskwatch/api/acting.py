"""An operator's action as it comes from a form or the API: checked, then handed to the desk."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from riskwatch.alert.actions import ActionKind, ActionRefused
from riskwatch.api.refusals import BadInput, CrossSite, NotAllowed, UnknownAlert
from riskwatch.api.security import same_site
from riskwatch.core.alerts import Alert, Verdict
from riskwatch.core.clock import HOUR_US, to_us
from riskwatch.desk import Desk

NAME_CHARS = 80
NOTE_CHARS = 500
_MOST_HOURS = 24 * 365.0


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants done to an alert, unchecked."""

    kind: ActionKind
    alert_id: str
    name: str
    verdict: str = ""
    note: str = ""
    to: str = ""
    hours: float | None = None


def perform(desk: Desk, act: Act, request: Request, *, browser: bool) -> Alert:
    """The alert after the action; raises CrossSite, UnknownAlert, BadInput or NotAllowed."""
    if not same_site(request.headers, browser=browser):
        raise CrossSite
    alert = desk.alerts.get(act.alert_id)
    if alert is None:
        raise UnknownAlert(act.alert_id)
    name, note = act.name.strip(), act.note.strip()
    if not name:
        raise BadInput("problem.no_name")
    if len(name) > NAME_CHARS or not name.isprintable():
        raise BadInput("problem.long_name", n=NAME_CHARS)
    if len(note) > NOTE_CHARS:
        raise BadInput("problem.long_note", n=NOTE_CHARS)
    verdict = None
    if act.kind is ActionKind.CLOSE:
        if act.verdict not in tuple(Verdict):
            raise BadInput("problem.no_verdict")
        verdict = Verdict(act.verdict)
    to = act.to.strip()
    if len(to) > NAME_CHARS or not to.isprintable():
        raise BadInput("problem.long_name", n=NAME_CHARS)
    until_us = None
    if act.kind is ActionKind.SHELVE and act.hours is not None and 0 < act.hours <= _MOST_HOURS:
        until_us = to_us(desk.clock.now()) + round(act.hours * HOUR_US)
    try:
        return desk.act(act.kind, alert.id, name, verdict=verdict, note=note, to=to, until_us=until_us)
    except ActionRefused as error:
        raise NotAllowed(error, act.kind, desk.alerts.get(alert.id) or alert) from error
