"""`riskwatch bench`: holds the recipes of this workspace against published benchmarks."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.shell import Shell
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.workspace import enter_workspace, find_workspace, resolve

if TYPE_CHECKING:
    from rich.table import Table

    from riskwatch.audit.nab import Verdict
    from riskwatch.audit.nab_corpus import Corpus
    from riskwatch.audit.nab_score import Scored


class ProfileName(StrEnum):
    """The application profiles of the Numenta Anomaly Benchmark."""

    STANDARD = "standard"
    LOW_FP = "reward_low_FP_rate"
    LOW_FN = "reward_low_FN_rate"


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="bench", no_args_is_help=True)
    app.callback(help="bench")(_group)
    app.command("nab", help="nab")(nab)
    return app


def _group() -> None:
    """Commands of one benchmark each."""


def nab(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="nab_folder")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="nab_out")],
    windows: Annotated[Path | None, typer.Option("--windows", metavar="FILE", help="nab_windows")] = None,
    profile: Annotated[ProfileName | None, typer.Option("--profile", help="nab_profile")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Score every row of every file, write the scores, and say what they are worth."""
    from riskwatch.audit.nab import judge
    from riskwatch.audit.nab_corpus import Corpus
    from riskwatch.audit.nab_score import PROFILES

    shell: Shell = ctx.obj
    recipe = _recipe(shell)
    corpus = Corpus.open(folder.expanduser(), windows.expanduser() if windows else None)
    started = time.perf_counter()
    scored = _score(shell, corpus, recipe, out.expanduser())
    wall_s = time.perf_counter() - started
    wanted = [p for p in PROFILES if profile in (None, p.name)] if corpus.windows is not None else []
    shipped = [judge(scored, p, recipe.ALARM) for p in wanted]
    best = [judge(scored, p) for p in wanted]
    rows = sum(len(file.scores) for _, file in scored)
    if as_json:
        shell.emit(
            {
                "recipe": f"{recipe.__module__}:{recipe.__name__}",
                "files": len(scored),
                "rows": rows,
                "wall_s": round(wall_s, 3),
                "out": str(out),
                "verdicts": {
                    name: [_document(v) for v in verdicts]
                    for name, verdicts in (("shipped", shipped), ("best", best))
                },
            }
        )
        return
    shell.tell("nab.done", files=len(scored), rows=f"{rows:,}", wall_s=f"{wall_s:.1f}", out=out)
    if not wanted:
        shell.tell("nab.no_windows")
        return
    shell.tell("nab.shipped", threshold=f"{recipe.ALARM:g}")
    shell.out.print(_table(shell, shipped, counts=True))
    shell.tell("nab.best", thresholds=", ".join(f"{v.threshold:.4f} ({v.profile})" for v in best))
    shell.out.print(_table(shell, best, counts=False))


def _recipe(shell: Shell) -> Any:
    """The class that `gauges` of bundle.yaml names."""
    from riskwatch.core.documents import read_document
    from riskwatch.score.bundle import Bundle

    root = find_workspace(shell.environ, shell.here)
    enter_workspace(root)
    bundle = read_document(root / "configs" / "bundle.yaml", Bundle, "bundle.yaml")
    if bundle.gauges is None:
        fix = "name the recipe of gauges, such as models.gauge_surprise:GaugeSurprise"
        raise ConfigError([Fault("bundle.yaml", "gauges", "is missing", fix)])
    return resolve(bundle.gauges, "bundle.yaml")


def _score(shell: Shell, corpus: Corpus, recipe: Any, out: Path) -> list[tuple[str, Scored]]:
    """Run the recipe over all files with a meter on standard error; the scores by category."""
    from riskwatch.audit.nab import run, write
    from riskwatch.audit.nab_score import Scored

    scored = []
    with shell.meter(shell.say("nab.title"), len(corpus.files)) as meter:
        for stream, found in run(corpus, recipe):
            write(stream, found, out)
            scored.append((stream.category, Scored(found, stream.windows)))
            meter.update(len(scored), stream.name)
    return scored


def _table(shell: Shell, verdicts: list[Verdict], *, counts: bool) -> Table:
    """A line a category and one for all, a column a profile; `counts` if all have one threshold."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(shell.say("nab.category"))
    for key in ("files", "windows", "found", "false_alarms") if counts else ():
        table.add_column(shell.say(f"nab.{key}"), justify="right")
    for verdict in verdicts:
        table.add_column(verdict.profile, justify="right")
    for line in zip(*(v.standings for v in verdicts), strict=True):
        one = line[0]
        cells = (one.files, one.windows, one.found, one.false_alarms) if counts else ()
        scores = ("-" if s.score is None else f"{s.score:.1f}" for s in line)
        table.add_row(Text(one.category or shell.say("nab.all")), *map(str, cells), *scores)
    return table


def _document(verdict: Verdict) -> dict[str, Any]:
    return {
        "profile": verdict.profile,
        "threshold": verdict.threshold,
        "score": verdict.overall.score,
        "categories": {
            s.category: {
                "files": s.files,
                "windows": s.windows,
                "found": s.found,
                "false_alarms": s.false_alarms,
                "score": s.score,
            }
            for s in verdict.standings[:-1]
        },
    }
