"""One simulation from scenario to files: the county is built, lived through chunk by chunk, and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from riskwatch.simulate.entries import DEPARTMENTS
from riskwatch.simulate.hours import HOUR_S, hours_of
from riskwatch.simulate.incidents import Incident, place_incidents
from riskwatch.simulate.outages import place_outages
from riskwatch.simulate.planned import PlannedEvent, place_planned
from riskwatch.simulate.plants import Component, Plant, draw
from riskwatch.simulate.rates import unit_rates
from riskwatch.simulate.reporting import Desk, desk_of
from riskwatch.simulate.rows import Rows, join, no_rows
from riskwatch.simulate.scenario import Scenario
from riskwatch.simulate.sidecar import write_sidecar
from riskwatch.simulate.streams import Streams
from riskwatch.simulate.tree import build_county
from riskwatch.simulate.truth import Tally, tally_of, truth_document
from riskwatch.simulate.world import World
from riskwatch.simulate.writer import Codes, open_writer, suffix_of

_BACKGROUND = Component("background", 0, 0)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a simulation wrote: rows, nodes of the tree, listed indicators, incidents, files."""

    rows: int
    areas: int
    indicators: int
    incidents: int
    files: tuple[Path, ...]


def simulate(
    scenario: Scenario,
    out: Path,
    truth: Path | None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write the events of a scenario, the configs beside them and the truth.

    `progress` is called with the hours done and the hours in all. Memory holds one chunk (about
    400,000 rows) and the rows still under way to a department. The same scenario gives the same
    bytes with the same versions of numpy and pyarrow. Raises ConfigError before it writes a row
    if the suffix of `out` or the code of an area is unknown.
    """
    suffix_of(out)
    world = build_world(scenario)
    incidents, planned, outages = place_incidents(world), place_planned(world), place_outages(world)
    files = write_sidecar(out, scenario, county=world.county, catalogue=world.catalogue, planned=planned)
    source_of = world.catalogue.department_of()
    codes = Codes(world.county.codes, world.catalogue.codes, DEPARTMENTS, source_of)
    tally = tally_of(world)
    happenings: list[Incident | PlannedEvent] = [*planned, *incidents]
    with open_writer(out, codes) as writer:
        for rows, done in _chunks(world, desk_of(world, outages), happenings, tally):
            writer.write(rows)
            if progress:
                progress(done, scenario.hours)
    document = truth_document(world, tally, incidents=incidents, outages=outages, planned=planned)
    if truth is not None:
        truth.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        truth.write_text(text, encoding="utf-8", newline="\n")
        files = (*files, truth)
    return Summary(
        tally.rows, len(world.county.codes), world.catalogue.listed, len(incidents), (out, *files)
    )


def build_world(scenario: Scenario) -> World:
    """The county with its rates scaled so that the ordinary rows add up to the scenario's events."""
    streams = Streams(scenario.seed)
    county, catalogue, hours = build_county(scenario, streams), scenario.catalogue(), hours_of(scenario)
    rates = unit_rates(scenario, county, catalogue, hours=hours, streams=streams)
    unit = World(scenario, county, catalogue, rates, hours, streams)
    desk = desk_of(unit, [])
    share, repeats = desk.report_rate, 1 + desk.repeat_mean
    expected = float((rates.level @ share * repeats * rates.shape_sum()).sum())
    for event in place_planned(unit):
        plant = event.plant
        expected += float((plant.mass @ share[plant.leaves] * repeats[plant.indicators]).sum())
    expected *= 1 + scenario.duplicates.share
    return replace(unit, rates=rates.scaled(scenario.events / expected))


def _chunks(
    world: World, desk: Desk, happenings: list[Incident | PlannedEvent], tally: Tally
) -> Iterator[tuple[Rows, int]]:
    """Rows received within each chunk, sorted, and the hours done; what is under way is carried over.

    What is under way at the end was not received in the span, so it is not in the file: else the
    last late rows would move the clock on through hours in which nothing else is sent.
    """
    step, under_way = world.scenario.chunk_hours, no_rows()
    for first in range(0, world.hours.count, step):
        parts = [under_way, _background(world, desk, tally, first)]
        for happening in happenings:
            rows = _happening(world, desk, happening, tally, first)
            if rows is not None:
                parts.append(rows)
        rows = join(parts)
        due = rows.received_s < world.hours.instant_s(first + step)
        ready, under_way = rows.take(due).by_receipt(), rows.take(~due)
        tally.count_rows(ready)
        yield ready, first + step


def _background(world: World, desk: Desk, tally: Tally, first: int) -> Rows:
    rates, streams, scenario = world.rates, world.streams, world.scenario
    curve = rates.shape(first, scenario.chunk_hours)
    mean = rates.level * rates.shocks(first // 24, streams) * curve.sum(axis=1, keepdims=True)
    seen = draw(
        mean,
        curve,
        report_rate=desk.report_rate,
        start_s=world.hours.instant_s(first),
        streams=(streams, _BACKGROUND, first),
    )
    tally.count_occurrences(seen, None)
    return desk.send(seen, _BACKGROUND, at=first, codes=np.arange(len(mean)))


def _happening(
    world: World, desk: Desk, happening: Incident | PlannedEvent, tally: Tally, first: int
) -> Rows | None:
    plant: Plant = happening.plant
    part = plant.part(first, world.scenario.chunk_hours)
    if part is None:
        return None
    start, curve = part
    seen = draw(
        plant.mass * curve.sum(axis=1, keepdims=True),
        curve,
        report_rate=desk.report_rate[plant.leaves],
        start_s=world.hours.start_s + start * HOUR_S,
        streams=(world.streams, plant.component, first),
    )
    tally.count_occurrences(seen, plant.leaves)
    seen = replace(seen, leaf=plant.leaves[seen.leaf])
    rows = desk.send(seen, plant.component, at=first, codes=plant.indicators)
    if isinstance(happening, Incident):
        tally.count_planted(happening.id, seen, rows)
    return rows
