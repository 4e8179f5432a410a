"""The options by which outside truth is handed to a command: which file, of what kind, split by what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.audit.truth_given import TruthGiven

Truth = Annotated[Path | None, typer.Option("--truth", metavar="FILE", help="audit_truth")]
Register = Annotated[Path | None, typer.Option("--register", metavar="FILE", help="audit_register_file")]
Complete = Annotated[bool, typer.Option("--complete", help="audit_complete")]
Sample = Annotated[Path | None, typer.Option("--sample", metavar="FILE", help="audit_sample_file")]
Split = Annotated[str | None, typer.Option("--partition", metavar="NAME", help="audit_partition")]


def truth_given(
    shell: Shell, files: tuple[Path | None, Path | None, Path | None], partition: str, *, complete: bool
) -> TruthGiven:
    """Exactly one of (truth, register, sample), by its absolute path; else raises BadParameter."""
    from riskwatch.audit.truth_given import TruthGiven, TruthKind

    found = [
        (kind, shell.here / path.expanduser())
        for kind, path in zip(TruthKind, files, strict=True)
        if path is not None
    ]
    if len(found) != 1:
        raise typer.BadParameter(shell.say("audit.one_truth"))
    (kind, path), *_ = found
    return TruthGiven(kind=kind, path=path, partition=partition, complete=complete)


def truth_if_any(
    shell: Shell,
    files: tuple[Path | None, Path | None, Path | None],
    partition: str | None,
    *,
    complete: bool,
) -> TruthGiven | None:
    """The same where it may be left out; a truth without a partition is refused, and a partition alone."""
    if partition is None and not any(files):
        return None
    if partition is None:
        raise typer.BadParameter(shell.say("audit.truth_and_partition"))
    return truth_given(shell, files, partition, complete=complete)
