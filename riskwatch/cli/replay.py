"""`riskwatch replay`: a file of a department through every stage, and the account of its rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.meter import text_bytes
from riskwatch.cli.quarantine import reasons
from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.desk import Desk
    from riskwatch.summary import Progress, ReplaySummary


def replay(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="replay_file")],
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="replay_source")],
    stream: Annotated[str | None, typer.Option("--stream", metavar="NAME", help="replay_stream")] = None,
    exercise: Annotated[str | None, typer.Option("--exercise", metavar="NAME", help="exercise")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="replay_json")] = False,
) -> None:
    """Replay a file into a store; a second time, its rows are duplicates and nothing changes."""
    shell: Shell = ctx.obj
    path = file.expanduser()
    if not path.is_file():
        raise typer.BadParameter(shell.say("no_file", file=path), param_hint="FILE")
    overlay = shell.overlay_of(path)
    known_source(shell, source, overlay)
    desk = shell.desk(store, sources=[source], overlay=overlay)
    if exercise is not None:
        desk.make_exercise(exercise)
    before = reasons(desk.place)
    summary = run_replay(shell, desk, path, source, stream)
    aside = Counter(reasons(desk.place)) - Counter(before)
    if as_json:
        shell.emit(document(summary))
    else:
        tell_summary(shell, summary)
    if aside:
        listed = ", ".join(f"{name} {n:,}" for name, n in aside.most_common())
        note = shell.note if as_json else shell.tell
        note("replay.aside", rows=f"{aside.total():,}", reasons=listed)
    if summary.incomplete:
        shell.note("incomplete", file=path, reason=summary.incomplete)


def known_source(shell: Shell, source: str, overlay: Path | None, option: str = "--source") -> None:
    """A source that has no mapping is a mistake of the command line: no store is made for it."""
    from riskwatch.core.config_folder import ConfigFolder

    configs = ConfigFolder(shell.place().root, overlay)
    known = [Path(name).stem for name in configs.names("sources")]
    if source not in known:
        raise typer.BadParameter(
            shell.say("no_source", source=source, known=", ".join(known)), param_hint=option
        )


def run_replay(shell: Shell, desk: Desk, path: Path, source: str, stream: str | None) -> ReplaySummary:
    """Replay with a meter on standard error."""
    from riskwatch.core.clock import from_us

    rows = path.suffix.lower() == ".parquet"

    with shell.meter(shell.say("replay.title", file=path.name), _total(path)) as meter:

        def progress(at: Progress) -> None:
            meter.update(
                at.rows if rows else at.offset_bytes,
                shell.say(
                    "replay.at", rows=f"{at.rows:,}", ticks=f"{at.ticks:,}", day=from_us(at.at_us).date()
                ),
            )

        return desk.replay(path, source, stream=stream, progress=progress)


def _total(path: Path) -> int:
    """What the meter counts up to: rows of Parquet, bytes of text."""
    if path.suffix.lower() != ".parquet":
        return text_bytes(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError):
        return 0  # the intake says what is wrong with it


def document(summary: ReplaySummary) -> dict[str, Any]:
    """One replay as JSON."""
    told: dict[str, Any] = {
        **summary.account,
        "ticks": summary.ticks,
        "alerts": dict(summary.alerts),
        "wall_s": round(summary.wall_s, 3),
        "events_per_s": round(summary.events_per_s, 1),
    }
    return told | ({"incomplete": summary.incomplete} if summary.incomplete else {})


def tell_summary(shell: Shell, summary: ReplaySummary) -> None:
    """The account, the ticks and the new alerts, as a person reads them."""
    shell.tell("account", **{name: f"{n:,}" for name, n in summary.account.items()})
    shell.tell(
        "replay.engine",
        ticks=f"{summary.ticks:,}",
        wall_s=f"{summary.wall_s:.1f}",
        rate=f"{summary.events_per_s:,.0f}",
    )
    counted = ", ".join(f"{shell.say_level(word)} {n:,}" for word, n in summary.alerts.items())
    shell.tell("replay.alerts", counted=counted)
