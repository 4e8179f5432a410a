"""Instants as people write them on a command line: local time of the store, or hours from now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.desk import Desk


def until_of(shell: Shell, desk: Desk, until: str | None, hours: float | None) -> int:
    """The end in microseconds UTC, of `--until` (local unless it names a zone) or of `--hours`."""
    from zoneinfo import ZoneInfo

    from riskwatch.core.clock import to_us

    if (until is None) == (hours is None):
        raise typer.BadParameter(shell.say("instant.one_of"), param_hint="--until")
    if hours is not None:
        return to_us(shell.clock.now() + timedelta(hours=hours))
    try:
        instant = datetime.fromisoformat(str(until))
    except ValueError:
        told = shell.say("instant.bad", text=until)
        raise typer.BadParameter(told, param_hint="--until") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ZoneInfo(desk.settings.world.timezone))
    return to_us(instant)
