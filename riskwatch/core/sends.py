"""Sends: who is to be told of an alert, when and why; planned by routing, kept by the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from riskwatch.core.alerts import Alert, AlertChange


class SendReason(StrEnum):
    """Why a receiver is told; every message carries one."""

    FIRST = "first"
    LEVEL_RAISED = "level_raised"
    REPEATED = "repeated"
    ESCALATED = "escalated"  # nobody acknowledged in time: the next step is told
    HANDED_OVER = "handed_over"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Send:
    """One message to one receiver, not before `due_us`.

    `receiver` is a name of `configs/routes.yaml`. `step` is the rung of the escalation chain, 0 for
    those told at once. `repeat_s` is after how long it is sent again while nobody acknowledges,
    `until_ack` says that an acknowledgement cancels it. `key` groups the sends of one incident.
    """

    id: str
    alert: str
    revision: int
    area: str
    receiver: str
    reason: SendReason
    due_us: int
    step: int = 0
    repeat_s: float | None = None
    until_ack: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """What an alert's change means for the outbox: sends to add, and (send id, why) to cancel."""

    add: tuple[Send, ...] = ()
    cancel: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a planner is told beside the changes.

    `relatives` are the other alerts of the same incidents, as they stand. `told` are the sends of
    these alerts and incidents that were sent; None where nobody knows, and then the routes say who
    was to be told by now.
    """

    relatives: Sequence[Alert] = ()
    told: Sequence[Send] | None = None


class Planner(Protocol):
    """Turns changes of alerts into sends; a pure function, so that a replay plans the same."""

    def plan_all(self, changes: Sequence[AlertChange], pending: Sequence[Send], known: Known) -> Planned:
        """What to send for the changes of one inbox entry, in their order.

        `pending` is what is unsent for these alerts and their incidents.
        """
        ...


def send_id(*, alert: str, revision: int, receiver: str, reason: SendReason, step: int, n: int = 0) -> str:
    """An id derived from content: the same on every retry and after every replay; `n` counts repeats.

    >>> send_id(alert="rw-1", revision=1, receiver="desk", reason=SendReason.FIRST, step=0)
    'rs-92f19e3155fd'
    """
    text = "\x1f".join((alert, str(revision), receiver, reason, str(step), str(n)))
    return "rs-" + hashlib.sha256(text.encode()).hexdigest()[:12]
