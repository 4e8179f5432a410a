"""`riskwatch train`: runs the workspace's retraining over a store and says what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskwatch.cli.models import document
from riskwatch.cli.shell import Shell
from riskwatch.cli.truth_options import Complete, Register, Sample, Split, Truth, truth_if_any

FLOW = "flows.retrain:retrain"
"""Resolved in the workspace: the engine knows no flow."""


def train(  # noqa: PLR0913 - three kinds of truth
    ctx: typer.Context,
    *,
    truth: Truth = None,
    register: Register = None,
    complete: Complete = False,
    sample: Sample = None,
    partition: Split = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Train, compare, judge and register a candidate; the champion stays on duty."""
    shell: Shell = ctx.obj
    given = truth_if_any(shell, (truth, register, sample), partition, complete=complete)
    desk = shell.desk(store)  # an empty store is told before slow imports

    def tell(key: str, **values: Any) -> None:
        if key == "verdict":
            values["gate"] = shell.say(f"models.gate.{values['gate']}")
            values["decision"] = shell.say(f"models.decision.{values['decision']}")
        shell.note(f"train.{key}", **values)

    retrain = _flow()
    # left out if there is none: the flow of an older workspace may not know it
    asked = {"truth": given.model_dump(mode="json")} if given else {}
    kept = retrain(str(desk.place.home), str(desk.place.root), desk.place.url, tell, **asked)
    told = document(kept, champion="")
    if as_json:
        keys = ("version", "decision", "why", "verdicts", "metrics", "provenance", "sha256")
        shell.emit({k: told[k] for k in keys})
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
