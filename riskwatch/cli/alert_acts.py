"""`riskwatch alerts`: what is done to an alert beyond acknowledging and closing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.alert_lookup import area_code, level_of, named, one
from riskwatch.cli.instant import until_of
from riskwatch.cli.refused import in_words
from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.core.alerts import Alert
    from riskwatch.desk import Desk

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
AlertId = Annotated[str, typer.Argument(metavar="ID", help="alert_id")]
Actor = Annotated[str, typer.Option("--as", metavar="NAME", help="actor")]
Note = Annotated[str, typer.Option("--note", help="note")]
Json = Annotated[bool, typer.Option("--json", help="json_one")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="until")]
Hours = Annotated[float | None, typer.Option("--hours", min=0, help="hours")]


def commands() -> tuple[tuple[str, Any], ...]:
    """Names and functions, in the order of a case."""
    return (
        ("hand-out", hand_out),
        ("handle", handle),
        ("report", report),
        ("hand", hand),
        ("shelve", shelve),
        ("unshelve", unshelve),
        ("note", note),
        ("draft", draft),
        ("approve", approve),
        ("reject", reject),
        ("open", open_alert),
    )


def tell(shell: Shell, desk: Desk, alert: Alert, as_json: bool) -> None:
    """The alert after what was done: one object, or its state and what is owed next."""
    words = shell.words(desk.settings)
    if as_json:
        from riskwatch.deliver.document import alert_document

        shell.emit(alert_document(alert, words))
        return
    step = words.text(f"step.{alert.duty.step}") if alert.duty else "–"
    state = words.text(f"state.{alert.state}")
    shell.tell("acted", id=alert.id, state=state, holder=words.area(alert.holder), step=step)


def opened_by_hand(shell: Shell, desk: Desk, given: tuple[str, str, str, str], **told: Any) -> Alert:
    """The alert that somebody opens; `given` are the actor, area, signature and level as typed."""
    from riskwatch.core.alerts import Level

    actor, area, signature, level = given
    code, number = area_code(shell, desk, area), level_of(shell, level)
    with in_words(shell, desk):
        return desk.open_by_hand(named(shell, actor), code, signature, Level(number or 4), **told)


def _act(ctx: typer.Context, kind: str, alert_id: str, given: dict[str, Any]) -> None:
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import ActionKind

    desk = shell.desk(given.pop("store"))
    as_json, actor = given.pop("as_json"), named(shell, given.pop("actor"))
    if "when" in given:
        given["until_us"] = until_of(shell, desk, *given.pop("when"))
    if "area" in given:
        given["to"] = area_code(shell, desk, given.pop("area"))
    alert = one(shell, desk, alert_id)
    with in_words(shell, desk, ActionKind(kind), alert.id):
        changed = desk.act(ActionKind(kind), alert.id, actor, **given)
    tell(shell, desk, changed, as_json)


def hand_out(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="hand_out_to")],
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Give an alert to somebody of the desk."""
    _act(
        ctx,
        "hand_out",
        alert_id,
        {"actor": actor, "to": to, "note": note, "store": store, "as_json": as_json},
    )


def handle(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Begin to handle an alert."""
    _act(ctx, "handle", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def report(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Annotated[str, typer.Option("--note", help="report_note")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Say what was done."""
    _act(ctx, "report", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def hand(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    to: Annotated[str, typer.Option("--to", metavar="CODE", help="hand_to")],
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Hand an alert down or up the area tree."""
    _act(
        ctx,
        "hand",
        alert_id,
        {"actor": actor, "area": to, "note": note, "store": store, "as_json": as_json},
    )


def shelve(  # noqa: PLR0913 - options of a command
    ctx: typer.Context,
    alert_id: AlertId,
    *,
    actor: Actor,
    reason: Annotated[str, typer.Option("--reason", help="shelve_reason")],
    until: Until = None,
    hours: Hours = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Put an alert aside for a bounded time."""
    given = {
        "actor": actor,
        "note": reason,
        "when": (until, hours),
        "store": store,
        "as_json": as_json,
    }
    _act(ctx, "shelve", alert_id, given)


def unshelve(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Take an alert off the shelf before its time."""
    _act(ctx, "unshelve", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def note(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Annotated[str, typer.Option("--note", help="note")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Write a note into an alert's life."""
    _act(ctx, "note", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def draft(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Draft the publication of an alert to the outside."""
    _act(ctx, "draft", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def approve(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Approve a draft, as a second person."""
    _act(ctx, "approve", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def reject(
    ctx: typer.Context,
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Reject a draft."""
    _act(ctx, "reject", alert_id, {"actor": actor, "note": note, "store": store, "as_json": as_json})


def open_alert(  # noqa: PLR0913 - what an alert is made of
    ctx: typer.Context,
    *,
    actor: Actor,
    area: Annotated[str, typer.Option("--area", metavar="CODE", help="open_area")],
    signature: Annotated[str, typer.Option("--signature", metavar="NAME", help="open_signature")],
    level: Annotated[str, typer.Option("--level", metavar="LEVEL", help="open_level")],
    what: Annotated[str, typer.Option("--what", help="open_what")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Open an alert by hand: what somebody knows and the engine does not see."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)
    tell(shell, desk, opened_by_hand(shell, desk, (actor, area, signature, level), what=what), as_json)
