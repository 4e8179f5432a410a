"""`riskwatch quarantine`: the rows that were set aside, with the reason of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.desk import Place


def quarantine(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="quarantine_limit")] = 20,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """Count the rows set aside by reason, and show the newest."""
    shell: Shell = ctx.obj
    desk = shell.desk(store)
    rows = desk.alerts.quarantined(limit)
    stale = [
        {"source": r["source"], "stream": "", "row": r["row"], "reason": "uncorrected", "mapped": r["body"]}
        for r in desk.alerts.uncorrected(limit)
    ]
    rows += stale[: max(limit - len(rows), 1)]  # they never hide behind rows of other kinds
    if as_json:
        for row in rows:
            shell.emit(row)
        return
    counted = reasons(desk.place)
    if stale:
        counted["uncorrected"] = sum(c["uncorrected"] for c in desk.alerts.corrections().values())
    if not counted:
        shell.tell("quarantine.none")
        return
    from rich.table import Table
    from rich.text import Text

    shell.tell("quarantine.counts")
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, n in sorted(counted.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{n:,}")
    shell.out.print(table)
    shell.out.print()
    shell.tell("quarantine.newest")
    newest = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("source", "stream", "row", "reason", "mapped"):
        newest.add_column(shell.say(f"quarantine.{key}"))
    for row in rows:
        mapped = ", ".join(f"{k}={v}" for k, v in row["mapped"].items())
        newest.add_row(
            *(Text(str(v)) for v in (row["source"], row["stream"], row["row"], row["reason"], mapped))
        )
    shell.out.print(newest)


def reasons(place: Place) -> dict[str, int]:
    """How many rows were set aside for each reason."""
    import sqlalchemy as sa

    from riskwatch.store import schema
    from riskwatch.store.database import open_database

    reason = schema.quarantine.c.reason
    query = sa.select(reason, sa.func.count()).group_by(reason)
    with open_database(place.url, place.home).connect() as tx:
        return {str(name): int(n) for name, n in tx.execute(query)}
