"""`riskwatch models`: list, show, judge, promote and roll back the bundles of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.alert_lookup import named
from riskwatch.cli.shell import Shell
from riskwatch.cli.truth_options import Complete, Register, Sample, Truth, truth_given

if TYPE_CHECKING:
    from riskwatch.store.ledger import Kept, Promotion
    from riskwatch.succession import Succession

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="bundle_version")]
Actor = Annotated[str, typer.Option("--as", metavar="NAME", help="actor")]
Reason = Annotated[str, typer.Option("--reason", help="promotion_reason")]


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="models", no_args_is_help=True)
    for name, command in (
        ("list", list_models),
        ("show", show),
        ("judge", judge),
        ("promote", promote),
        ("rollback", rollback),
    ):
        app.command(name, help=name)(command)
    return app


def succession_of(shell: Shell, store: Path | None) -> Succession:
    """The bundles of a store that is there."""
    from riskwatch.succession import Succession

    return Succession(shell.desk(store))


def list_models(
    ctx: typer.Context,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """List every bundle, which of them is champion, and what the gate said of each."""
    shell: Shell = ctx.obj
    succession = succession_of(shell, store)
    champion = succession.champion().version
    listed = [document(k, champion=champion) for k in succession.bundles()]
    if as_json:
        for one in listed:
            shell.emit({k: one[k] for k in ("version", "champion", "registered_at", "decision", "fitted")})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for key in ("version", "on_duty", "registered", "verdict", "fitted"):
        table.add_column(shell.say(f"models.{key}"), overflow="fold")
    for one in listed:
        table.add_row(
            one["version"],
            shell.say("models.champion") if one["champion"] else "",
            one["registered_at"] or shell.say("models.configured"),
            shell.say(f"models.decision.{one['decision']}"),
            one["fitted"],
        )
    shell.out.print(table)


def show(
    ctx: typer.Context,
    version: Version,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Show one bundle: where it comes from, how good it was, what the gate said, and its promotions."""
    shell: Shell = ctx.obj
    succession = succession_of(shell, store)
    champion = succession.champion().version
    kept = succession.known(version)
    version = kept.version
    told = document(kept, champion=champion)
    history = [p for p in succession.ledger.history() if version in (p.before, p.after)]
    if as_json:
        shell.emit(told | {"promotions": [promotion_document(p) for p in history]})
        return
    _tell(shell, told)
    for p in history:
        _tell_promotion(shell, p)


