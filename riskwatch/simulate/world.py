"""The world a happening is placed in, and how its area, span and codes are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskwatch.core.errors import ConfigError, Fault
from riskwatch.simulate.catalogue import Catalogue
from riskwatch.simulate.happenings import LevelName
from riskwatch.simulate.hours import Hours
from riskwatch.simulate.rates import Rates
from riskwatch.simulate.scenario import Scenario
from riskwatch.simulate.streams import Streams
from riskwatch.simulate.tree import County


@dataclass(frozen=True, slots=True)
class World:
    """What a happening is placed in."""

    scenario: Scenario
    county: County
    catalogue: Catalogue
    rates: Rates
    hours: Hours
    streams: Streams


def pick_area(
    world: World, level: LevelName, code: str | None, *, where: str, rng: np.random.Generator
) -> int:
    """The node of a code, or one of a level drawn by population. Raises ConfigError on an unknown code."""
    if code is not None:
        if code not in world.county.codes:
            what = f"area '{code}' is not in the tree of this seed"
            raise ConfigError([Fault("scenario", where, what, "take a code from the areas file it writes")])
        return world.county.codes.index(code)
    nodes = world.county.nodes_of(level)
    people = world.county.population[nodes].astype(np.float64)
    return int(rng.choice(nodes, p=people / people.sum()))


def pick_span(
    world: World, day: float | None, duration_hours: float, rng: np.random.Generator
) -> tuple[int, int]:
    """First hour and number of hours; drawn after the warm-up, cut to what the run has room for."""
    total, warm = world.hours.count, world.scenario.warm_up_hours
    place = rng.random()
    hours = max(1, round(duration_hours))
    if day is not None:
        first = min(int(day * 24), total - 1)
        return first, min(hours, total - first)
    hours = min(hours, total - warm)
    return warm + int(place * (total - warm - hours + 1)), hours


def struck(world: World, signature: str | None, indicators: tuple[str, ...]) -> list[int]:
    """The codes a happening touches: named, or of the signature, or else the first three."""
    if indicators:
        return sorted(world.catalogue.codes.index(code) for code in indicators)
    return world.catalogue.of_signature(signature or "") or world.catalogue.steady()[:3]
