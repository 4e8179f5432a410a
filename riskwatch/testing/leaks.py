"""Leaks: whatever is received after an instant must move nothing as of it; checked by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.scores import Extractor, World
from riskwatch.extract.arrivals import Arrivals
from riskwatch.extract.panels import PanelBuilder
from riskwatch.testing.made import MONDAY_US, Row, base_load, burst, leaves, made_batch, made_world

AsOf = Callable[[Sequence[Row], int], Mapping[str, Any]]
"""Given all events, in order of receipt, and an instant: everything that is said as of it, by name."""

Perturb = Callable[[list[Row], World, np.random.Generator], list[Row]]


def dropped(rows: list[Row], world: World, draw: np.random.Generator) -> list[Row]:
    """Half of what was received later never came."""
    return [row for row in rows if draw.random() < 0.5]


def scaled(rows: list[Row], world: World, draw: np.random.Generator) -> list[Row]:
    """What was received later counts nine times."""
    return [(*row[:6], 9.0 * row[6]) for row in rows]


def shuffled(rows: list[Row], world: World, draw: np.random.Generator) -> list[Row]:
    """What was received later is about other places and indicators."""
    order = draw.permutation(len(rows))
    return [(r[0], r[1], rows[n][2], rows[n][3], *r[4:]) for r, n in zip(rows, order, strict=True)]


def backdated(rows: list[Row], world: World, draw: np.random.Generator) -> list[Row]:
    """What was received later tells of hours and days before the instant."""
    back = draw.integers(0, 3 * DAY_US, len(rows))
    return [(*r[:4], r[4] - int(b), *r[5:]) for r, b in zip(rows, back, strict=True)]


def in_a_new_area(rows: list[Row], world: World, draw: np.random.Generator) -> list[Row]:
    """A place that was never heard of until then has a burst of its own."""
    if not rows:
        return rows
    area, at = leaves(world.tree)[-1], rows[0][5]
    return sorted(
        [
            *rows,
            *(("n", "made", area, i, at + k, at + k, 5.0) for i in world.registry.ids for k in range(20)),
        ],
        key=lambda r: r[5],
    )


PERTURBATIONS: Mapping[str, Perturb] = {
    "drop": dropped,
    "scale": scaled,
    "shuffle": shuffled,
    "backdate": backdated,
    "new_area": in_a_new_area,
}
"""What happens to everything that was received after the instant, by the name that a leak is told with."""


def leaky_rows(world: World, *, days: float = 12.0, seed: int = 0) -> list[Row]:
    """Events to try it on: calls that arrive late, bursts, and one place that is silent throughout."""
    draw = np.random.default_rng(seed)
    silent = leaves(world.tree)[-1]
    found = [r for r in base_load(world, days=days, per_day=2.0, seed=seed) if r[2] != silent]
    for day in range(1, int(days)):
        at = MONDAY_US + day * DAY_US + 9 * HOUR_US
        place = leaves(world.tree)[day % (len(leaves(world.tree)) - 1)]
        found += burst(
            world, area=place, indicator=world.registry.ids[day % 2], start_us=at, n=12, over_h=2
        )
    late = draw.exponential(0.2 * HOUR_US, len(found)).astype(np.int64)
    late[draw.random(len(found)) < 0.05] += DAY_US  # some news is very old
    told = [
        (f"r{n}", *r[1:5], r[4] + int(d), r[6]) for n, (r, d) in enumerate(zip(found, late, strict=True))
    ]
    return sorted(told, key=lambda r: (r[5], r[0]))


def check_nothing_moves(
    as_of: AsOf,
    *,
    world: World | None = None,
    rows: Sequence[Row] | None = None,
    instants_us: Sequence[int] | None = None,
) -> None:
    """Perturb what was received after an instant, in each way; what is said as of it must not move.

    Raises AssertionError that begins with the name of the perturbation and says what moved.
    """
    world = world or made_world()
    given = list(rows if rows is not None else leaky_rows(world))
    if instants_us is None:
        first, last = given[0][5], given[-1][5]
        instants_us = [first + round((last - first) * part) for part in (0.6, 0.85)]
    for t in instants_us:
        known = [r for r in given if r[5] <= t]
        future = [r for r in given if r[5] > t]
        before = as_of(given, t)
        assert before, f"nothing is said as of {t}; a check of nothing would pass"
        for name, perturb in PERTURBATIONS.items():
            other = [*known, *perturb(list(future), world, np.random.default_rng(1))]
            moved = _moved(before, as_of(other, t))
            assert not moved, f"{name}: {moved} moved with what was received after {t}"


def check_no_leak(
    make: Callable[[World], Extractor],
    *,
    world: World | None = None,
    rows: Sequence[Row] | None = None,
    instants_us: Sequence[int] | None = None,
) -> None:
    """Hold an extractor to the events themselves: no feature as of an instant moves with later news.

    Raises AssertionError that begins with the name of the perturbation.
    """
    world = world or made_world()
    check_nothing_moves(features_as_of(make, world), world=world, rows=rows, instants_us=instants_us)


def features_as_of(make: Callable[[World], Extractor], world: World) -> AsOf:
    """Every feature that an extractor gives of ticks decided by an instant, from all events."""

    def said(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
        arrivals, builder, extractor = Arrivals(world, ()), PanelBuilder(world), make(world)
        accepted, _ = arrivals.take(made_batch(rows))
        builder.add(accepted)
        found: dict[str, Any] = {}
        for panel in builder.close(rows[-1][5] + DAY_US, len(arrivals.sources)):
            extractor.update(panel)
            if panel.decided_at_us <= t:
                found[f"tick {panel.tick}"] = extractor.read()
        return {  # read again at the end, when everything has come
            name: {"areas": read.areas, "values": read.values} for name, read in found.items()
        }

    return said


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The first name whose value differs, or nothing."""
    for name in [*before, *(n for n in after if n not in before)]:
        if name not in after or name not in before or not _same(before[name], after[name]):
            return name
    return ""


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return not _moved(one, other)
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, pa.Table):
        same: bool = one.equals(other)
        return same
    return bool(one == other)
