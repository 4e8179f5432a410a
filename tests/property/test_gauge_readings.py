"""Gauges against a plain and slow reference, and alerts that don't depend on how readings were sent."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import engine as made
import numpy as np
import pandas as pd
import pytest
from bounds import examples
from engine import WORLD, Engine, cut, delayed, random_delays, received, settings
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.gauges import Gauge, Taken
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import Panel
from riskwatch.testing.made import MONDAY_US, Row, base_load, burst, leaves

GRID = WORLD.grid
TAKEN: dict[str, Taken] = {"s0_0": "last", "s0_1": "mean", "s1_0": "max"}
"""Three of the four indicators are gauges, each taken in its own way; the fourth is counted."""
GAUGED = replace(
    WORLD,
    registry=IndicatorRegistry(
        [
            replace(i, measure="gauge", gauge=Gauge(unit="m", lowest=-50, highest=50, taken=TAKEN[i.id]))
            if i.id in TAKEN
            else i
            for i in WORLD.registry.indicators
        ],
        WORLD.registry.signatures,
    ),
)
ONE = replace(
    WORLD,
    registry=IndicatorRegistry(
        [
            replace(i, measure="gauge", gauge=Gauge(unit="m", lowest=-50, highest=50))
            if i.id == "s0_0"
            else i
            for i in WORLD.registry.indicators
        ],
        WORLD.registry.signatures,
    ),
)
Step = list[Row] | int


class Watched(Engine):
    """An engine over gauges; keeps every panel it decided."""

    world = GAUGED

    def _started(self) -> Pipeline:
        self.panels: dict[int, Panel] = getattr(self, "panels", {})
        pipeline = Pipeline(replace(settings(), world=self.world), self.inbox, self.alerts, self.snapshots)
        pipeline.on_tick = lambda panel: self._kept(pipeline, panel)
        pipeline.restore()
        return pipeline

    def _kept(self, pipeline: Pipeline, panel: Panel) -> None:
        self.panels[panel.tick] = panel
        self._look(pipeline, panel)


# --- the panel -----------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> list[Step]:
    """Batches of readings and calls: disorder, repeats, late rows, several a tick and an instant, gaps."""
    now = MONDAY_US + 5 * HOUR_US
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 8))):
        now += draw(st.sampled_from([0, MINUTE_US, 20 * MINUTE_US, 3 * HOUR_US, DAY_US]))
        if not draw(st.integers(0, 5)):
            steps.append(now)
            continue
        rows: list[Row] = []
        for _ in range(draw(st.integers(1, 14))):
            now += draw(st.sampled_from([0, 0, 1, MINUTE_US, 5 * MINUTE_US]))
            ago = draw(st.sampled_from([0, 1, MINUTE_US, 5 * MINUTE_US, 15 * MINUTE_US, 2 * HOUR_US]))
            indicator = draw(st.sampled_from(GAUGED.registry.ids))
            value = draw(st.sampled_from([-3.1, -0.0, 0.0, 0.1, 0.2, 0.7, 4.25, 41.0]))
            rows.append(
                (
                    draw(st.sampled_from([None, None, None, "a", "b"])),
                    "made",
                    draw(st.sampled_from(GAUGED.tree.codes)),
                    indicator,
                    now - ago,
                    now,
                    value if indicator in TAKEN else float(draw(st.integers(0, 3))),
                )
            )
        steps.append(rows)
    return steps


def accepted(steps: list[Step]) -> tuple[list[Row], int]:
    """The rows that are neither late nor repeats, one after the other, and where the clock ends."""
    clock, seen, kept = -1, set[str](), []
    for step in steps:
        if isinstance(step, int):
            clock = max(clock, step)
            continue
        for row in step:
            clock = max(clock, row[5])
            if row[0] is not None and row[0] in seen:
                continue
            if row[0] is not None:
                seen.add(row[0])
            if GRID.decided_at(GRID.tick_of(row[4])) > clock:
                kept.append(row)
    return kept, clock


def cells(rows: list[Row]) -> dict[tuple[int, str, str], float]:
    """What each gauge shows in each tick, the plain way."""
    frame = pd.DataFrame(rows, columns=["id", "source", "area", "indicator", "at", "got", "value"])
    frame = frame[frame["indicator"].isin(list(TAKEN))]
    found = {}
    for (tick, area, indicator), group in frame.groupby([frame["at"] // GRID.tick_us, "area", "indicator"]):
        values = group.sort_values(["at", "value"])["value"].tolist()
        total = 0.0
        for value in values:
            total += value
        every = {"last": values[-1], "max": max(values), "mean": total / len(values)}
        found[int(tick), str(area), str(indicator)] = every[TAKEN[str(indicator)]]
    return found


def shown(panels: dict[int, Panel]) -> dict[tuple[int, str, str], float]:
    """What the engine's panels have."""
    columns = len(GAUGED.registry) + len(GAUGED.registry.signatures)
    found = {}
    for tick, panel in panels.items():
        assert (np.diff(panel.gauges) > 0).all()
        for series, value in zip(panel.gauges.tolist(), panel.readings.tolist(), strict=True):
            area, column = divmod(series, columns)
            found[tick, GAUGED.tree.codes[area], GAUGED.registry.ids[column]] = value
    return found


