"""What a receiver is told: the document of a send, made of the revision of the alert that it tells."""

from __future__ import annotations

from typing import Any

from riskwatch.core.alerts import Alert
from riskwatch.core.clock import iso
from riskwatch.deliver.document import alert_document
from riskwatch.messages.sentence import Words
from riskwatch.store.outbox import OutboxRow


def notification(row: OutboxRow, alert: Alert, words: Words) -> dict[str, Any]:
    """The document: why it is sent, its place in the area's sequence, a title, a text, and the alert.

    Everything in it is a function of the row and the revision, so that each retry says the same.
    """
    send = row.send
    reason = words.text(f"send.{send.reason}")
    title = words.text(
        "send.title",
        level=words.level_full(alert.level),
        area=words.place(alert),
        subject=words.subject(alert),
        reason=reason,
    )
    return {
        "reason": str(send.reason),
        "reason_text": reason,
        "step": send.step,
        "repeat": row.n,
        "area": send.area,
        "sequence": row.number,
        "group": send.key,
        "due_at": iso(send.due_us),
        "title": title,
        "text": words.sentence(alert),
        "alert": alert_document(alert, words),
    }
