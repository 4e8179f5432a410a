"""The Alertmanager channel: alerts posted to the v2 API of a Prometheus Alertmanager.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. An Alertmanager knows an
alert by its labels, and ends one by itself after its `resolve_timeout`; so the end of each is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riskwatch.core.channels import ChannelError, Failure, Message, Receipt
from riskwatch.deliver.http import Endpoint


@dataclass(frozen=True)
class AlertmanagerChannel:
    """Posts an alert under the labels of its level, and ends it under those of its earlier levels.

    A firing alert holds for `hold_h` hours after its newest change, or until its end is sent.
    """

    endpoint: Endpoint
    hold_h: float = 24.0
    name = "alertmanager"

    @property
    def timeout_s(self) -> float:
        """That of the request as a whole."""
        return self.endpoint.timeout_s

    def send(self, message: Message) -> Receipt:
        """Post one message; the API takes the same alert any number of times."""
        try:
            posted = self._posted(message)
        except (KeyError, TypeError, ValueError) as error:
            told = f"{self.endpoint}: message {message.id} tells no alert ({type(error).__name__})"
            raise ChannelError(told, Failure.STOP) from None
        body = json.dumps(posted, ensure_ascii=False).encode()
        self.endpoint.post(body, {"Content-Type": "application/json"})
        return Receipt(message.id)

    def _posted(self, message: Message) -> list[dict[str, Any]]:
        alert: Mapping[str, Any] = message.document["alert"]
        levels = [(entry["at"], entry["level"]) for entry in alert["level_history"]]
        levels = levels or [(alert["opened_at"], alert["level"])]
        hold = _instant(alert["updated_at"]) + timedelta(hours=self.hold_h)
        end = alert["closed_at"] or hold.isoformat()
        posted: dict[int, dict[str, Any]] = {}
        for (since, level), until in zip(levels, [*(at for at, _ in levels[1:]), end], strict=True):
            if level != alert["level"] or until == end:
                posted[level] = self._one(message, level, since, until)
        return list(posted.values())

    def _one(self, message: Message, level: int, since: str, until: str) -> dict[str, Any]:
        alert = message.document["alert"]
        words = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}
        texts = {
            "summary": message.document.get("title"),
            "description": message.document.get("text"),
            "send_id": message.id,
            "reason": message.document.get("reason"),
        }
        return {
            "labels": {
                "alertname": "riskwatch",
                "alert": str(alert["id"]),
                "kind": str(alert["kind"]),
                "area": str(alert["area"]),
                "signature": str(alert["signature"]),
                "level": words[level],
            },
            "annotations": {name: str(text) for name, text in texts.items() if text},
            "startsAt": since,
            "endsAt": max(until, since, key=_instant),
        }


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
