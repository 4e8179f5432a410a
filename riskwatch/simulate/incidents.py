"""Incidents: where and when each shape strikes, and how much it adds; labelled in the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.simulate.happenings import Shape
from riskwatch.simulate.plants import Component, Plant
from riskwatch.simulate.tree import County
from riskwatch.simulate.world import World, pick_area, pick_span, struck

FloatArray = NDArray[np.float64]

FIRST_SLOT = 3  # slots count in blocks of 1024: 0 the background, 2 planned events, then the shapes


@dataclass(frozen=True, slots=True)
class Incident:
    """A planted incident. `peak_ratio` is (usual + extra) / usual in its peak hour, in its area."""

    id: str
    shape: str
    area: str
    signature: str
    plant: Plant
    peak_ratio: float
    around: tuple[str, ...] = ()


def curve_of(name: str, hours: int) -> FloatArray:
    """[hours] intensity over an incident's life, its top about 1.

    pulse: (x/p) exp(1 - x/p) with its top p at a fifth; epidemic: the lognormal incubation
    curve of a common source (Sartwell 1950), median at 0.3 of the span, dispersion 1.6;
    ramp: linear; plateau: flat.
    """
    x = (np.arange(hours) + 0.5) / hours
    if name == "pulse":
        return np.asarray(x / 0.2 * np.exp(1 - x / 0.2))
    if name == "epidemic":
        sigma = np.log(1.6)
        density = np.exp(-0.5 * (np.log(x / 0.3) / sigma) ** 2) / x
        return np.asarray(density / density.max())
    return x if name == "ramp" else np.ones(hours)


def place_incidents(world: World) -> list[Incident]:
    """Every incident of the scenario, drawn from streams of their own."""
    shapes = world.scenario.incidents.shapes()
    floors = sum(s.count * s.min_events for s in shapes.values() if s.extra_events is None)
    allowed = world.scenario.incidents.min_events_share * world.scenario.events
    cut = min(1.0, allowed / floors) if floors else 1.0
    return [
        _incident(
            world, name, shape, number=n, slot=(FIRST_SLOT + place) * 1024 + n, floor=shape.min_events * cut
        )
        for place, (name, shape) in enumerate(shapes.items())
        for n in range(shape.count)
    ]


def _nth(values: tuple[float, ...], n: int) -> float | None:
    return values[n] if n < len(values) else None


def _incident(world: World, name: str, shape: Shape, *, number: int, slot: int, floor: float) -> Incident:
    rng = world.streams.at("incident", name, number)
    first, hours = pick_span(world, _nth(shape.start_days, number), shape.duration_hours, rng)
    code = shape.areas[number] if number < len(shape.areas) else None
    node = pick_area(world, shape.level, code, where=f"incidents.{name}.areas", rng=rng)
    codes = struck(world, shape.signature, shape.indicators)
    if shape.one_per_department:
        codes = world.catalogue.one_per_department(codes)
    around = world.county.neighbours[node] if shape.spread else ()
    below = [world.county.leaves_below(one) for one in (node, *around)]
    indicators, leaves = np.array(codes), np.sort(np.concatenate(below))
    level = world.rates.level[np.ix_(indicators, leaves)]
    usual = level.sum(axis=1, keepdims=True) * world.rates.shape(first, hours)[indicators]
    curve = np.tile(curve_of(shape.curve, hours), (len(codes), 1))
    season = np.maximum(world.rates.shape(first, hours)[indicators], 1e-6)
    if shape.curve == "pulse":  # a storm does not wait for office hours, people with an illness do
        season = np.broadcast_to(season.mean(axis=1, keepdims=True), season.shape)
    curve = curve * season
    extra = (shape.peak_ratio - 1) * level.sum(axis=1) * curve.sum(axis=1)
    if shape.extra_events is not None:
        extra *= shape.extra_events / extra.sum()
    elif extra.sum() < floor:
        extra *= floor / extra.sum()
    curve /= curve.sum(axis=1, keepdims=True)
    weight = level * _severity(world.county, leaves, shape.area_spread_cv, rng)
    mass = extra[:, None] * weight / weight.sum(axis=1, keepdims=True)
    added, there = (extra[:, None] * curve).sum(axis=0), usual.sum(axis=0)
    ratio = float((1 + added / np.maximum(there, 1e-9)).max())
    signatures = [world.catalogue.entries[i].signature for i in codes]
    return Incident(
        id=f"{name}-{number + 1}",
        shape=name,
        area=world.county.codes[node],
        signature=max(signatures, key=signatures.count),
        plant=Plant(Component(f"incident {name}", number, slot), first, indicators, leaves, mass, curve),
        peak_ratio=ratio,
        around=tuple(world.county.codes[one] for one in around),
    )


def _severity(county: County, leaves: NDArray[np.int64], cv: float, rng: np.random.Generator) -> FloatArray:
    """[leaves] gamma factor of each village's township, mean 1."""
    if cv == 0:
        return np.ones(len(leaves))
    towns = county.parent[county.leaf_first :][leaves]
    return rng.gamma(1 / cv**2, cv**2, len(county.codes))[towns]
