"""The contract of a delivery channel: takes a message, tells that it has it, or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from riskwatch.core.errors import RiskwatchError


class ChannelError(RiskwatchError):
    """A message was not delivered; the text says where and why, and never holds a secret."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: an id that stays the same on every retry, and a JSON document."""

    id: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side has the message; `repeated` where it is known to have had it before."""

    message_id: str
    repeated: bool = False


class Channel(Protocol):
    """Delivers messages at least once; a retry carries the same id and is accepted again."""

    name: str
    timeout_s: float
    """The longest that `send` waits for the other side; 0 where it waits for nobody."""

    def send(self, message: Message) -> Receipt:
        """Deliver one message; raises ChannelError with a reason."""
        ...