def judge(  # noqa: PLR0913 - three kinds of truth
    ctx: typer.Context,
    version: Version,
    *,
    partition: Annotated[str, typer.Option("--partition", metavar="NAME", help="audit_partition")],
    truth: Truth = None,
    register: Register = None,
    complete: Complete = False,
    sample: Sample = None,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Ask the fairness gate about a candidate, with outside truth; its newest word counts."""
    shell: Shell = ctx.obj
    given = truth_given(shell, (truth, register, sample), partition, complete=complete)
    from riskwatch.trial import asked

    desk = shell.desk(store)
    question = asked(desk, given)
    succession = succession_of(shell, store)
    kept, report = succession.judge_fairness(version, question)
    told = document(kept, champion=succession.champion().version)
    if as_json:
        shell.emit({k: told[k] for k in ("version", "decision", "verdicts")} | {"report": report})
        return
    _tell_verdicts(shell, told)
    shell.tell("audit.written", file=succession.reports.page(report, shell.lang))


def promote(
    ctx: typer.Context,
    version: Version,
    actor: Actor,
    reason: Reason,
    override: Annotated[str | None, typer.Option("--override", metavar="NAME", help="override")] = None,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Verify a bundle and let it take over from the next tick on."""
    shell: Shell = ctx.obj
    from riskwatch.succession import Handover

    handover = Handover(named(shell, actor), reason, override)
    _told(shell, succession_of(shell, store).promote(version, handover), as_json=as_json)


def rollback(
    ctx: typer.Context,
    actor: Actor,
    reason: Reason,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Put the champion's predecessor back on duty."""
    shell: Shell = ctx.obj
    from riskwatch.succession import Handover

    _told(
        shell,
        succession_of(shell, store).rollback(Handover(named(shell, actor), reason)),
        as_json=as_json,
    )


def document(kept: Kept, *, champion: str) -> dict[str, Any]:
    """One bundle as JSON."""
    from riskwatch.core.clock import from_us, iso
    from riskwatch.learn.candidate import joined

    verdict = joined(kept.facts.get("verdicts", {}))
    provenance = dict(kept.facts.get("provenance", {}))
    if provenance:
        span = (from_us(provenance.pop(f"data_{end}_us")).date().isoformat() for end in ("from", "until"))
        provenance |= dict(zip(("data_from", "data_until"), span, strict=True))
    return {
        "version": kept.version,
        "champion": kept.version == champion,
        "registered_at": iso(kept.registered_at_us) if kept.registered_at_us else None,
        "decision": str(verdict.decision) if verdict else "none",
        "why": verdict.why if verdict else "",
        "verdicts": kept.facts.get("verdicts", {}),
        "fitted": kept.document["fitted"],
        "sha256": kept.sha256,
        "provenance": provenance,
        "metrics": kept.facts.get("metrics", {}),
        "artifacts": kept.facts.get("artifacts", {}),
        "bundle": kept.document,
    }


def promotion_document(p: Promotion) -> dict[str, Any]:
    """One entry of the ledger as JSON."""
    from dataclasses import asdict

    from riskwatch.core.clock import iso

    told = asdict(p)
    del told["artifacts"]
    return {"at": iso(told.pop("at_us")), **told}


def _tell(shell: Shell, told: dict[str, Any]) -> None:
    on_duty = shell.say("models.champion") if told["champion"] else shell.say("models.not_on_duty")
    shell.tell("models.head", version=told["version"], on_duty=on_duty, fitted=told["fitted"])
    _tell_verdicts(shell, told)
    if told["provenance"]:
        shell.tell("models.provenance", **told["provenance"])
    if told["metrics"]:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, title=shell.say("models.skill"), title_justify="left")
        names = list(dict.fromkeys(n for found in told["metrics"].values() for n in found))
        for key in ("model", *names):
            table.add_column(shell.say(f"models.{key}"), overflow="fold")
        for model, found in told["metrics"].items():
            table.add_row(model, *(_number(found.get(n)) for n in names))
        shell.out.print(table)
    shell.tell("models.artifacts", n=len(told["artifacts"]), sha256=told["sha256"])


def _tell_verdicts(shell: Shell, told: dict[str, Any]) -> None:
    """A line for each gate; one that says that there is none."""
    for gate, verdict in sorted(told["verdicts"].items()):
        why = verdict["why"] if shell.lang == "en" else verdict.get("why_zh") or verdict["why"]
        decision = shell.say(f"models.decision.{verdict['decision']}")
        shell.tell("models.said", gate=shell.say(f"models.gate.{gate}"), decision=decision, why=why)
    if not told["verdicts"]:
        shell.tell("models.unjudged")


def _number(measured: list[float | None] | None) -> str:
    if measured is None:
        return ""
    value, low, high = measured
    return f"{value:.3f}" if low is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _told(shell: Shell, p: Promotion, *, as_json: bool) -> None:
    if as_json:
        shell.emit(promotion_document(p))
    else:
        _tell_promotion(shell, p)


def _tell_promotion(shell: Shell, p: Promotion) -> None:
    from riskwatch.core.clock import iso

    key = "models.rolled_back" if p.rolled_back else "models.promoted"
    shell.tell(key, at=iso(p.at_us), actor=p.actor, before=p.before, after=p.after, reason=p.reason)
    if p.override:
        shell.tell(
            "models.overridden", name=p.override, decision=shell.say(f"models.decision.{p.decision}")
        )
