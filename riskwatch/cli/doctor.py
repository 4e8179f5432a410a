"""`riskwatch doctor`: what is installed, where things lie, and whether anything is broken."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch import __version__
from riskwatch.cli.shell import DATABASE_FILE, Shell
from riskwatch.core.clock import from_us
from riskwatch.core.errors import RiskwatchError
from riskwatch.workspace import find_workspace

if TYPE_CHECKING:
    from riskwatch.desk import Place

LIBRARIES = (
    *("numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "river"),
    *("sqlalchemy", "pydantic", "fastapi", "uvicorn", "typer", "rich"),
)
EXTRAS = {
    "analyst": ("mlflow", "prefect", "fairlearn", "skops"),
    "postgres": ("psycopg",),
    "kafka": ("confluent_kafka",),
    "spark": ("pyspark",),
}
"""Extra -> the modules it brings."""

LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok` is None where nothing can be wrong with it."""

    name: str
    value: str
    ok: bool | None = None
    fix: str = ""


def doctor(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="doctor_json")] = False,
) -> None:
    """Look at the installation, the workspace and the store; 1 if something is broken."""
    shell: Shell = ctx.obj
    broken = 0
    for finding in findings(shell):
        broken += finding.ok is False
        if as_json:
            shell.emit(asdict(finding))
            continue
        mark = {True: "ok  ", False: "BAD ", None: "    "}[finding.ok]
        line = f"{mark}{shell.say(f'doctor.{finding.name}')}: {finding.value}"
        shell.out.print(line + (f"; {finding.fix}" if finding.fix else ""), markup=False, soft_wrap=True)
    if broken:
        shell.note(f"doctor.broken.{'one' if broken == 1 else 'other'}", n=broken)
        raise typer.Exit(1)


def findings(shell: Shell) -> Iterator[Finding]:
    """Everything that was looked at, in the order of the report."""
    yield Finding("riskwatch", __version__)
    yield _python(shell)
    yield _libraries(shell)
    yield from _extras(shell)
    try:
        root = find_workspace(shell.environ, shell.here)
    except RiskwatchError as error:
        yield Finding("workspace", str(error), False)
        return
    yield Finding("workspace", f"{root} ({shell.say(_why(shell, root.name, str(root)))})", True)
    place = shell.place()
    yield from _store(shell, place)
    yield _disk(shell, place)
    now = shell.clock.now()
    sane = now.year >= 2025
    yield Finding("clock", f"{now:%Y-%m-%dT%H:%M:%SZ}", sane, "" if sane else shell.say("doctor.set_clock"))
    yield Finding("telemetry", shell.say("doctor.off"), True)


def _python(shell: Shell) -> Finding:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 12)
    where = f"{platform.python_version()} ({sys.executable})"
    return Finding("python", where, fits, "" if fits else shell.say("doctor.use_python"))


def _libraries(shell: Shell) -> Finding:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    fix = shell.say("doctor.reinstall", missing=", ".join(missing)) if missing else ""
    return Finding("libraries", ", ".join(found), not missing, fix)


def _extras(shell: Shell) -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        if all(importlib.util.find_spec(m) is not None for m in modules):
            yield Finding("extra", shell.say("doctor.present", extra=extra))
        else:
            command = f"pip install 'riskwatch[{extra}]'"
            yield Finding("extra", shell.say("doctor.absent", extra=extra), None, command)


def _why(shell: Shell, name: str, root: str) -> str:
    """The key of the reason why this workspace was taken."""
    if shell.environ.get("RISKWATCH_WORKSPACE"):
        return "doctor.by_name"
    if name == "_workspace":
        return "doctor.by_bundle"
    here = str(shell.here.resolve())
    return "doctor.by_folder" if here == root or here.startswith(root + "/") else "doctor.by_checkout"


def _store(shell: Shell, place: Place) -> Iterator[Finding]:
    database = place.home / DATABASE_FILE
    where = _without_password(place.url) if place.url else str(database)
    if place.url is None and not database.is_file():
        yield Finding("store", shell.say("doctor.no_store", path=where))
        return
    try:
        yield from _opened(shell, place, where)
    except RiskwatchError as error:
        yield Finding("store", str(error), False)


def _opened(shell: Shell, place: Place, where: str) -> Iterator[Finding]:
    import sqlalchemy as sa

    from riskwatch.store.alerts import AlertStore
    from riskwatch.store.database import open_database
    from riskwatch.store.schema import VERSION

    database = open_database(place.url, place.home)
    size = sum(f.stat().st_size for f in place.home.rglob("*") if f.is_file()) / 1e6
    yield Finding("store", f"{where} ({size:.1f} MB)", True)
    mode = database.dialect.name
    if mode == "sqlite":
        with database.connect() as tx:
            mode = f"sqlite, journal {tx.execute(sa.text('PRAGMA journal_mode')).scalar()}"
    yield Finding("schema", f"{VERSION} ({mode})", True)
    standing = AlertStore(database).standing()
    tick = standing.last_tick_us if standing else None
    yield Finding("last_tick", f"{from_us(tick):%Y-%m-%dT%H:%M:%SZ}" if tick else shell.say("doctor.never"))
    database.dispose()


def _without_password(url: str) -> str:
    import sqlalchemy as sa

    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "RISKWATCH_DB"


def _disk(shell: Shell, place: Place) -> Finding:
    folder = next(p for p in (place.home, *place.home.parents) if p.exists())
    free = shutil.disk_usage(folder).free // 1_000_000
    enough = free >= LEAST_FREE_MB
    return Finding("disk", f"{free:,} MB", enough, "" if enough else shell.say("doctor.make_room"))
