"""`riskwatch train`: runs the workspace's retraining over a store and says what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskwatch.cli.models import document
from riskwatch.cli.shell import Shell

FLOW = "flows.retrain:retrain"
"""Resolved in the workspace: the engine knows no flow."""


def train(
    ctx: typer.Context,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Train, compare, judge and register a candidate; the champion stays on duty."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)  # an empty store is told before slow imports

    def tell(key: str, **values: Any) -> None:
        shell.note(f"train.{key}", **values)

    retrain = _flow()
    kept = retrain(str(desk.place.home), str(desk.place.root), desk.place.url, tell)
    told = document(kept, champion="")
    if as_json:
        shell.emit({k: told[k] for k in ("version", "decision", "why", "metrics", "provenance", "sha256")})
        return
    shell.tell(
        "train.done", version=kept.version, decision=shell.say(f"models.decision.{told['decision']}")
    )
    flag = "" if told["decision"] == "pass" else " --override NAME"
    shell.tell("train.next", version=kept.version, flag=flag)


def _flow() -> Any:
    """The plain function of the workspace's flow; raises MissingExtra without the analyst's layer."""
    import importlib.util

    from riskwatch.core.errors import MissingExtra
    from riskwatch.workspace import resolve

    for needed in ("prefect", "mlflow"):
        if importlib.util.find_spec(needed) is None:
            raise MissingExtra("riskwatch train", "analyst")
    found = resolve(FLOW, "the workspace")
    return getattr(found, "fn", found)
