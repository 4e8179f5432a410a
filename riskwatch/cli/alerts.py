"""`riskwatch alerts`: list, show, explain, acknowledge and close."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskwatch.cli import alert_acts
from riskwatch.cli.alert_form import Form
from riskwatch.cli.alert_lookup import level_of, named, one, subtree
from riskwatch.cli.refused import in_words
from riskwatch.cli.shell import Shell

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
AlertId = Annotated[str, typer.Argument(metavar="ID", help="alert_id")]
Actor = Annotated[str, typer.Option("--as", metavar="NAME", help="actor")]
Note = Annotated[str, typer.Option("--note", help="note")]

WHY = (
    *("id", "kind", "area", "signature", "level", "sentence", "likelihood", "impact", "contributions"),
    *("chart", "feeds_missing", "inhibited_by", "evidence_at", "judged", "model_versions", "config_hash"),
)
"""The keys of an alert's document that say why it was raised."""


class Kind(StrEnum):
    """Kinds of alerts, as the command line writes them."""

    RISK = "risk"
    DATA_HEALTH = "data_health"
    SCHEMA = "schema"


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="alerts", no_args_is_help=True)
    for name, command in (
        ("list", list_alerts),
        ("show", show),
        ("explain", explain),
        ("ack", ack),
        ("close", close),
        *alert_acts.commands(),
    ):
        app.command(name, help=name)(command)
    return app


def list_alerts(  # noqa: PLR0913 - the filters of a list
    ctx: typer.Context,
    *,
    everything: Annotated[bool, typer.Option("--all", help="list_all")] = False,
    area: Annotated[str | None, typer.Option("--area", metavar="CODE", help="list_area")] = None,
    level: Annotated[str | None, typer.Option("--level", metavar="LEVEL", help="list_level")] = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="list_kind")] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="list_hidden")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="list_limit")] = None,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """List open alerts, or every alert of the store, as a table or as JSON lines."""
    shell: Shell = ctx.obj
    wanted = level_of(shell, level)
    desk = shell.desk(store)
    found = desk.alerts.find(
        everything=everything,
        areas=subtree(shell, desk, area),
        level=wanted,
        kind=kind and str(kind),
        shown_only=not (hidden or everything),
        limit=limit,
    )
    words = shell.words(desk.settings)
    if as_json:
        from riskwatch.deliver.document import alert_document

        for alert in found:
            shell.emit(alert_document(alert, words))
        return
    from riskwatch.cli.alert_table import alert_table

    if found:
        shell.out.print(alert_table(shell, found, words))
        shell.tell("alerts.count", n=len(found), timezone=desk.settings.world.timezone)
    elif area or level or kind:
        shell.out.print(words.text("page.none_all"))
    else:
        shell.tell("alerts_none" if everything else "alerts_none_open")
    if not (hidden or everything):
        from riskwatch.cli.alert_report import tell_withheld

        tell_withheld(shell, desk, words)


def show(
    ctx: typer.Context,
    alert_id: AlertId,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
    form: Annotated[Form | None, typer.Option("--format", help="format")] = None,
) -> None:
    """Show one alert as it stands, every change that made it so, or what a receiver would get of it."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)
    alert = one(shell, desk, alert_id)
    words = shell.words(desk.settings)
    if form and form is not Form.JSON:
        from riskwatch.cli.alert_formats import tell_format

        tell_format(shell, desk, alert, form)
        return
    if as_json or form:
        from riskwatch.deliver.document import alert_document

        shell.emit(alert_document(alert, words))
        return
    from riskwatch.cli.alert_report import tell_facts, tell_life

    shell.out.print(words.sentence(alert), markup=False, soft_wrap=True)
    tell_facts(shell, alert, words)
    tell_life(shell, desk.alerts.changes(alert.id), words)


def explain(
    ctx: typer.Context, alert_id: AlertId, store: Store = None, as_json: alert_acts.Json = False
) -> None:
    """Say why: contributions, counts against what was usual, and the versions of the models."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)
    alert = one(shell, desk, alert_id)
    words = shell.words(desk.settings)
    if as_json:
        from riskwatch.deliver.document import alert_document

        told = alert_document(alert, words)
        shell.emit({key: told[key] for key in WHY})
        return
    from riskwatch.cli.alert_report import tell_why

    shell.out.print(words.sentence(alert), markup=False, soft_wrap=True)
    tell_why(shell, alert, words)


def ack(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: alert_acts.Json = False,
) -> None:
    """Acknowledge an open alert; the name is recorded as unverified."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import ActionKind

    desk = shell.desk(store)
    alert = one(shell, desk, alert_id)
    with in_words(shell, desk, ActionKind.ACK, alert.id):
        changed = desk.act(ActionKind.ACK, alert.id, named(shell, actor), note=note)
    if as_json:
        alert_acts.tell(shell, desk, changed, as_json)
        return
    shell.tell("acknowledged", id=changed.id, actor=changed.actor)


def close(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    verdict: Annotated[str, typer.Option("--verdict", metavar="VERDICT", help="verdict")],
    note: Note = "",
    store: Store = None,
    as_json: alert_acts.Json = False,
) -> None:
    """Close an alert with a verdict, a label of the next training."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import ActionKind
    from riskwatch.core.alerts import Verdict

    if verdict not in list(Verdict):
        told = shell.say("alerts.bad_verdict", verdict=verdict, known=", ".join(Verdict))
        raise typer.BadParameter(told, param_hint="--verdict")
    desk = shell.desk(store)
    alert = one(shell, desk, alert_id)
    with in_words(shell, desk, ActionKind.CLOSE, alert.id):
        changed = desk.act(
            ActionKind.CLOSE, alert.id, named(shell, actor), verdict=Verdict(verdict), note=note
        )
    if as_json:
        alert_acts.tell(shell, desk, changed, as_json)
        return
    shell.tell("closed", id=changed.id, verdict=verdict, actor=changed.actor)
