"""Prints what a receiver would get of an alert: its newest message, in the form that it takes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from riskwatch.cli.alert_form import Form
from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.core.alerts import Alert
    from riskwatch.desk import Desk


def tell_format(shell: Shell, desk: Desk, alert: Alert, form: Form) -> None:
    """To standard output, byte for byte."""
    from riskwatch.deliver.publications import publications

    if form is Form.CLOUDEVENTS:
        _event(shell, desk, alert)
        return
    messages = publications(desk.alerts.changes(alert.id))
    if not messages:
        raise typer.BadParameter(shell.say("format.none", id=alert.id), param_hint="--format")
    from riskwatch.api.publishing import Publishing

    publishing = Publishing(desk)
    if form is Form.CAP:
        document = publishing.cap(messages[-1])
    else:
        _, document = publishing.national(messages[-1])
    sys.stdout.write(document.decode())


def _event(shell: Shell, desk: Desk, alert: Alert) -> None:
    from riskwatch.core.channels import Message
    from riskwatch.deliver.cloudevent import cloud_event
    from riskwatch.deliver.document import alert_document

    document = {
        "reason": "shown",
        "area": alert.area,
        "alert": alert_document(alert, shell.words(desk.settings)),
    }
    shell.emit(cloud_event(Message(f"{alert.id}.{alert.revision}", document)))
