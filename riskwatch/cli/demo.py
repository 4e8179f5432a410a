"""`riskwatch demo`: a made county through the whole engine, into a store that only the demo owns."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.replay import document, run_replay, tell_summary
from riskwatch.cli.shell import DATABASE_FILE, PAGE_HOST, PAGE_PORT, Shell
from riskwatch.cli.simulate import make_county, overrides, scenario_of
from riskwatch.core.errors import StoreError

if TYPE_CHECKING:
    from riskwatch.core.alerts import Alert
    from riskwatch.desk import Desk, Place

MARK = "demo"
"""A store's folder that has this folder in it was made by the demo, and may be made anew by it."""

SHOWN = 25


def demo(
    ctx: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="demo_out")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="FILE|NAME", help="simulate_scenario")
    ] = "demo",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="simulate_set")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="demo_limit")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="demo_json")] = False,
) -> None:
    """Simulate the demo county, replay it and print the alerts."""
    shell: Shell = ctx.obj
    place = shell.place(store)
    if place.url is not None:
        raise StoreError(shell.say("demo.other_database"))
    wanted = scenario_of(shell, scenario, overrides(shell, given or []))
    start_afresh(shell, place)
    folder = (shell.here / out.expanduser()).resolve() if out else place.home / MARK
    events = folder / "events.parquet"
    tell = shell.note if as_json else shell.tell
    tell("demo.start", areas=wanted.areas, days=wanted.days, events=f"{wanted.events:,}", file=events)
    make_county(shell, wanted, events, folder / "truth.json")
    desk = shell.desk(place.home, sources=["simulated"], overlay=shell.overlay_of(events))
    summary = run_replay(shell, desk, events, "simulated", None)
    if as_json:
        shell.emit(document(summary) | _shown(shell, desk, limit) | {"events": str(events)})
        return
    print_alerts(shell, desk, limit)
    tell_summary(shell, summary)
    own = store is not None
    serve = (
        f"riskwatch serve --store {store}"
        if own
        else "make serve"
        if _has_makefile(place)
        else "riskwatch serve"
    )
    shell.out.print()
    shell.tell("demo.next", url=f"http://{PAGE_HOST}:{PAGE_PORT}", serve=serve)


def start_afresh(shell: Shell, place: Place) -> None:
    """Remove what an earlier demo left; a store that no demo made is never touched."""
    made_here = (place.home / MARK).is_dir()
    if (place.home / DATABASE_FILE).exists() and not made_here:
        raise StoreError(shell.say("demo.real_store", home=place.home))
    if made_here:
        _let_go(shell, place)
        for name in (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm"):
            (place.home / name).unlink(missing_ok=True)
        for name in ("snapshots", "configs", MARK):
            shutil.rmtree(place.home / name, ignore_errors=True)
    (place.home / MARK).mkdir(parents=True, exist_ok=True)


def _let_go(shell: Shell, place: Place) -> None:
    """A process that runs or serves this store would go on with files that are no longer there."""
    from riskwatch.cli.page import in_use

    if in_use(place.home):
        raise StoreError(shell.say("demo.in_use", home=place.home))


def print_alerts(shell: Shell, desk: Desk, limit: int) -> None:
    """The gravest alerts that were shown, by when they were opened."""
    from riskwatch.cli.alert_table import alert_table

    chosen, total = _gravest(desk, limit)
    shell.out.print()
    if chosen:
        shell.out.print(alert_table(shell, chosen, shell.words(desk.settings), peak=True))
        shell.out.print()
    shell.tell("demo.shown", n=len(chosen), total=total, timezone=desk.settings.world.timezone)


def _gravest(desk: Desk, limit: int) -> tuple[list[Alert], int]:
    """The gravest alerts that were shown, by when they were opened; and how many were shown in all."""
    shown = desk.alerts.find(everything=True, shown_only=True)
    gravest = sorted(shown, key=lambda a: (a.peak_level, a.opened_at_us))[:limit]
    return sorted(gravest, key=lambda a: (a.opened_at_us, a.id)), len(shown)


def _shown(shell: Shell, desk: Desk, limit: int) -> dict[str, Any]:
    from riskwatch.deliver.document import alert_document

    chosen, total = _gravest(desk, limit)
    words = shell.words(desk.settings)
    return {"shown": [alert_document(alert, words) for alert in chosen], "shown_in_all": total}


def _has_makefile(place: Place) -> bool:
    return (place.root / "Makefile").is_file() and place.home.parent == place.root
