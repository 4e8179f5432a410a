"""`riskwatch outbox` and `riskwatch deliver`: what was sent, what was not and why, and sending it again."""

from __future__ import annotations

import os
import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.deliver.service import Delivery
    from riskwatch.desk import Desk
    from riskwatch.store.outbox import OutboxRow

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
Json = Annotated[bool, typer.Option("--json", help="json_one")]
SendId = Annotated[str, typer.Argument(metavar="SEND", help="send_id")]


class Status(StrEnum):
    """Statuses of a send, as the command line writes them."""

    PENDING = "pending"
    LEASED = "leased"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELLED = "cancelled"


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="outbox", no_args_is_help=True)
    for name, command in (("list", list_sends), ("show", show), ("retry", retry), ("enable", enable)):
        app.command(name, help=name)(command)
    return app


def list_sends(
    ctx: typer.Context,
    *,
    status: Annotated[list[Status] | None, typer.Option("--status", help="outbox_status")] = None,
    receiver: Annotated[str | None, typer.Option("--receiver", metavar="NAME", help="receiver")] = None,
    alert: Annotated[str | None, typer.Option("--alert", metavar="ID", help="outbox_alert")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="list_limit")] = 50,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """List sends, those planned last first, with what became of each."""
    shell: Shell = ctx.obj
    from riskwatch.store.outbox import Outbox

    outbox = Outbox(shell.desk(store).database)
    rows = outbox.find(statuses=status or None, receiver=receiver, alert=alert, limit=limit)
    if as_json:
        for row in rows:
            shell.emit(_document(row))
        return
    if not rows:
        shell.tell("outbox.none")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("send", "alert", "receiver", "reason", "status", "due", "attempts", "error"):
        table.add_column(shell.say(f"outbox.{key}"))
    for row in rows:
        told = _document(row)
        keys = ("id", "alert", "receiver", "reason", "status", "due_at", "attempts", "error")
        table.add_row(*(Text(str(told[key] or "")) for key in keys))
    shell.out.print(table)


def show(
    ctx: typer.Context,
    send_id: SendId,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Show one send: whom, why, when, how often it was tried and with what result."""
    shell: Shell = ctx.obj
    row = _one(shell, shell.desk(store), send_id)
    if as_json:
        shell.emit(_document(row))
        return
    for key, value in _document(row).items():
        if value not in (None, ""):
            shell.out.print(f"{key}: {value}", markup=False, soft_wrap=True)


def retry(ctx: typer.Context, send_id: SendId, store: Store = None, as_json: Json = False) -> None:
    """Take a dead or cancelled send up again, under its own id."""
    shell: Shell = ctx.obj
    from riskwatch.core.clock import to_us
    from riskwatch.store.outbox import Outbox

    desk = shell.desk(store)
    row = Outbox(desk.database).retry(_one(shell, desk, send_id).send.id, now_us=to_us(shell.clock.now()))
    if as_json:
        shell.emit(_document(row))
        return
    shell.tell("outbox.retried", id=row.send.id, receiver=row.send.receiver)


def enable(
    ctx: typer.Context,
    receiver: Annotated[str, typer.Argument(metavar="NAME", help="receiver")],
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Send again to a receiver that was disabled because it said that it is gone."""
    shell: Shell = ctx.obj
    from riskwatch.core.clock import to_us
    from riskwatch.store.receivers import ReceiverStates

    states = ReceiverStates(shell.desk(store).database)
    states.enable(receiver, at_us=to_us(shell.clock.now()))
    if as_json:
        shell.emit({"receiver": receiver, "state": str(states.all()[receiver])})
    else:
        shell.tell("outbox.enabled", receiver=receiver)


def deliver(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="deliver_once")] = False,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="deliver_json")] = False,
) -> None:
    """Send what is due until stopped, beside a running engine or without one."""
    shell: Shell = ctx.obj
    from riskwatch.cli.page import until_stopped

    if as_json and not once:
        raise typer.BadParameter(shell.say("outbox.json_once"), param_hint="--json")
    desk = shell.desk(store)
    delivery = delivery_of(shell, desk)
    if once:
        attempts = delivery.worker.drain()
        delivery.worker.close()
        if as_json:
            shell.emit({"attempts": attempts})
        else:
            shell.note("outbox.drained", n=attempts)
        return
    with until_stopped() as stop, delivery.running(threading.Event()):
        shell.note("outbox.delivering", n=len(delivery.worker.lines))
        stop.wait()
    shell.note("stopped")


def delivery_of(shell: Shell, desk: Desk) -> Delivery:
    """The delivery of an opened store, with the environment's secrets."""
    from riskwatch.deliver.building import Surroundings
    from riskwatch.deliver.egress import Egress
    from riskwatch.deliver.service import make_delivery
    from riskwatch.messages.catalogue import Catalogue, languages
    from riskwatch.messages.sentence import Words

    config, world = desk.settings.receivers, desk.settings.world
    words = {
        lang: Words(world.tree, world.registry, Catalogue(lang), world.timezone) for lang in languages()
    }
    around = Surroundings(
        shell.environ or os.environ, desk.place.home, shell.clock, Egress.of(config.allow)
    )
    return make_delivery(
        config, around, desk.database, words, lambda told: shell.note("outbox.told", told=told)
    )


def _one(shell: Shell, desk: Desk, send_id: str) -> OutboxRow:
    from riskwatch.store.outbox import Outbox

    row = Outbox(desk.database).get(send_id) if send_id else None
    if row is None:
        raise typer.BadParameter(shell.say("outbox.unknown", id=send_id), param_hint="SEND")
    return row


def _document(row: OutboxRow) -> dict[str, Any]:
    from riskwatch.core.clock import iso

    send = row.send
    return {
        "id": send.id,
        "alert": send.alert,
        "revision": row.told or send.revision,
        "area": send.area,
        "receiver": send.receiver,
        "reason": str(send.reason),
        "step": send.step,
        "repeat": row.n,
        "sequence": row.number,
        "status": str(row.status),
        "due_at": iso(send.due_us),
        "next_at": iso(row.next_us) if row.status.value == Status.PENDING.value else None,
        "ended_at": None if row.ended_us is None else iso(row.ended_us),
        "attempts": row.attempts,
        "error": row.error,
    }
