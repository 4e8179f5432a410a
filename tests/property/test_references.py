"""The fast array code against slow references of a few plain lines each."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
from bounds import examples
from engine import WORLD
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.panels import Panel
from riskwatch.extract.arrivals import Arrivals
from riskwatch.extract.panels import PanelBuilder
from riskwatch.extract.profile import Profile
from riskwatch.extract.spans import Spans
from riskwatch.extract.windows import WindowSums
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, Row, made_batch

N_SERIES = 6
TICK_US = WORLD.grid.tick_us


# --- windows -------------------------------------------------------------------------------------


@st.composite
def ticks_of_counts(draw: st.DrawFn) -> list[dict[int, int]]:
    """Per tick, the count of each series that had any."""
    some = st.dictionaries(st.integers(0, N_SERIES - 1), st.integers(1, 1000), max_size=4)
    return draw(st.lists(some, min_size=1, max_size=40))


def _panels(ticks: list[dict[int, int]], first: int) -> list[Panel]:
    empty = np.empty(0, np.int64)
    start = Panel(0, 0, TICK_US, TICK_US, empty, empty, empty, np.zeros((1, 1), np.int64), empty)
    return [
        replace(
            start,
            tick=first + n,
            series=np.array(sorted(counts), np.int64),
            counts=np.array([counts[s] for s in sorted(counts)], np.int64),
            first_us=np.array([(first + n) * TICK_US + s for s in sorted(counts)], np.int64),
        )
        for n, counts in enumerate(ticks)
    ]


@st.composite
def spans(draw: st.DrawFn) -> Spans:
    """Windows of up to twelve ticks, the longer ones in steps as long or longer; each divides the next."""
    widths = sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=3)))
    grains, grain = [], 1
    for width in widths:
        grain *= draw(st.sampled_from([k for k in (1, 1, 2, 3) if grain * k <= width]))
        grains.append(grain)
    return Spans(tuple(widths), tuple(grains))


def covered(tick: int, width: int, grain: int) -> list[int]:
    """The last `width` ticks up to this one, without those before the first that `grain` divides."""
    ticks = list(range(tick - width + 1, tick + 1))
    while ticks and ticks[0] % grain:
        del ticks[0]
    return ticks


@given(
    ticks=ticks_of_counts(),
    spans=spans(),
    start=st.integers(1000, 1011),
    reload=st.integers(0, 40),
    asked=st.sets(st.integers(0, N_SERIES - 1), min_size=1),
)
@examples(150)
def test_window_sums_are_sums_over_the_ticks_they_cover(
    ticks: list[dict[int, int]], spans: Spans, start: int, reload: int, asked: set[int]
) -> None:
    """Sums and first instants equal pandas' over the same ticks, and so does exposure; after a load too."""
    windows, series = WindowSums(N_SERIES, spans), sorted(asked)
    profile = Profile(1, spans, 56.0, 4)
    profile.shape = np.arange(1.0, 169.0)[None]
    index = range(start, start + len(ticks))
    table = pd.DataFrame([[c.get(s, 0) for s in range(N_SERIES)] for c in ticks], index=index)
    for n, panel in enumerate(_panels(ticks, start)):
        if n == reload:
            data = pack({"windows": windows.state(), "profile": profile.state()})
            windows, profile = WindowSums(N_SERIES, spans), Profile(1, spans, 56.0, 4)
            windows.load(unpack(data)["windows"])
            profile.load(unpack(data)["profile"])
        windows.update(panel)
        profile.advance(panel.tick, panel.tick % 168, np.array([-1]))
        for w, (width, grain) in enumerate(zip(spans.widths, spans.grains, strict=True)):
            lived = [t for t in covered(panel.tick, width, grain) if t >= start]
            past = table.loc[lived]
            assert windows.sums[w].tolist() == past.sum().tolist()
            hit = [t * TICK_US + s for t in lived for s in series if past.loc[t, s]]
            assert windows.first_instant(series, w) == min(hit, default=None)
            assert profile.exposure[w, 0] == sum(t % 168 + 1.0 for t in lived)
    last, step = index[-1], spans.grains[-1]
    by_step = table[series].sum(axis=1).groupby(table.index // step).sum()
    steps = last // step - covered(last, spans.widths[-1], step)[0] // step + 1
    want = [by_step.get(k, 0) for k in range(last // step - steps + 1, last // step + 1)]
    assert windows.history(series, steps, step).tolist() == want


# --- panels --------------------------------------------------------------------------------------

events = st.tuples(
    st.sampled_from(WORLD.tree.codes),
    st.sampled_from(WORLD.registry.ids),
    st.integers(0, 8 * TICK_US),
    st.integers(0, 5),
)


@given(
    rows=st.lists(events, min_size=1, max_size=60),
    splits=st.lists(st.integers(0, 60), max_size=3),
    clock=st.integers(0, 12),
)
@examples(150)
def test_panels_are_grouped_sums_over_tree_and_signatures(
    rows: list[tuple[str, str, int, int]], splits: list[int], clock: int
) -> None:
    """Every decided tick holds the sums and first instants of a plain group-by, and no tick is left out."""
    builder, arrivals = PanelBuilder(WORLD), Arrivals(WORLD, ())
    listed: list[Row] = [
        (None, "made", area, indicator, MONDAY_US + at, MONDAY_US + at, float(value))
        for area, indicator, at, value in rows
    ]
    for n, row in enumerate(sorted(listed, key=lambda r: r[4])):
        if n in splits:
            data = pack(builder.state())
            builder = PanelBuilder(WORLD)
            builder.load(unpack(data))
        builder.add(arrivals.take(made_batch([row]))[0])
    until = MONDAY_US + clock * TICK_US
    got = list(builder.close(until, 1))
    want = _rolled_up(listed)
    first = min(r[4] for r in listed) // TICK_US
    last = WORLD.grid.last_decided(until)
    assert [p.tick for p in got] == list(range(first, last + 1))
    for panel in got:
        mine = {k[1]: v for k, v in want.items() if k[0] == panel.tick}
        assert panel.series.tolist() == sorted(mine)
        assert panel.counts.tolist() == [mine[s][0] for s in sorted(mine)]
        assert panel.first_us.tolist() == [mine[s][1] for s in sorted(mine)]
        brought = Counter()
        for r in listed:
            if r[4] // TICK_US == panel.tick:
                brought[WORLD.registry.index[r[3]]] += int(r[6])
        assert panel.source_counts[0].tolist() == [brought[j] for j in range(len(WORLD.registry))]
    rest = list(builder.close(until + 12 * TICK_US, 1))
    total = sum(int(p.source_counts.sum()) for p in (*got, *rest))
    assert total == sum(int(r[6]) for r in listed)


def _rolled_up(rows: list[Row]) -> dict[tuple[int, int], tuple[int, int]]:
    """(tick, series) -> (count, first instant), one row, ancestor and column at a time."""
    registry, tree = WORLD.registry, WORLD.tree
    columns = len(registry) + len(registry.signatures)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for _, _, area, indicator, at, _, value in rows:
        signature = registry[indicator].signature
        for code in tree.line(area):
            for column in (registry.index[indicator], len(registry) + registry.signature_index[signature]):
                key = (at // TICK_US, tree.index[code] * columns + column)
                count, first = found.get(key, (0, at))
                found[key] = (count + int(value), min(first, at))
    return found


# --- arrivals ------------------------------------------------------------------------------------


@st.composite
def streams(draw: st.DrawFn) -> list[Row]:
    """Rows with repeated ids over weeks, some late; received never falls."""
    known, rows = MONDAY_US, []
    for _ in range(draw(st.integers(1, 40))):
        known += draw(st.sampled_from([0, 1, MINUTE_US, 14 * MINUTE_US, HOUR_US, DAY_US, 6 * DAY_US]))
        back = draw(st.sampled_from([0, 1, MINUTE_US, 15 * MINUTE_US, 30 * MINUTE_US, 2 * HOUR_US]))
        key = draw(st.sampled_from([None, "a", "b", "c", ""]))
        source = draw(st.sampled_from(["one", "two"]))
        rows.append((key, source, "A00", "s0_0", known - back, known, 1.0))
    return rows


@given(rows=streams(), splits=st.lists(st.integers(0, 40), max_size=4), reload=st.booleans())
@examples(200)
def test_arrivals_answer_row_by_row(rows: list[Row], splits: list[int], reload: bool) -> None:
    """Accepted, duplicate and late are those of one plain rule a row, however rows are batched."""
    arrivals, got = Arrivals(WORLD, ()), Counter()
    places = [0, *sorted({min(s, len(rows)) for s in splits}), len(rows)]
    accepted: list[int] = []
    for a, b in itertools.pairwise(places):
        taken, tallies = arrivals.take(made_batch(rows[a:b]))
        accepted += taken.occurred_us.tolist()
        for source, tally in tallies.items():
            got[source, "accepted"] += tally.accepted
            got[source, "duplicate"] += tally.duplicate
            got[source, "late"] += tally.late
        if reload:
            data = pack(arrivals.state())
            arrivals = Arrivals(WORLD, ())
            arrivals.load(unpack(data))
    want, kept = _answered(rows)
    assert +got == want
    assert accepted == kept
    assert arrivals.clock_us == rows[-1][5]


def _answered(rows: list[Row]) -> tuple[Counter[tuple[str, str]], list[int]]:
    seen: dict[tuple[str, str], int] = {}
    want: Counter[tuple[str, str]] = Counter()
    kept = []
    for key, source, _, _, occurred, known, _ in rows:
        today = known // DAY_US
        decided = (occurred // TICK_US + 1) * TICK_US + WORLD.grid.lateness_us
        if key is not None and today - seen.get((source, key), -1000) <= 14:
            want[source, "duplicate"] += 1
            continue
        if key is not None:
            seen[source, key] = today
        if decided <= known:
            want[source, "late"] += 1
        else:
            want[source, "accepted"] += 1
            kept.append(occurred)
    return want, kept
