"""`riskwatch run` and `riskwatch serve`: the engine with its page, or the page alone, until stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.outbox import delivery_of
from riskwatch.cli.replay import known_source
from riskwatch.cli.shell import PAGE_HOST, PAGE_PORT, Shell

if TYPE_CHECKING:
    from riskwatch.live import Told

Host = Annotated[str, typer.Option("--host", help="host")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="port")]
Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]

_LOCAL = ("127.0.0.1", "localhost", "::1")
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[", "[::1]")  # Starlette cuts the port at the first colon
_FOLLOWED = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")


def run(
    ctx: typer.Context,
    *,
    follow: Annotated[
        list[str] | None, typer.Option("--follow", metavar="SOURCE=PATH", help="run_follow")
    ] = None,
    source: Annotated[list[str] | None, typer.Option("--source", metavar="NAME", help="run_source")] = None,
    host: Host = PAGE_HOST,
    port: Port = PAGE_PORT,
    longest_gap_days: Annotated[float, typer.Option("--longest-gap-days", min=0, help="run_gap")] = 31.0,
    store: Store = None,
) -> None:
    """Run sources, engine, page and API in one process; a stop saves the engine's state."""
    shell: Shell = ctx.obj
    files = followed(shell, follow or [])
    overlay = next((o for path in files.values() if (o := shell.overlay_of(path))), None)
    for name in files:
        known_source(shell, name, overlay, "--follow")
    for name in source or []:
        known_source(shell, name, overlay)

    from riskwatch.api.application import make_app
    from riskwatch.cli.page import held, served, until_stopped
    from riskwatch.live import Live, settle

    def tell(told: Told) -> None:
        if told.fault:
            shell.note("run.fault", source=told.source, fault=told.fault)
        else:
            shell.note("run.rows", source=told.source, rows=f"{told.rows:,}")

    with until_stopped() as stop:
        desk = shell.desk(store, sources=[*files, *(source or [])], overlay=overlay)
        _warn_of_host(shell, host)
        app = make_app(desk, shell.lang, live=True, hosts=names_of(host), token=_token(shell))
        with held(desk.place.home), served(shell, app, host=host, port=port) as url:
            shell.note("running", url=url)
            with delivery_of(shell, desk).running(stop):
                Live(desk, files, stop, tell, longest_gap_days, begun=settle).run()
    shell.note("stopped")


def serve(ctx: typer.Context, host: Host = PAGE_HOST, port: Port = PAGE_PORT, store: Store = None) -> None:
    """Serve the page and the API of a store until stopped."""
    shell: Shell = ctx.obj
    from riskwatch.api.application import make_app
    from riskwatch.cli.page import held, served, until_stopped

    with until_stopped() as stop:
        desk = shell.desk(store)
        _warn_of_host(shell, host)
        app = make_app(desk, shell.lang, hosts=names_of(host), token=_token(shell))
        with held(desk.place.home), served(shell, app, host=host, port=port) as url:
            shell.note("serving", url=url)
            stop.wait()


def followed(shell: Shell, pairs: list[str]) -> dict[str, Path]:
    """The files to follow by source; each source once, and only formats that can grow."""
    files: dict[str, Path] = {}
    for pair in pairs:
        source, equals, path = pair.partition("=")
        if not equals or not source or not path:
            raise typer.BadParameter(shell.say("run.bad_follow", pair=pair), param_hint="--follow")
        if source in files:
            raise typer.BadParameter(shell.say("run.twice", source=source), param_hint="--follow")
        if Path(path).suffix.lower() not in _FOLLOWED:
            told = shell.say("run.bad_format", path=path, known=", ".join(_FOLLOWED))
            raise typer.BadParameter(told, param_hint="--follow")
        files[source] = (shell.here / Path(path).expanduser()).resolve()
    return files


def names_of(host: str) -> tuple[str, ...]:
    """The names the page answers to: those of this machine if it listens only here, else any."""
    return _LOCAL_NAMES if host in _LOCAL else ()


def _token(shell: Shell) -> str | None:
    """The bearer token that the environment names for departments that send events."""
    return shell.environ.get("RISKWATCH_INGEST_TOKEN") or None


def _warn_of_host(shell: Shell, host: str) -> None:
    if host not in _LOCAL:
        shell.note("page.open_host", host=host)
