"""`riskwatch training-set`: what a store's feature log teaches, as a file that an analyst can open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskwatch.cli.shell import Shell


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="training_set", no_args_is_help=True)
    app.callback()(_group)  # so that it stays a group while it has one command
    app.command("export", help="export")(export)
    return app


def _group() -> None:
    """Options of every command of the group: none."""


def export(
    ctx: typer.Context,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="training_set_out")],
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="replay_json")] = False,
) -> None:
    """Write every row whose label is known by the last written day, with labels and hashes beside it."""
    from riskwatch.core.clock import iso
    from riskwatch.learn.labels import load_labels
    from riskwatch.learn.training_set import build_training_set
    from riskwatch.learn.verdict_labels import judged_alerts

    shell: Shell = ctx.obj
    desk = shell.desk(store)
    file = load_labels(desk.place.root, desk.place.home / "configs")
    judged = judged_alerts(desk.alerts)
    found = build_training_set(desk.feature_log(), file.labels, file.sample, judged=judged)
    first, last = found.window_us
    told = {
        "file": str(found.write(out.expanduser())),
        "rows": found.table.num_rows,
        "outcomes": int(found.column("outcome").sum()),
        "onsets": int(found.column("onset").sum()),
        "first": iso(first),
        "last": iso(last),
        "labels": found.labels.hash,
        "hash": found.hash,
    }
    if as_json:
        shell.emit(told)
    else:
        shell.tell("training_set.written", **told)
