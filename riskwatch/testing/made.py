"""Made worlds, batches and panels: small, seeded, with the troubles that an extractor meets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.events import EVENT_SCHEMA
from riskwatch.core.indicators import DOMAINS, Indicator, IndicatorRegistry, Signature
from riskwatch.core.panels import Panel, TickGrid
from riskwatch.core.scores import World
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.panels import PanelBuilder

IntArray = NDArray[np.int64]
Row = tuple[str | None, str, str, str, int, int, float]
"""One event: id, source, area, indicator, occurred and received in microseconds, value."""

MONDAY_US = 20_094 * DAY_US
"""2025-01-06 00:00 UTC, a Monday: where made time begins."""


def made_tree(levels: int = 3, children: int = 2) -> AreaTree:
    """A tree of that many levels, each node with that many children.

    >>> made_tree(levels=3, children=2).codes
    ('A', 'A0', 'A1', 'A00', 'A01', 'A10', 'A11')
    """
    areas, line = [], ["A"]
    for depth in range(levels):
        people = 400_000 // (children + 1) ** depth
        for n, code in enumerate(line):
            parent = code[:-1] or None
            share = 0.3 + 0.1 * (n % 5)
            areas.append(Area(code, f"Place {code}", parent, f"level{depth}", people, share))
        line = [f"{code}{n}" for code in line for n in range(children)]
    return AreaTree(areas)


def made_registry(signatures: int = 2, indicators_each: int = 2) -> IndicatorRegistry:
    """Signatures s0, s1, ... with indicators s0_0, s0_1, ...

    >>> made_registry(signatures=1, indicators_each=2).ids
    ('s0_0', 's0_1')
    """
    indicators = [
        Indicator(
            id=f"s{s}_{i}",
            name={"en": f"calls {s}.{i}"},
            domain=DOMAINS[s % len(DOMAINS)],
            signature=f"s{s}",
            harm="made harm",
            response="medical",
            owner="made desk",
            expires=date(2100, 1, 1),
        )
        for s in range(signatures)
        for i in range(indicators_each)
    ]
    return IndicatorRegistry(
        indicators,
        [
            Signature(
                id=f"s{s}",
                name={"en": f"signature {s}"},
                domain=DOMAINS[s % len(DOMAINS)],
                indicators=tuple(i.id for i in indicators if i.signature == f"s{s}"),
                owner="made desk",
            )
            for s in range(signatures)
        ],
    )


def made_world(
    levels: int = 3,
    children: int = 2,
    *,
    signatures: int = 2,
    indicators_each: int = 2,
    tick_min: int = 15,
    timezone: str = "America/New_York",
) -> World:
    """A small world with 15 minutes of allowed lateness."""
    return World(
        tree=made_tree(levels, children),
        registry=made_registry(signatures, indicators_each),
        grid=TickGrid(tick_us=tick_min * MINUTE_US, lateness_us=15 * MINUTE_US),
        timezone=timezone,
    )


def bordering(world: World, pairs: Iterable[tuple[str, str]]) -> World:
    """The world, in which these areas border on each other.

    >>> bordering(made_world(), [("A01", "A10")]).tree.vicinities.around
    ((), (), (), (), (5,), (4,), ())
    """
    near: dict[str, list[str]] = {}
    for one, other in pairs:
        near.setdefault(one, []).append(other)
    areas = [replace(a, neighbours=tuple(near.get(a.code, ()))) for a in world.tree.areas]
    return replace(world, tree=AreaTree(areas))


def leaves(tree: AreaTree) -> tuple[str, ...]:
    """The codes of the areas without children."""
    return tuple(c for i, c in enumerate(tree.codes) if i not in set(tree.parent.tolist()))


def made_batch(rows: Iterable[Row]) -> pa.Table:
    """Events in the schema of a batch; `row` counts from 0.

    >>> made_batch([(None, "town", "A0", "s0_0", 0, 0, 1.0)]).num_rows
    1
    """
    listed = list(rows)
    columns = [list(column) for column in zip(*listed, strict=True)] if listed else [[] for _ in range(7)]
    names = ("id", "source", "area", "indicator", "occurred_at", "received_at", "value")
    arrays = {n: pa.array(c).cast(EVENT_SCHEMA.field(n).type) for n, c in zip(names, columns, strict=True)}
    arrays["incident_ref"] = pa.nulls(len(listed), pa.string())
    arrays["row"] = pa.array(np.arange(len(listed)))
    return pa.table(arrays, schema=EVENT_SCHEMA)


def base_load(
    world: World, *, days: float, per_day: float = 2.0, seed: int = 0, start_us: int = MONDAY_US
) -> list[Row]:
    """Rows of quiet days: Poisson calls of every indicator in every leaf, received as they occur."""
    draw = np.random.default_rng(seed)
    span_us = round(days * DAY_US)
    found: list[Row] = []
    for area in leaves(world.tree):
        for indicator in world.registry.ids:
            for at in draw.integers(0, span_us, draw.poisson(per_day * days)):
                instant = start_us + int(at)
                found.append((None, "made", area, indicator, instant, instant, 1.0))
    return sorted(found, key=lambda row: row[4:6])


def burst(world: World, *, area: str, indicator: str, start_us: int, n: int, over_h: float) -> list[Row]:
    """Rows of one incident: `n` calls, evenly spaced."""
    assert area in world.tree.index
    step = round(over_h * HOUR_US / max(n, 1))
    instants = [start_us + k * step for k in range(n)]
    return [(None, "made", area, indicator, at, at, 1.0) for at in instants]


def made_panels(world: World, *, days: float = 10.0, per_day: float = 2.0, seed: int = 0) -> list[Panel]:
    """Consecutive panels of base load with a burst every other day, a blind spell and a newcomer.

    The last indicator is silent for the first nine tenths of the days; the first column is blind
    from the middle on for three hours.
    """
    rows = base_load(world, days=days, per_day=per_day, seed=seed)
    newcomer, end = world.registry.ids[-1], MONDAY_US + round(days * DAY_US)
    shown_us = MONDAY_US + round(0.9 * days * DAY_US)
    rows = [r for r in rows if r[3] != newcomer or r[4] >= shown_us]
    towns = leaves(world.tree)
    for n in range(1, int(days), 2):
        start, area = MONDAY_US + n * DAY_US + 8 * HOUR_US, towns[(n + seed) % len(towns)]
        indicator = world.registry.ids[(n + seed) % len(world.registry)]
        rows += burst(world, area=area, indicator=indicator, start_us=start, n=8, over_h=2)
    builder = PanelBuilder(world)
    builder.add(_accepted(world, rows))
    builder.next_tick = world.grid.tick_of(MONDAY_US)
    panels = list(builder.close(end + world.grid.lateness_us, 1))
    dark = range(len(panels) // 2, len(panels) // 2 + 3 * HOUR_US // world.grid.tick_us)
    for n in dark:
        blind = panels[n].blind_since.copy()
        blind[0] = panels[dark[0]].tick
        panels[n] = replace(panels[n], blind_since=blind)
    return panels


def empty_panels(panels: Sequence[Panel]) -> list[Panel]:
    """The same ticks in which nothing happened."""
    nothing = np.empty(0, np.int64)
    return [
        replace(
            p,
            series=nothing,
            counts=nothing,
            first_us=nothing,
            source_counts=np.zeros_like(p.source_counts),
        )
        for p in panels
    ]


def _accepted(world: World, rows: Sequence[Row]) -> Accepted:
    def column(values: Iterable[int]) -> IntArray:
        return np.fromiter(values, np.int64, len(rows))

    return Accepted(
        area=column(world.tree.index[r[2]] for r in rows),
        indicator=column(world.registry.index[r[3]] for r in rows),
        source=column(0 for _ in rows),
        occurred_us=column(r[4] for r in rows),
        count=column(int(r[6]) for r in rows),
    )
