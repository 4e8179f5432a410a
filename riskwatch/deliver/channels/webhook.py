"""The webhook channel: a CloudEvent, signed after Standard Webhooks, posted through the egress guard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from riskwatch.core.channels import ChannelError, Failure, Message, Receipt
from riskwatch.core.clock import SECOND_US, Clock, to_us
from riskwatch.deliver.cloudevent import CONTENT_TYPE, SOURCE, cloud_event
from riskwatch.deliver.http import Endpoint
from riskwatch.deliver.signature import signed_headers


@dataclass(frozen=True)
class WebhookChannel:
    """Posts each message; a retry carries the same `webhook-id` and a signature of its own time."""

    endpoint: Endpoint
    clock: Clock = field(repr=False)
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    source: str = SOURCE
    name = "webhook"

    @property
    def timeout_s(self) -> float:
        """That of the request as a whole."""
        return self.endpoint.timeout_s

    def send(self, message: Message) -> Receipt:
        """Post one message; raises ChannelError with a reason."""
        try:
            body = json.dumps(
                cloud_event(message, self.source), ensure_ascii=False, allow_nan=False
            ).encode()
        except (TypeError, ValueError) as error:
            told = f"{self.endpoint}: message {message.id} is not JSON ({error})"
            raise ChannelError(told, Failure.STOP) from None
        headers = {"Content-Type": CONTENT_TYPE}
        if self.keys:
            at_s = to_us(self.clock.now()) // SECOND_US
            headers |= signed_headers(message.id, at_s, body, self.keys)
        self.endpoint.post(body, headers)
        return Receipt(message.id)
