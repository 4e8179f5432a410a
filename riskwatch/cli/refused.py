"""Refusals of the desk in the words of the catalogue, the same that the page says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskwatch.alert.actions import ActionKind
    from riskwatch.cli.shell import Shell
    from riskwatch.desk import Desk


@contextmanager
def in_words(
    shell: Shell, desk: Desk, kind: ActionKind | None = None, alert_id: str | None = None
) -> Iterator[None]:
    """What is refused within is told in the language of the command, with the alert it is about."""
    from riskwatch.alert.actions import ActionRefused
    from riskwatch.api.refusals import refused_in_words

    try:
        yield
    except ActionRefused as error:
        alert = desk.alerts.get(alert_id) if alert_id else None
        told = refused_in_words(error, shell.words(desk.settings), kind, alert.state if alert else None)
        told = f"{alert.id}: {told}" if alert else told
        raise ActionRefused(told, error.key, **error.fields) from error
