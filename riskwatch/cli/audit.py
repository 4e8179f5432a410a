"""`riskwatch audit`: fairness reports, samples to judge, and the registration of partitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell
from riskwatch.cli.truth_options import Complete, Register, Sample, Truth, truth_given

if TYPE_CHECKING:
    from riskwatch.desk import Desk

Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
Json = Annotated[bool, typer.Option("--json", help="json_one")]


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
    truth: Truth = None,
    register: Register = None,
    complete: Complete = False,
    sample: Sample = None,
    champion: Annotated[
        Path | None, typer.Option("--champion", metavar="DIR", help="audit_champion")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="audit_out")] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="audit_k")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="audit_seed")] = 7,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Audit a store's alerts against outside truth, and write the report."""
    shell: Shell = ctx.obj
    given = truth_given(shell, (truth, register, sample), partition, complete=complete)
    from riskwatch.audit.fairness import Rules, audit_fairness
    from riskwatch.audit.figures import Resampling
    from riskwatch.audit.of_store import audited, provenance_of
    from riskwatch.audit.page import ReportPage
    from riskwatch.audit.report import report_document
    from riskwatch.audit.reports import Reports

    desk = shell.desk(store)
    world = desk.settings.world
    chosen = given.registered_in(desk.place.root, world)
    outside = given.outside(world, _span(desk))

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
    reports = Reports(desk.place.home)
    file = reports.page(reports.keep(document), shell.lang)
    if out:
        file = shell.here / out.expanduser()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page.html(), encoding="utf-8", newline="\n")
    if as_json:
        shell.emit(document | {"report": str(file)})
        return
    shell.tell("audit.verdict", decision=page.decision(), summary=page.summary())
    shell.tell("audit.written", file=file)


def sample(
    ctx: typer.Context,
    *,
    n: Annotated[int, typer.Option("--n", min=1, help="audit_n")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, help="audit_seed")] = 7,
    out: Annotated[Path, typer.Option("--out", help="audit_sample_out")] = Path("sample.csv"),
    store: Store = None,
    as_json: Json = False,
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
    drawn = len(draw_sample(frame, n, seed))
    if as_json:
        shell.emit({"file": str(file), "n": drawn, "seed": seed})
    else:
        shell.tell("audit.sampled", n=drawn, file=out)


def register(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="audit_name")],
    *,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="audit_by")],
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="audit_key")] = None,
    as_json: Json = False,
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
    if as_json:
        shell.emit(new.model_dump(mode="json") | {"file": str(path)})
        return
    shell.tell("audit.registered", name=name, date=new.registered, by=new.by, hash=new.hash, file=path)


def _span(desk: Desk) -> tuple[int, int]:
    from riskwatch.audit.of_store import decided_span

    return decided_span(desk.alerts, desk.settings.world.grid.tick_us)
