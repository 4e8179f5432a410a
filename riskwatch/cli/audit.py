"""`riskwatch audit`: fairness reports, samples to judge, and the registration of partitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell
from riskwatch.core.errors import StoreError

if TYPE_CHECKING:
    from riskwatch.audit.happenings import Outside
    from riskwatch.audit.partitions import Partition
    from riskwatch.desk import Desk

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
FOLDER = "audits"
"""Where a store keeps its reports."""


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="audit", no_args_is_help=True)
    for name, command in (("fairness", fairness), ("sample", sample), ("register", register)):
        app.command(name, help=name)(command)
    return app


def fairness(  # noqa: PLR0913 - three kinds of truth, and where the report goes
    ctx: typer.Context,
    *,
    partition: Annotated[str, typer.Option("--partition", metavar="NAME", help="audit_partition")],
    truth: Annotated[Path | None, typer.Option("--truth", help="audit_truth")] = None,
    register: Annotated[Path | None, typer.Option("--register", help="audit_register_file")] = None,
    complete: Annotated[bool, typer.Option("--complete", help="audit_complete")] = False,
    sample: Annotated[Path | None, typer.Option("--sample", help="audit_sample_file")] = None,
    champion: Annotated[
        Path | None, typer.Option("--champion", metavar="DIR", help="audit_champion")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="audit_out")] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="audit_k")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="audit_seed")] = 7,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Audit a store's alerts against outside truth, and write the report."""
    shell: Shell = ctx.obj
    if sum(given is not None for given in (truth, register, sample)) != 1:
        raise typer.BadParameter(shell.say("audit.one_truth"))
    from riskwatch.audit.fairness import Rules, audit_fairness
    from riskwatch.audit.figures import Resampling
    from riskwatch.audit.of_store import audited, provenance_of
    from riskwatch.audit.page import ReportPage
    from riskwatch.audit.report import report_document

    desk = shell.desk(store)
    chosen = _partition(shell, desk, partition)
    world = desk.settings.world
    outside = _outside(shell, desk, (truth, register, sample), complete=complete)

    found = audited(desk.alerts, world)
    rival = shell.desk(champion) if champion else None
    report = audit_fairness(
        found,
        outside,
        chosen,
        provenance=provenance_of(found, desk.settings.config_hash),
        rules=Rules(k=k, resampling=Resampling(seed=seed)),
        champion=audited(rival.alerts, world).alerts if rival else None,
    )
    document = report_document(report)
    page = ReportPage(document, shell.lang)
    folder = desk.place.home / FOLDER
    name = f"fairness-{chosen.name}-{outside.digest[:8]}-{report.verdict.evidence[:8]}"
    file = (shell.here / out.expanduser()) if out else folder / f"{name}.{shell.lang}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page.html(), encoding="utf-8", newline="\n")
    if out is None:
        (folder / f"{name}.json").write_text(
            json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
    if as_json:
        shell.emit(document | {"report": str(file)})
        return
    decision = page.words.text(f"audit.decision.{document['verdict']['decision']}")
    shell.tell("audit.verdict", decision=decision, summary=page.summary())
    shell.tell("audit.written", file=file)


def sample(
    ctx: typer.Context,
    *,
    n: Annotated[int, typer.Option("--n", min=1, help="audit_n")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="audit_seed")] = 7,
    out: Annotated[Path, typer.Option("--out", help="audit_sample_out")] = Path("sample.csv"),
    store: Store = None,
) -> None:
    """Draw a blind audit sample from a store's area-days."""
    shell: Shell = ctx.obj
    from riskwatch.audit.sample import draw_sample, frame_of, sample_text

    desk = shell.desk(store)
    world = desk.settings.world
    frame = frame_of(world.tree, _span(desk), world.timezone)
    file = shell.here / out.expanduser()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sample_text(frame, world.tree, n, seed), encoding="utf-8", newline="\n")
    shell.tell("audit.sampled", n=len(draw_sample(frame, n, seed)), file=out)


def register(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="audit_name")],
    *,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="audit_by")],
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="audit_key")] = None,
) -> None:
    """Append a partition to the workspace's configs/partitions.yaml, with today's date and its hash."""
    shell: Shell = ctx.obj
    from riskwatch.audit.partitions import FILE, Partition, appended, load_partitions, written
    from riskwatch.core.documents import parse_document

    path = shell.place().root / "configs" / FILE
    entries = load_partitions(path) if path.is_file() else ()
    given = {
        "name": name,
        "group_key": key or name,
        "registered": shell.clock.now().date(),
        "by": by.strip(),
    }
    entries = appended(entries, parse_document(given, Partition, FILE))
    path.write_text(written(entries), encoding="utf-8", newline="\n")
    new = entries[-1]
    shell.tell("audit.registered", name=name, date=new.registered, by=new.by, hash=new.hash, file=path)


def _partition(shell: Shell, desk: Desk, name: str) -> Partition:
    """The registered partition, of which the store's areas have labels."""
    from riskwatch.audit.partitions import FILE, load_partitions, registered

    path = desk.place.root / "configs" / FILE
    found = registered(load_partitions(path) if path.is_file() else (), name)
    known = sorted({key for area in desk.settings.world.tree.areas for key in area.groups})
    if found.group_key not in known:
        told = shell.say("audit.no_key", group_key=found.group_key, known=", ".join(known) or "–")
        raise StoreError(told)
    return found


def _outside(
    shell: Shell, desk: Desk, given: tuple[Path | None, Path | None, Path | None], *, complete: bool
) -> Outside:
    from riskwatch.audit.happenings import load_register, load_truth, within
    from riskwatch.audit.sample import frame_of, load_sample

    world = desk.settings.world
    truth, register, sample = (shell.here / p.expanduser() if p else None for p in given)
    span_us = _span(desk)
    if truth:
        return within(load_truth(truth, world.tree, world.registry), span_us)
    if register:
        return load_register(register, world.tree, world.registry, span_us=span_us, complete=complete)
    assert sample is not None  # noqa: S101 - exactly one was given
    return load_sample(sample, frame_of(world.tree, span_us, world.timezone), world.registry)


def _span(desk: Desk) -> tuple[int, int]:
    from riskwatch.audit.of_store import decided_span

    return decided_span(desk.alerts, desk.settings.world.grid.tick_us)
