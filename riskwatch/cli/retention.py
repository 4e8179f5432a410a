"""`riskwatch retention`: what the store keeps, what of it has outlived its time, and letting that go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskwatch.cli.shell import Shell


def retention(
    ctx: typer.Context,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="retention_apply")] = False,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """Show what stands and what would go; with --apply let it go."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)
    clock_us = desk.clock_us()
    stocks = desk.retention.stocks(clock_us)
    if apply:
        while desk.retention.expire(clock_us):
            pass
    for stock in stocks:
        if as_json:
            shell.emit({"name": stock.name, "stands": stock.stands, "goes": stock.goes, "applied": apply})
        else:
            key = "retention.gone" if apply else "retention.goes"
            shell.tell(key, name=stock.name, stands=f"{stock.stands:,}", goes=f"{stock.goes:,}")
