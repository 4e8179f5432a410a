"""Planned events: rates are so many times as high for some hours in one area, and a calendar says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskwatch.simulate.plants import Component, Plant
from riskwatch.simulate.world import World, pick_area, pick_span, struck

_NAMES = (("Lantern festival", "灯会"), ("Harvest fair", "丰收集市"), ("River marathon", "滨江马拉松"))
_SLOT = 2 * 1024


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An announced event; `factor` multiplies the usual rate of its indicators in its area."""

    name: dict[str, str]
    area: str
    indicators: tuple[str, ...]
    start: str
    end: str
    factor: float
    plant: Plant

    def document(self) -> dict[str, object]:
        """As the calendar file lists it."""
        return {
            "name": self.name,
            "area": self.area,
            "indicators": list(self.indicators),
            "start": self.start,
            "end": self.end,
            "factor": self.factor,
        }


def place_planned(world: World) -> list[PlannedEvent]:
    """Every planned event of the scenario."""
    return [_planned(world, number) for number in range(world.scenario.planned.count)]


def _planned(world: World, number: int) -> PlannedEvent:
    options = world.scenario.planned
    rng = world.streams.at("planned", number)
    day = options.start_days[number] if number < len(options.start_days) else None
    first, hours = pick_span(world, day, options.duration_hours, rng)
    if day is None:  # people hold events by day: from 10:00 local time, if the run has room
        later = (10 - int(world.hours.of_week[first]) % 24) % 24
        first = min(first + later, world.hours.count - hours)
    code = options.areas[number] if number < len(options.areas) else None
    node = pick_area(world, options.level, code, where="planned.areas", rng=rng)
    indicators = np.array(struck(world, options.signature, options.indicators))
    leaves = world.county.leaves_below(node)
    curve = world.rates.shape(first, hours)[indicators]
    total = curve.sum(axis=1, keepdims=True)
    mass = (options.factor - 1) * world.rates.level[np.ix_(indicators, leaves)] * total
    en, zh = _NAMES[number % len(_NAMES)]
    lap = "" if number < len(_NAMES) else f" {number // len(_NAMES) + 1}"
    return PlannedEvent(
        name={"en": en + lap, "zh": zh + lap},
        area=world.county.codes[node],
        indicators=tuple(world.catalogue.codes[i] for i in indicators),
        start=world.hours.iso(first),
        end=world.hours.iso(first + hours),
        factor=options.factor,
        plant=Plant(
            Component("planned", number, _SLOT + number),
            first,
            indicators,
            leaves,
            mass,
            curve / np.where(total > 0, total, 1.0),
        ),
    )
