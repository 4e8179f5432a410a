"""The contract of a delivery channel: takes a message, tells that it has it, or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from riskwatch.core.errors import RiskwatchError


class Failure(StrEnum):
    """What a failure means for the message: try again, give it up, or give the receiver up."""

    RETRY = "retry"
    STOP = "stop"
    GONE = "gone"


class ChannelError(RiskwatchError):
    """A message was not delivered; the text says where and why, and never holds a secret.

    `retry_after_s` is how long the other side asks to be left alone.
    """

    def __init__(
        self, text: str, failure: Failure = Failure.RETRY, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(text)
        self.failure, self.retry_after_s = failure, retry_after_s


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

    @property
    def name(self) -> str:
        """The kind of channel."""
        ...

    @property
    def timeout_s(self) -> float:
        """The longest that `send` waits for the other side; 0 where it waits for nobody."""
        ...

    def send(self, message: Message) -> Receipt:
        """Deliver one message; raises ChannelError with a reason."""
        ...
