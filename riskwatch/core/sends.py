"""Sends: who is to be told of an alert, when and why; planned by routing, kept by the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from riskwatch.core.alerts import AlertChange


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


class Planner(Protocol):
    """Turns a change of an alert into sends; a pure function, so that a replay plans the same."""

    def plan(self, change: AlertChange, pending: Sequence[Send]) -> Planned:
        """What to send for this change, given what is still unsent for the same alert."""
        ...


def send_id(*, alert: str, revision: int, receiver: str, reason: SendReason, step: int, n: int = 0) -> str:
    """An id derived from content: the same on every retry and after every replay; `n` counts repeats.

    >>> send_id(alert="rw-1", revision=1, receiver="desk", reason=SendReason.FIRST, step=0)
    'rs-92f19e3155fd'
    """
    text = "\x1f".join((alert, str(revision), receiver, reason, str(step), str(n)))
    return "rs-" + hashlib.sha256(text.encode()).hexdigest()[:12]