@given(steps=streams(), restart=st.integers(0, 8))
@examples(25)
def test_every_tick_shows_what_a_plain_reference_shows(tmp_path_factory, steps, restart):
    """Last, mean and largest of each gauge in each tick, to the bit; no reading, no cell."""
    folder: Path = tmp_path_factory.mktemp("gauged")
    engine = Watched(folder)
    engine.live(steps, restart)
    rows, clock = accepted(steps)
    last = GRID.last_decided(clock)
    want = {key: value for key, value in cells(rows).items() if key[0] <= last}
    assert shown(engine.panels) == want
    counted = [r for r in rows if r[3] not in TAKEN and GRID.tick_of(r[4]) <= last]
    roots = np.concatenate([p.counts[p.series == 3] for p in engine.panels.values()] or [np.zeros(0)])
    assert roots.sum() == sum(r[6] for r in counted)
    brought = sum(p.source_counts.sum() for p in engine.panels.values())
    readings = sum(r[3] in TAKEN and GRID.tick_of(r[4]) <= last for r in rows)
    assert brought == readings + sum(r[6] for r in counted)


# --- the alerts ----------------------------------------------------------------------------------


@cache
def flood() -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Twenty calm days and a day after: gauges every half hour, a rise with calls in one leaf."""
    draw = np.random.default_rng(8)
    rows: list[Row] = [r for r in base_load(ONE, days=21, per_day=0.7, seed=9) if r[3] != "s0_0"]
    for n, area in enumerate(leaves(ONE.tree)):
        slow = 0.0
        for k in range(21 * 48):
            at = MONDAY_US + k * 30 * MINUTE_US + (n + 1) * MINUTE_US
            slow = 0.95 * slow + float(draw.normal(0, 0.04))
            rise = 0.12 * max(k - 20 * 48 - 10, 0) if n == 0 else 0.0
            rows.append((None, "made", area, "s0_0", at, at, 2.0 + slow + rise))
    at = MONDAY_US + 20 * DAY_US + 9 * HOUR_US
    rows += burst(ONE, area=leaves(ONE.tree)[0], indicator="s0_1", start_us=at, n=4, over_h=2)
    rows.sort(key=lambda r: r[4])
    named = [(f"f{n}", *row[1:]) for n, row in enumerate(rows)]
    split = MONDAY_US + 20 * DAY_US
    return tuple(r for r in named if r[4] < split), tuple(r for r in named if r[4] >= split)


class Gauging(Watched):
    """The same over one kind of gauge beside calls."""

    world = ONE


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Everything in two batches, nothing delayed."""
    engine = Gauging(tmp_path_factory.mktemp("plain"))
    for rows in flood():
        engine.send(rows)
    engine.tick_to(made.MONDAY_US + 21 * DAY_US + HOUR_US)
    return engine


def test_the_flood_is_one_alert_of_gauge_and_calls(plain):
    """So the other tests hold something against something."""
    found = [a for a in plain.alerts.find(everything=True) if a.opened_at_us > MONDAY_US + 20 * DAY_US]
    mine = [a for a in found if a.area == leaves(ONE.tree)[0] and a.signature == "s0"]
    assert len(mine) == 1
    told = {c.indicator for change in plain.alerts.changes(mine[0].id) for c in change.alert.contributions}
    assert told == {"s0_0", "s0_1"}


@given(cuts=st.lists(st.integers(0, 400), max_size=6), restart=st.integers(0, 6), seed=st.integers(0, 99))
@examples(5)
def test_cuts_delays_repeats_and_restarts_change_nothing(tmp_path_factory, plain, cuts, restart, seed):
    """However the last day was sent, while its ticks were open: the same panels, alerts and lives."""
    engine = Gauging(tmp_path_factory.mktemp("cut"))
    before, after = flood()
    engine.send(before)
    late = delayed(after, random_delays(seed, 14 * MINUTE_US))
    again = [r for n, r in enumerate(late) if n % 7 == seed % 7]
    sent = received([*late, *((r[0], *r[1:5], r[5] + MINUTE_US, r[6] + 5.0) for r in again)])
    for n, rows in enumerate(cut(sent, cuts)):
        engine.send(rows)
        if n == restart:
            engine.pipeline.snapshot()
            engine.restart()
    engine.tick_to(made.MONDAY_US + 21 * DAY_US + HOUR_US)
    assert engine.life() == plain.life()
    assert engine.seen.features == plain.seen.features
    for name in ("features", "gauges"):
        mine, theirs = engine.pipeline._state()[name], plain.pipeline._state()[name]
        assert made.pack(mine) == made.pack(theirs)
