"""Planning sends plainly: everyone is told of everything; for archives, drills and tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from riskwatch.core.alerts import AlertChange, Reason
from riskwatch.core.sends import Known, Planned, Send, SendReason, send_id


class OneByOne(ABC):
    """A planner that looks at one change at a time; a later one sees what an earlier one planned."""

    @abstractmethod
    def plan(self, change: AlertChange, pending: Sequence[Send]) -> Planned:
        """What to send for one change, given what is unsent for its alert."""

    def plan_all(self, changes: Sequence[AlertChange], pending: Sequence[Send], known: Known) -> Planned:
        """What the changes of one entry mean, in order."""
        unsent: dict[str, dict[str, Send]] = {}
        for send in pending:
            unsent.setdefault(send.alert, {})[send.id] = send
        added: dict[str, Send] = {}
        cancelled: dict[str, str] = {}
        for change in changes:
            mine = unsent.setdefault(change.alert.id, {})
            planned = self.plan(change, list(mine.values()))
            for name, why in planned.cancel:
                mine.pop(name, None)
                cancelled.setdefault(name, why)
            for send in planned.add:
                mine[send.id] = added[send.id] = send
        return Planned(tuple(added.values()), tuple(cancelled.items()))


_TOLD = {
    Reason.OPENED: SendReason.FIRST,
    Reason.RELEASED: SendReason.FIRST,
    Reason.LEVEL_RAISED: SendReason.LEVEL_RAISED,
    Reason.CLEARED: SendReason.RESOLVED,
}
_NOT_ASKED_ANY_MORE = (Reason.ACKNOWLEDGED, Reason.CLOSED)


@dataclass(frozen=True, slots=True)
class TellEveryone(OneByOne):
    """Every shown alert that is new, raised or ended goes to every receiver at once.

    `repeat_s` is after how long it is told again while nobody acknowledges.
    """

    receivers: tuple[str, ...]
    repeat_s: float | None = None

    def plan(self, change: AlertChange, pending: Sequence[Send]) -> Planned:
        """New sends for news; an acknowledgement or an end cancels what still asks for someone."""
        cancel: tuple[tuple[str, str], ...] = ()
        if change.reason in _NOT_ASKED_ANY_MORE:
            cancel = tuple((s.id, f"the alert was {change.reason}") for s in pending if s.until_ack)
        elif change.reason in (Reason.CLEARED, Reason.LEVEL_RAISED):
            asked = (SendReason.REPEATED, SendReason.ESCALATED)
            cancel = tuple((s.id, str(change.reason)) for s in pending if s.reason in asked)
        reason = _TOLD.get(change.reason)
        if reason is None or not change.alert.shown:
            return Planned(cancel=cancel)
        return Planned(tuple(self._send(change, r, reason) for r in self.receivers), cancel)

    def _send(self, change: AlertChange, receiver: str, reason: SendReason) -> Send:
        alert, ended = change.alert, reason is SendReason.RESOLVED
        return Send(
            id=send_id(alert=alert.id, revision=alert.revision, receiver=receiver, reason=reason, step=0),
            alert=alert.id,
            revision=alert.revision,
            area=alert.area,
            receiver=receiver,
            reason=reason,
            due_us=change.at_us,
            repeat_s=None if ended else self.repeat_s,
            until_ack=not ended,
        )
