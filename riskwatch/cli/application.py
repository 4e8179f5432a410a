"""The command tree, put together and run: language first, then the command, then its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from riskwatch import __version__
from riskwatch.cli import (
    alerts,
    audit,
    bench,
    check,
    demo,
    desk_orders,
    doctor,
    handover,
    init,
    live,
    models,
    outbox,
    quarantine,
    replay,
    retention,
    route,
    simulate,
    train,
    training_set,
)
from riskwatch.cli.localise import localise
from riskwatch.cli.shell import LANGUAGES, Language, Shell
from riskwatch.core.errors import RiskwatchError


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"riskwatch {__version__}\n")
        raise typer.Exit


def _root(
    lang: Annotated[
        Language, typer.Option("--lang", envvar="RISKWATCH_LANG", help="lang", case_sensitive=False)
    ] = Language.EN,
    version: Annotated[
        bool, typer.Option("--version", help="version", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command; `main` has read the language before."""


def build() -> typer.Typer:
    """The command tree, with message keys in place of its texts."""
    app = typer.Typer(
        name="riskwatch",
        help="riskwatch",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(help="riskwatch")(_root)
    for name, command in (
        ("init", init.init),
        ("demo", demo.demo),
        ("replay", replay.replay),
        ("simulate", simulate.simulate),
        ("train", train.train),
        ("run", live.run),
        ("serve", live.serve),
        ("deliver", outbox.deliver),
        ("check", check.check),
        ("doctor", doctor.doctor),
        ("handover", handover.handover),
        ("suppress", desk_orders.suppress),
        ("lift", desk_orders.lift),
        ("retention", retention.retention),
    ):
        app.command(name, help=name)(command)
    app.add_typer(alerts.build(), name="alerts", help="alerts")
    app.add_typer(quarantine.build(), name="quarantine", help="quarantine")
    app.add_typer(route.build(), name="route", help="route")
    app.add_typer(desk_orders.build(), name="drill", help="drill")
    app.add_typer(outbox.build(), name="outbox", help="outbox")
    app.add_typer(models.build(), name="models", help="models")
    app.add_typer(training_set.build(), name="training-set", help="training_set")
    app.add_typer(audit.build(), name="audit", help="audit")
    app.add_typer(bench.build(), name="bench", help="bench")
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with 0, 1 (it failed), 2 (wrong use) or 130 (stopped)."""
    _write_utf8()
    lang, arguments = language_first(sys.argv[1:] if argv is None else argv, os.environ)
    shell = Shell(os.environ, Path.cwd(), lang)
    command = typer.main.get_command(build())
    localise(command, shell.say)
    try:
        command(arguments, prog_name="riskwatch", obj=shell)
    except Exception as error:  # the last door: a person reads a sentence, not a traceback
        if os.environ.get("RISKWATCH_DEBUG") == "1":
            raise
        sys.stdout.flush()
        sys.stderr.write(f"{shell.say('error')}: {_told(shell, error)}\n")
        raise SystemExit(1) from None


def _told(shell: Shell, error: Exception) -> str:
    """What went wrong: riskwatch's own errors speak for themselves, others are named."""
    if isinstance(error, RiskwatchError):
        return str(error)
    return shell.say("unexpected", kind=type(error).__name__, what=error)


def language_first(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The language, and the arguments with `--lang` in front, wherever it stood before `--`.

    >>> language_first(["alerts", "list", "--lang", "zh"], {})
    ('zh', ['--lang', 'zh', 'alerts', 'list'])
    """
    front: list[str] = []
    rest: list[str] = []
    given = list(argv)
    while given:
        word = given.pop(0)
        if word == "--":
            rest += [word, *given]
            break
        if word == "--lang" and given:
            front += [word, given.pop(0)]
        elif word.startswith("--lang="):
            front.append(word)
        else:
            rest.append(word)
    wanted = front[-1].removeprefix("--lang=") if front else environ.get("RISKWATCH_LANG", "")
    return (wanted.lower() if wanted.lower() in LANGUAGES else "en"), front + rest


def _write_utf8() -> None:
    """Names of places are in any script, also where the terminal's locale says ASCII."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            reconfigure(encoding="utf-8", errors="replace")
