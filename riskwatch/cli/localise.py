"""Puts the words of one language into the command tree, whose texts are message keys until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Say = Callable[..., str]


def localise(command: Any, say: Say, path: tuple[str, ...] = ()) -> None:
    """Replace the help of a command, its options and all its subcommands.

    The key of a command is `help.NAME`, that of an option `option.KEY`, where KEY is its `help`.
    """
    name = "_".join(path) or "riskwatch"
    command.help = say(f"help.{name}")
    command.short_help = command.help.partition("\n")[0]
    for parameter in command.params:
        key = getattr(parameter, "help", None)
        if key and parameter.name != "help":
            parameter.help = say(f"option.{key}")
    for child, below in getattr(command, "commands", {}).items():
        localise(below, say, (*path, child))
