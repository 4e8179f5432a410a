"""Panels made tick by tick, for tests of what is learnt from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from riskwatch.core.panels import Panel
from riskwatch.core.scores import World
from riskwatch.testing.made import MONDAY_US

FIRST = MONDAY_US // (15 * 60 * 1_000_000)
"""The tick that starts on Monday 2025-01-06 00:00 UTC."""


def flat_world(timezone: str = "UTC", **shape: int) -> World:
    """One root with two towns, one signature with one indicator, unless told otherwise."""
    from riskwatch.testing.made import made_world

    given = {"levels": 2, "children": 2, "signatures": 1, "indicators_each": 1} | shape
    return made_world(given.pop("levels"), given.pop("children"), timezone=timezone, **given)


def panel(world: World, tick: int, counts: np.ndarray, blind: Iterable[int] = ()) -> Panel:
    """Leaf counts [areas, indicators] rolled up; `blind` are columns down since this tick."""
    registry, tree = world.registry, world.tree
    columns = len(registry) + len(registry.signatures)
    full = np.zeros((len(tree), columns), dtype=np.int64)
    for area, indicator in zip(*np.nonzero(counts), strict=True):
        total = len(registry) + registry.signature_index[registry.indicators[indicator].signature]
        for up in tree.paths[area]:
            if up >= 0:
                full[up, [indicator, total]] += counts[area, indicator]
    series = np.flatnonzero(full.reshape(-1))
    since = np.full(columns, -1, dtype=np.int64)
    since[list(blind)] = tick
    grid = world.grid
    return Panel(
        tick=tick,
        start_us=grid.start(tick),
        end_us=grid.start(tick + 1),
        decided_at_us=grid.decided_at(tick),
        series=series,
        counts=full.reshape(-1)[series],
        first_us=np.full(len(series), grid.start(tick)),
        source_counts=counts.sum(axis=0)[None],
        blind_since=since,
    )


def ticks(days: float, first: int = FIRST) -> Iterator[int]:
    yield from range(first, first + round(days * 96))
