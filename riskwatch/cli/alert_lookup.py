"""What the words of a command line stand for: an alert, a level, a part of the area tree, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.core.alerts import Alert
    from riskwatch.desk import Desk


def named(shell: Shell, actor: str) -> str:
    """The name of who acts; an empty one is a mistake."""
    if not actor.strip():
        raise typer.BadParameter(shell.say("alerts.no_name"), param_hint="--as")
    return actor.strip()


def one(shell: Shell, desk: Desk, alert_id: str) -> Alert:
    """The alert of an id or of its beginning; says whether none or several begin so."""
    found = desk.alerts.get(alert_id) if alert_id else None
    if found is not None:
        return found
    fitting = [a.id for a in desk.alerts.find(everything=True) if a.id.startswith(alert_id)]
    if fitting:
        listed = ", ".join(fitting[:5]) + (", …" if len(fitting) > 5 else "")
        told = shell.say("alerts.ambiguous", id=alert_id, n=len(fitting), listed=listed)
    else:
        told = shell.say("alerts.unknown", id=alert_id)
    raise typer.BadParameter(told, param_hint="ID")


def subtree(shell: Shell, desk: Desk, code: str | None) -> tuple[str, ...] | None:
    """The codes of an area and all below it; None for every area."""
    return None if code is None else desk.settings.world.tree.below(area_code(shell, desk, code))


def area_code(shell: Shell, desk: Desk, code: str) -> str:
    """The code of an area, in whatever case it was written; an unknown one names those near it."""
    tree = desk.settings.world.tree
    by_folded = {c.casefold(): c for c in tree.codes}
    exact = code if code in tree.index else by_folded.get(code.strip().casefold())
    if exact is None:
        import difflib

        near = difflib.get_close_matches(code.upper(), tree.codes, n=3)
        told = shell.say("alerts.unknown_area", area=code, near=", ".join(near or tree.codes[:3]))
        raise typer.BadParameter(told, param_hint="--area")
    return exact


def level_of(shell: Shell, text: str | None) -> int | None:
    """1 to 4 of a number or a word in English or Chinese."""
    if text is None:
        return None
    words = {"red": 1, "orange": 2, "yellow": 3, "blue": 4, "红": 1, "橙": 2, "黄": 3, "蓝": 4}
    folded = text.strip().lower().removesuffix("色")
    level = int(folded) if folded in {"1", "2", "3", "4"} else words.get(folded)
    if level is None:
        raise typer.BadParameter(shell.say("alerts.unknown_level", level=text), param_hint="--level")
    return level
