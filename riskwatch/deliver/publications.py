"""What of an alert's life is published: its first message, updates, and the cancelling; used by CAP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from riskwatch.core.alerts import ENDED, Alert, AlertChange, AlertKind, Reason
from riskwatch.core.clock import SECOND_US


class MessageType(StrEnum):
    """The types of CAP 1.2 that a warning has."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


_NEWS = {
    Reason.OPENED,
    Reason.LEVEL_RAISED,
    Reason.LEVEL_LOWERED,
    Reason.EVIDENCE_GREW,
    Reason.RELEASED,
    Reason.UNSHELVED,
    Reason.APPROVED,
    Reason.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Publication:
    """One message: the alert as it stood, when it was sent, and the messages that it replaces."""

    type: MessageType
    alert: Alert
    sent_us: int
    references: tuple[tuple[str, int], ...] = ()  # (identifier, sent) of the earlier ones, oldest first

    @property
    def identifier(self) -> str:
        """Unique for this sender, and the same after every replay."""
        return f"{self.alert.id}.{self.alert.revision}"


def publications(changes: Iterable[AlertChange], *, released_only: bool = False) -> list[Publication]:
    """The messages of one alert's life, oldest first; none while it is hidden from the desk.

    With `released_only` those that may leave: nothing is told before its release was approved, nor a
    higher level than was approved; the end of what was told always is.

    A risk alert that is shown begins with an Alert; what changes what a reader knows is an Update
    that names all earlier messages; its end, or its hiding, is a Cancel. Acknowledgement and the
    desk's other steps are nobody's business outside. Notices about the data are not published.
    Instants are cut to the second, which is what CAP knows, and never go back or stand still.
    """
    made: list[Publication] = []
    for change in changes:
        alert = change.alert
        if alert.kind is not AlertKind.RISK:
            return []
        standing = bool(made) and made[-1].type is not MessageType.CANCEL
        over = alert.state in ENDED or not alert.shown
        if over and not standing:
            continue
        if not over and standing and change.reason not in _NEWS:
            continue
        if released_only and not over and not alert.released:
            continue
        earliest = made[-1].sent_us + SECOND_US if made else 0
        sent_us = max(change.at_us // SECOND_US * SECOND_US, earliest)
        references = tuple((p.identifier, p.sent_us) for p in made) if standing else ()
        kind = MessageType.CANCEL if over else MessageType.UPDATE if standing else MessageType.ALERT
        made.append(Publication(kind, alert, sent_us, references))
    return made
