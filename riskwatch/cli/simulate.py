"""`riskwatch simulate`: a made county as a file of events, with its configs and its truth beside it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell
from riskwatch.workspace import find_workspace

if TYPE_CHECKING:
    from riskwatch.simulate.county import Summary
    from riskwatch.simulate.scenario import Scenario


def simulate(  # noqa: PLR0913 - every parameter that people vary often is an option
    ctx: typer.Context,
    *,
    out: Annotated[Path, typer.Option("--out", help="simulate_out")] = Path("events.parquet"),
    truth: Annotated[Path | None, typer.Option("--truth", help="simulate_truth")] = None,
    areas: Annotated[int | None, typer.Option("--areas", help="simulate_areas")] = None,
    indicators: Annotated[int | None, typer.Option("--indicators", help="simulate_indicators")] = None,
    days: Annotated[int | None, typer.Option("--days", help="simulate_days")] = None,
    events: Annotated[int | None, typer.Option("--events", help="simulate_events")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="simulate_seed")] = None,
    start: Annotated[str | None, typer.Option("--start", help="simulate_start")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="simulate_timezone")] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="FILE|NAME", help="simulate_scenario")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="simulate_set")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="simulate_json")] = False,
) -> None:
    """Write the events of a scenario; options win over the scenario file."""
    shell: Shell = ctx.obj
    named = {
        "areas": areas,
        "indicators": indicators,
        "days": days,
        "events": events,
        "seed": seed,
        "start": start,
        "timezone": timezone,
    }
    wanted = scenario_of(shell, scenario, named | overrides(shell, given or []))
    started = time.perf_counter()
    summary = make_county(shell, wanted, out.expanduser(), truth)
    wall_s = time.perf_counter() - started
    if as_json:
        shell.emit(
            {
                "rows": summary.rows,
                "areas": summary.areas,
                "indicators": summary.indicators,
                "incidents": summary.incidents,
                "files": [str(f) for f in summary.files],
                "wall_s": round(wall_s, 3),
            }
        )
        return
    shell.tell("simulate.done", rows=f"{summary.rows:,}", areas=summary.areas, wall_s=f"{wall_s:.1f}")
    for file in summary.files:
        shell.out.print(f"  {file}", markup=False, soft_wrap=True)
    shell.tell("simulate.next", out=out)


def make_county(shell: Shell, scenario: Scenario, out: Path, truth: Path | None) -> Summary:
    """Simulate with a meter on standard error."""
    from riskwatch.simulate.county import simulate as simulate_county

    out.parent.mkdir(parents=True, exist_ok=True)
    with shell.meter(shell.say("simulate.title"), scenario.hours) as meter:
        return simulate_county(
            scenario,
            out,
            truth,
            lambda done, hours: meter.update(
                done, shell.say("simulate.hours", done=done // 24, days=hours // 24)
            ),
        )


def scenario_of(shell: Shell, named: str | None, given: dict[str, object]) -> Scenario:
    """The scenario of a file, or of a name in the workspace's `configs/scenarios/`."""
    from riskwatch.simulate.scenario import load_scenario

    if named is None:
        return load_scenario(None, given)
    folder = find_workspace(shell.environ, shell.here) / "configs" / "scenarios"
    for path in (Path(named).expanduser(), folder / f"{named}.yaml"):
        if path.is_file():
            return load_scenario(path, given)
    known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml")))
    raise typer.BadParameter(shell.say("simulate.no_scenario", name=named, known=known))


def overrides(shell: Shell, pairs: list[str]) -> dict[str, object]:
    """Dotted keys and their values; the scenario reads each value as YAML."""
    given: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(shell.say("simulate.bad_set", pair=pair))
        given[key.strip()] = value
    return given
