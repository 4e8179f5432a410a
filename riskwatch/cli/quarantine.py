"""`riskwatch quarantine`: the rows that were set aside, with the reason of each, and taking them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.desk import Desk, Place
    from riskwatch.ingest.retaking import Retake

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]


def build() -> typer.Typer:
    """The group; without a command of it, the rows are listed."""
    app = typer.Typer(help="quarantine", invoke_without_command=True)
    app.callback(help="quarantine")(quarantine)
    app.command("retake", help="retake")(retake)
    return app


def quarantine(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="quarantine_limit")] = 20,
    retaken: Annotated[bool, typer.Option("--retaken", help="quarantine_retaken")] = False,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_lines")] = False,
) -> None:
    """Count the rows set aside by reason, and show the newest, or those that left."""
    shell: Shell = ctx.obj
    if ctx.invoked_subcommand is not None:
        if store is not None or retaken or as_json:
            raise typer.BadParameter(shell.say("quarantine.behind", command=ctx.invoked_subcommand))
        return
    desk = shell.desk(store)
    if retaken:
        _tell_left(shell, desk, limit, as_json=as_json)
        return
    rows = [row | {"obstacle": _obstacle(desk, row)} for row in desk.alerts.quarantined(limit)]
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

    shell.tell("quarantine.counts")
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, n in sorted(counted.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{n:,}")
    shell.out.print(table)
    shell.out.print()
    shell.tell("quarantine.newest")
    marked = [row | {"reason": row["reason"] + ("*" if row.get("obstacle") else "")} for row in rows]
    _tell_rows(shell, ("source", "stream", "row", "reason"), marked)
    for found in sorted({str(row["obstacle"]) for row in rows if row.get("obstacle")}):
        shell.tell("retake.obstacle", why=shell.say(f"retake.because.{found}"))
    shell.tell("quarantine.next")


def reasons(place: Place) -> dict[str, int]:
    """How many rows are in quarantine for each reason."""
    from riskwatch.store.database import open_database
    from riskwatch.store.quarantine import QuarantineRows

    return QuarantineRows(open_database(place.url, place.home)).reasons()


def _obstacle(desk: Desk, row: Mapping[str, Any]) -> str | None:
    """Why a row cannot be taken again, or nothing."""
    from riskwatch.ingest.retake import obstacle
    from riskwatch.store.quarantine import Kept

    kept = Kept(**{name: row[name] for name in ("id", "source", "stream", "row", "reason", "mapped")})
    found = obstacle(kept, desk.settings.mappings.get(kept.source))
    return found and str(found)


def _tell_left(shell: Shell, desk: Desk, limit: int, *, as_json: bool) -> None:
    from riskwatch.core.clock import iso
    from riskwatch.store.quarantine import QuarantineRows

    left = QuarantineRows(desk.database).left(limit)
    local = shell.words(desk.settings).local
    if as_json:
        for row in left:
            told = {key: row[key] for key in ("id", "source", "stream", "row", "reason", "mapped")}
            shell.emit(told | {"receipt": row["seq"], "retaken_at": iso(row["at_us"])})
    elif left:
        rows = [row | {"receipt": row["seq"], "when": local.stamp(row["at_us"])} for row in left]
        _tell_rows(shell, ("source", "stream", "row", "reason", "receipt", "when"), rows)
    else:
        shell.tell("quarantine.none_left")


def _tell_rows(shell: Shell, keys: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in (*keys, "mapped"):
        table.add_column(shell.say(f"quarantine.{key}"))
    for row in rows:
        mapped = ", ".join(f"{k}={v}" for k, v in row["mapped"].items())
        table.add_row(*(Text(str(row[key])) for key in keys), Text(mapped))
    shell.out.print(table)


# --- taking rows again -------------------------------------------------------------------------


def retake(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="retake_source")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="REASON", help="retake_reason")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="retake_dry_run")] = False,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Put the rows in quarantine through the mapping as it is now; those that pass are taken."""
    from riskwatch.ingest.quarantine import REASONS

    shell: Shell = ctx.obj
    if reason is not None and reason not in REASONS:
        told = shell.say("retake.unknown_reason", reason=reason, known=", ".join(REASONS))
        raise typer.BadParameter(told, param_hint="--reason")
    desk = shell.desk(store)
    known = desk.settings.mappings
    if source is not None and source not in known:
        told = shell.say("no_source", source=source, known=", ".join(known))
        raise typer.BadParameter(told, param_hint="--source")
    made = desk.retake(source, reason, dry=dry_run)
    if as_json:
        shell.emit(_document(made, dry_run=dry_run))
    else:
        _tell(shell, made, dry_run=dry_run)


def _document(made: Retake, *, dry_run: bool) -> dict[str, Any]:
    """A retake as JSON: rows = retaken + the sum of still + the sum of kept_back."""
    unknown = {name: None for name in ("duplicate", "corrected", "uncorrected") if dry_run}
    return {
        "dry_run": dry_run,
        "rows": made.rows,
        "retaken": made.taken(),
        "decided": not made.waits,
        **(made.outcomes() | unknown),
        "batches": [
            {"source": b.source, "receipt": b.receipt, "rows": b.rows, **b.outcomes} for b in made.batches
        ],
        "still": dict(made.still),
        "details": made.details,
        "kept_back": dict(made.kept_back),
    }


def _tell(shell: Shell, made: Retake, *, dry_run: bool) -> None:
    if not made.rows:
        shell.tell("retake.none")
        return
    shell.tell("retake.dry" if dry_run else "retake.done", rows=f"{made.rows:,}", n=f"{made.taken():,}")
    for batch in made.batches:
        counts = {name: f"{batch.outcomes.get(name, 0):,}" for name in ("accepted", "duplicate", "late")}
        told = {"source": batch.source, "rows": f"{batch.rows:,}", "receipt": batch.receipt, **counts}
        key = "retake.foreseen" if dry_run else "retake.waits" if made.waits else "retake.batch"
        shell.tell(key, **told)
    for reason, n in made.still.most_common():
        shell.tell("retake.still", reason=reason, n=f"{n:,}", detail=made.details[reason] or "–")
    for found, n in made.kept_back.most_common():
        shell.tell("retake.kept_back", n=f"{n:,}", why=shell.say(f"retake.because.{found}"))
    if dry_run and made.batches:
        shell.tell("retake.next_dry")
    elif made.batches:
        shell.tell("retake.next_late" if made.outcomes()["late"] else "retake.next")
    else:
        shell.tell("retake.next_none")
