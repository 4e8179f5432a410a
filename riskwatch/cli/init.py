"""`riskwatch init`: copies the workspace's content into a folder for a desk to own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from riskwatch.cli.shell import Shell
from riskwatch.workspace import find_workspace

CONTENT = ("features", "models", "flows", "configs")
"""What a desk owns; the engine stays where it is installed."""


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="init_folder")],
    force: Annotated[bool, typer.Option("--force", help="init_force")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Copy features, models, flows and configs; files that are in the way are kept unless forced."""
    shell: Shell = ctx.obj
    target = (shell.here / folder.expanduser()).resolve()
    if target.exists() and not target.is_dir():
        raise typer.BadParameter(shell.say("init.is_file", folder=target))
    if target.is_dir() and any(target.iterdir()) and not force:
        raise typer.BadParameter(shell.say("init.not_empty", folder=target))
    content = find_workspace(
        {}, Path(__file__).parent
    )  # what is shipped, whatever folder this is called in
    for name in CONTENT:
        shutil.copytree(
            content / name,
            target / name,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.pyc"),
        )
    ignored = target / ".gitignore"
    if not ignored.exists():
        ignored.write_text(".riskwatch/\n__pycache__/\n", encoding="utf-8")
    if as_json:
        shell.emit({"folder": str(target), "content": list(CONTENT)})
    else:
        shell.tell("init.done", folder=target)
