"""`riskwatch suppress`, `lift` and `drill`: orders that are about no alert yet, or about many."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.alert_acts import opened_by_hand, tell
from riskwatch.cli.alert_lookup import area_code, named
from riskwatch.cli.instant import until_of
from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.desk import Desk

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
Actor = Annotated[str, typer.Option("--as", metavar="NAME", help="actor")]
Json = Annotated[bool, typer.Option("--json", help="json_one")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="until")]
Hours = Annotated[float | None, typer.Option("--hours", min=0, help="hours")]


def suppress(  # noqa: PLR0913 - options of a command
    ctx: typer.Context,
    *,
    area: Annotated[str, typer.Option("--area", metavar="CODE", help="suppress_area")],
    reason: Annotated[str, typer.Option("--reason", help="suppress_reason")],
    actor: Actor,
    signature: Annotated[
        str | None, typer.Option("--signature", metavar="NAME", help="suppress_signature")
    ] = None,
    until: Until = None,
    hours: Hours = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Declare a maintenance window that begins now."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import OrderKind
    from riskwatch.core.clock import DAY_US, iso, to_us

    desk = shell.desk(store)
    registry = desk.settings.world.registry
    if signature is not None and signature not in registry.signature_index:
        known = ", ".join(registry.signature_index)
        told = shell.say("orders.unknown_signature", signature=signature, known=known)
        raise typer.BadParameter(told, param_hint="--signature")
    code, until_us = area_code(shell, desk, area), until_of(shell, desk, until, hours)
    longest_days = desk.settings.desk.maintenance.longest_days
    span_us = until_us - to_us(shell.clock.now())
    if not 0 < span_us <= longest_days * DAY_US:
        told = shell.say("orders.bad_span", days=f"{longest_days:g}")
        raise typer.BadParameter(told, param_hint="--until")
    text = "\x1f".join((code, signature or "", str(until_us), reason))
    window = "rm-" + hashlib.sha256(text.encode()).hexdigest()[:8]
    desk.order(
        OrderKind.SUPPRESS,
        named(shell, actor),
        why=reason,
        window=window,
        area=code,
        signature=signature,
        until_us=until_us,
    )
    if as_json:
        shell.emit({"window": window, "area": code, "signature": signature, "until": iso(until_us)})
    else:
        words = shell.words(desk.settings)
        shell.tell("orders.window", window=window, until=words.local.stamp(until_us))


def lift(
    ctx: typer.Context,
    window: Annotated[str, typer.Argument(metavar="WINDOW", help="lift_window")],
    actor: Actor,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """End a maintenance window before its time."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import OrderKind
    from riskwatch.core.clock import iso

    desk = shell.desk(store)
    known = {w["window"]: w for w in _standing(desk)}
    if window not in known:
        told = shell.say("orders.unknown_window", window=window, known=", ".join(known) or "–")
        raise typer.BadParameter(told, param_hint="WINDOW")
    desk.order(OrderKind.LIFT, named(shell, actor), window=window)
    if as_json:
        of = known[window]
        until = iso(of["ends_us"])  # until when it would have stood
        shell.emit({"window": window, "area": of["area"], "signature": of["signature"], "until": until})
    else:
        shell.tell("orders.lifted", window=window)


def _standing(desk: Desk) -> list[dict[str, Any]]:
    standing = desk.alerts.standing()
    told = standing.feeds.get("windows", []) if standing else []
    return [{**w, "window": w["name"]} for w in told]


def build() -> typer.Typer:
    """The group `riskwatch drill`."""
    app = typer.Typer(help="drill", no_args_is_help=True)
    for name, command in (("start", start), ("inject", inject), ("end", end), ("test", try_chain)):
        app.command(name, help=name)(command)
    return app


def start(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="drill_name")],
    actor: Actor,
    until: Until = None,
    hours: Hours = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Begin an exercise; it ends by itself, and at the first real orange."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import OrderKind
    from riskwatch.core.clock import HOUR_US, iso, to_us

    desk = shell.desk(store)
    until_us = until_of(shell, desk, until, hours)
    longest_h = desk.settings.desk.drills.longest_h
    if not 0 < until_us - to_us(shell.clock.now()) <= longest_h * HOUR_US:
        told = shell.say("drill.bad_span", hours=f"{longest_h:g}")
        raise typer.BadParameter(told, param_hint="--until")
    running = running_drill(desk)
    if running:
        raise typer.BadParameter(shell.say("drill.runs", name=running), param_hint="NAME")
    desk.order(OrderKind.DRILL, named(shell, actor), name=name, until_us=until_us)
    if as_json:
        shell.emit({"drill": name, "until": iso(until_us)})
    else:
        words = shell.words(desk.settings)
        shell.tell("drill.started", name=name, until=words.local.stamp(until_us))


def inject(  # noqa: PLR0913 - what an alert is made of
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
    """Put an alert into the exercise that runs."""
    shell: Shell = ctx.obj
    from riskwatch.core.side_states import Mode

    desk = shell.desk(store)
    running = running_drill(desk)
    if not running:
        raise typer.BadParameter(shell.say("drill.none"))
    marked = {"what": what, "mode": Mode.EXERCISE, "drill": running}
    tell(shell, desk, opened_by_hand(shell, desk, (actor, area, signature, level), **marked), as_json)


def end(
    ctx: typer.Context,
    actor: Actor,
    reason: Annotated[str, typer.Option("--reason", help="drill_reason")] = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """End the exercise that runs, and its alerts with it."""
    shell: Shell = ctx.obj
    from riskwatch.alert.actions import OrderKind

    desk = shell.desk(store)
    running = running_drill(desk)
    if not running:
        raise typer.BadParameter(shell.say("drill.none"))
    desk.order(OrderKind.END_DRILL, named(shell, actor), why=reason)
    if as_json:
        shell.emit({"drill": running, "reason": reason})
    else:
        shell.tell("drill.ended", name=running)


def try_chain(
    ctx: typer.Context,
    *,
    actor: Actor,
    area: Annotated[str, typer.Option("--area", metavar="CODE", help="open_area")],
    signature: Annotated[str, typer.Option("--signature", metavar="NAME", help="open_signature")],
    level: Annotated[str, typer.Option("--level", metavar="LEVEL", help="open_level")] = "blue",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Open a test alert, to see that it reaches people; it ends by itself."""
    shell: Shell = ctx.obj
    from riskwatch.core.side_states import Mode

    desk = shell.desk(store)
    marked = {"what": shell.say("drill.test"), "mode": Mode.TEST, "drill": "test"}
    tell(shell, desk, opened_by_hand(shell, desk, (actor, area, signature, level), **marked), as_json)


def running_drill(desk: Desk) -> str:
    """The name of the exercise in progress, or nothing."""
    standing = desk.alerts.standing()
    told = standing.feeds.get("drill") if standing else None
    return str(told["running"]["name"]) if told and told["running"] else ""
