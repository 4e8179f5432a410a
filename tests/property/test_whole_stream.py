"""The running engine against a plain and slow reference in pandas: fates of rows, panels, accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from bounds import examples
from engine import WORLD, Engine, settings
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import Panel
from riskwatch.testing.made import Row

SENSITIVE, FLOOR = "s0_1", 100_000
FLOORED = replace(
    WORLD,
    registry=IndicatorRegistry(
        [replace(i, population_floor=FLOOR if i.id == SENSITIVE else 0) for i in WORLD.registry.indicators],
        WORLD.registry.signatures,
    ),
)
GRID, DEDUP_DAYS = FLOORED.grid, 14
CHANGES_OF_CLOCKS = ("2025-03-08 18:00", "2025-11-01 18:00")  # half a day before New York changes
Step = list[Row] | int
"""A batch of rows, or an instant that a clock entry tells."""

FATES = ("accepted", "duplicate", "late")
GRAINS_MIN = {1: 0, 3: 15, 6: 15, 24: 60}
"""By the hours of a window, the minutes in which its beginning moves; 0 stands for a tick."""


# --- the streams ---------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> list[Step]:
    """Batches with disorder, duplicates, late rows, gaps of days, and clocks that jump either way."""
    now = int(pd.Timestamp(draw(st.sampled_from(CHANGES_OF_CLOCKS)), tz="UTC").value // 1000)
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 10))):
        gap = draw(st.sampled_from([0, MINUTE_US, 20 * MINUTE_US, 3 * HOUR_US, DAY_US, 8 * DAY_US]))
        now += gap if draw(st.integers(0, 9)) else -gap // 8
        if not draw(st.integers(0, 5)):
            steps.append(now)
            continue
        rows: list[Row] = []
        for _ in range(draw(st.integers(1, 12))):
            now += draw(st.sampled_from([0, 0, 1, 5 * MINUTE_US, 40 * MINUTE_US]))
            ago = draw(st.sampled_from([0, 1, MINUTE_US, 15 * MINUTE_US, 29 * MINUTE_US, 2 * HOUR_US]))
            rows.append(
                (
                    draw(st.sampled_from([None, None, "a", "b", ""])),
                    draw(st.sampled_from(["made", "other"])),
                    draw(st.sampled_from(FLOORED.tree.codes)),
                    draw(st.sampled_from(FLOORED.registry.ids)),
                    now - ago,
                    now,
                    float(draw(st.integers(0, 3))),
                )
            )
        steps.append(rows)
    return steps


# --- the reference -------------------------------------------------------------------------------


def judged(steps: Sequence[Step]) -> tuple[pd.DataFrame, int]:
    """Every row with its fate, one after the other, and where the clock ends."""
    clock, seen, rows = -1, dict[tuple[str, str], int](), []
    for step in steps:
        if isinstance(step, int):
            clock = max(clock, step)
            continue
        for key, source, area, indicator, occurred, received, value in step:
            clock = max(clock, received)
            today, fate = clock // DAY_US, "accepted"
            if key is not None and today - seen.get((source, key), -1000) <= DEDUP_DAYS:
                fate = "duplicate"
            else:
                if key is not None:
                    seen[source, key] = today
                if GRID.decided_at(GRID.tick_of(occurred)) <= clock:
                    fate = "late"
            rows.append((source, area, indicator, occurred, int(value), fate))
    columns = ["source", "area", "indicator", "occurred", "count", "fate"]
    return pd.DataFrame(rows, columns=columns), clock


def counted_at(area: str, indicator: str) -> str:
    """The area itself, or below the population floor the nearest ancestor that reaches it."""
    population = {a.code: a.population or np.inf for a in FLOORED.tree.areas}
    line = FLOORED.tree.line(area)
    floor = FLOORED.registry[indicator].population_floor
    return next((code for code in line if population[code] >= floor), line[-1])


def panels(accepted: pd.DataFrame) -> pd.DataFrame:
    """Count and first instant by tick, area and column (an indicator, or the total of a signature)."""
    told = accepted.assign(
        tick=accepted["occurred"] // GRID.tick_us,
        area=[
            FLOORED.tree.line(counted_at(a, i))
            for a, i in zip(accepted["area"], accepted["indicator"], strict=True)
        ],
        column=[(i, FLOORED.registry[i].signature) for i in accepted["indicator"]],
    )
    told = told.explode("area").explode("column")
    return told.groupby(["tick", "area", "column"]).agg(count=("count", "sum"), first=("occurred", "min"))


def windows(counted: pd.DataFrame, last: int) -> pd.DataFrame:
    """[(area, column), hours] what each window holds that ends with a tick: one rule, a tick at a time.

    It begins with the first tick of the grid of its grain that is not further back than its width.
    """
    found = {}
    for hours, grain_min in GRAINS_MIN.items():
        grain = max(grain_min * MINUTE_US // GRID.tick_us, 1)
        begin = last + 1 - hours * HOUR_US // GRID.tick_us
        while begin % grain:
            begin += 1
        ticks = counted.index.get_level_values("tick")
        inside = counted[(ticks >= begin) & (ticks <= last)]
        found[hours] = inside.groupby(["area", "column"])["count"].sum()
    return pd.DataFrame(found).fillna(0).astype(int)


# --- the engine ----------------------------------------------------------------------------------


class Watched(Engine):
    """An engine over the world with a population floor; keeps every panel it decided."""

    def _started(self) -> Pipeline:
        self.panels: dict[int, Panel] = getattr(self, "panels", {})
        pipeline = Pipeline(replace(settings(), world=FLOORED), self.inbox, self.alerts, self.snapshots)
        pipeline.on_tick = lambda panel: self.panels.update({panel.tick: panel})
        pipeline.restore()
        return pipeline


def told_by(panel: Panel) -> dict[tuple[str, str], tuple[int, int]]:
    """The panel in words: (area, column) -> (count, first instant)."""
    names = [*FLOORED.registry.ids, *(s.id for s in FLOORED.registry.signatures)]
    area, column = np.divmod(panel.series, len(names))
    keys = [(FLOORED.tree.codes[a], names[c]) for a, c in zip(area, column, strict=True)]
    return dict(zip(keys, zip(panel.counts.tolist(), panel.first_us.tolist(), strict=True), strict=True))


@given(steps=streams(), restart=st.integers(0, 10))
@examples(40)
def test_the_engine_does_what_a_plain_reference_does(
    tmp_path_factory, steps: list[Step], restart: int
) -> None:
    """Each row has its one fate, each panel its counts, no tick is left out, and the account adds up."""
    folder: Path = tmp_path_factory.mktemp("watched")
    engine = Watched(folder)
    engine.live(steps, restart)
    rows, clock = judged(steps)
    assert engine.pipeline._arrivals.clock_us == clock

    account = engine.alerts.accounts()
    fates = Counter(zip(rows["source"], rows["fate"], strict=True))
    for source in rows["source"].unique():
        assert {f: account[source][f] for f in FATES} == {f: fates[source, f] for f in FATES}
        assert account[source]["rows_read"] == (rows["source"] == source).sum()

    accepted = rows[rows["fate"] == "accepted"]
    if accepted.empty:
        assert not engine.panels
        return
    want = panels(accepted)
    first, last = int(want.index.get_level_values("tick").min()), GRID.last_decided(clock)
    assert sorted(engine.panels) == list(range(first, last + 1))
    got = {
        (tick, *key): told for tick, panel in engine.panels.items() for key, told in told_by(panel).items()
    }
    decided = want[want.index.get_level_values("tick") <= last]
    assert got == {
        k: (int(v.count), int(v.first)) for k, v in zip(decided.index, decided.itertuples(), strict=True)
    }

    if not any((panel.blind_since >= 0).any() for panel in engine.panels.values()):
        held = windows(decided, last)
        sums = engine.pipeline.volume.windows.by_series.reshape(len(FLOORED.tree), -1, len(GRAINS_MIN))
        columns = [*FLOORED.registry.ids, *(s.id for s in FLOORED.registry.signatures)]
        for (area, column), counts in held.iterrows():
            assert sums[FLOORED.tree.index[area], columns.index(column)].tolist() == counts.tolist()
        assert sums.sum() == held.to_numpy().sum()

    ticks = accepted["occurred"] // GRID.tick_us
    brought = accepted.groupby([ticks, "source", "indicator"])["count"].sum()
    names = list(dict.fromkeys(rows["source"]))
    for tick, panel in engine.panels.items():
        for s, i in np.ndindex(panel.source_counts.shape):
            key = (tick, names[s], FLOORED.registry.ids[i])
            assert panel.source_counts[s, i] == brought.get(key, 0)


def test_the_floor_and_the_clocks_are_in_it() -> None:
    """The sensitive indicator leaves its leaves, the others stay; streams begin at a change of clocks."""
    leaf = FLOORED.tree.codes[-1]
    assert counted_at(leaf, SENSITIVE) != leaf
    assert counted_at(leaf, "s0_0") == leaf
    for text in CHANGES_OF_CLOCKS:
        start = pd.Timestamp(text, tz="UTC").tz_convert(FLOORED.timezone)
        assert start.utcoffset() != (start + pd.Timedelta(days=1)).utcoffset()
