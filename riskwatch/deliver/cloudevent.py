"""A message as a CloudEvent 1.0 in structured JSON: what a webhook posts and `alerts show` can print.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, with its extensions Sequence and
Partitioning.
"""

from __future__ import annotations

from typing import Any

from riskwatch.core.channels import Message

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SOURCE = "/riskwatch"


def cloud_event(message: Message, source: str = SOURCE) -> dict[str, Any]:
    """The event; `sequence` ascends by area and receiver, and compares as text."""
    document = message.document
    alert = document.get("alert") or {}
    event = {
        "specversion": "1.0",
        "id": message.id,
        "source": source,
        "type": f"riskwatch.alert.{document.get('reason', 'told')}",
        "subject": alert.get("id") or document.get("area"),
        "time": alert.get("updated_at"),
        "partitionkey": document.get("area"),
        "sequence": f"{document['sequence']:012d}" if document.get("sequence") is not None else None,
        "datacontenttype": "application/json",
        "data": dict(document),
    }
    return {name: value for name, value in event.items() if value is not None}
