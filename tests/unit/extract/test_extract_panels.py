"""Panels and windows against plain counting."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from made_ticks import FIRST, flat_world, panel

from riskwatch.core.clock import MINUTE_US
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.panels import PanelBuilder
from riskwatch.extract.windows import WindowSums
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, made_world

WORLD = made_world(3, 2, signatures=2, indicators_each=2)
TICK_US = WORLD.grid.tick_us

EVENTS = st.lists(
    st.tuples(
        st.integers(0, len(WORLD.tree) - 1),
        st.integers(0, len(WORLD.registry) - 1),
        st.integers(0, 1),
        st.integers(0, 8 * TICK_US - 1),
        st.integers(1, 3),
    ),
    max_size=40,
)


def accepted(events: list[tuple[int, ...]]) -> Accepted:
    columns = np.array(events, dtype=np.int64).reshape(-1, 5).T
    return Accepted(columns[0], columns[1], columns[2], MONDAY_US + columns[3], columns[4])


def reference(events: list[tuple[int, ...]]) -> pd.DataFrame:
    """Counts and first instants by tick and series, with pandas."""
    registry, tree = WORLD.registry, WORLD.tree
    rows = []
    for area, indicator, _, at, n in events:
        total = len(registry) + registry.signature_index[registry.indicators[indicator].signature]
        for code in tree.line(tree.codes[area]):
            for column in (indicator, total):
                rows.append((FIRST + at // TICK_US, tree.index[code] * 6 + column, n, MONDAY_US + at))
    frame = pd.DataFrame(rows, columns=["tick", "series", "n", "at"])
    return frame.groupby(["tick", "series"]).agg(n=("n", "sum"), at=("at", "min")).reset_index()


@settings(deadline=None, max_examples=80)
@given(EVENTS, st.lists(st.integers(0, 40), max_size=3))
def test_roll_up_is_that_of_pandas(events, cuts):
    """Counts and first instants over all levels and signatures; every tick has its panel."""
    builder, cuts = PanelBuilder(WORLD), sorted(min(c, len(events)) for c in cuts)
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        builder.add(accepted(events[start:end]))
        other = PanelBuilder(WORLD)
        other.load(unpack(pack(builder.state())))
        builder = other
    panels = list(builder.close(MONDAY_US + 9 * TICK_US, 2))
    expected = reference(events)
    if not events:
        assert panels == []
        return
    assert [p.tick for p in panels] == list(range(int(expected.tick.min()), FIRST + 8))
    found = [(p.tick, *row) for p in panels for row in zip(p.series, p.counts, p.first_us, strict=True)]
    assert found == list(expected.itertuples(index=False, name=None))
    for p in panels:
        assert (np.diff(p.series) > 0).all()
        assert (p.blind_since == -1).all()
        assert (p.start_us, p.end_us) == (p.tick * TICK_US, (p.tick + 1) * TICK_US)
        assert p.decided_at_us == p.end_us + 15 * MINUTE_US
        brought = np.zeros((2, 4), dtype=np.int64)
        for _, indicator, source, at, n in events:
            if FIRST + at // TICK_US == p.tick:
                brought[source, indicator] += n
        assert np.array_equal(p.source_counts, brought)


def test_a_tick_waits_until_it_is_decided():
    """Its end plus the lateness; to the microsecond, and each tick once."""
    builder = PanelBuilder(WORLD)
    builder.add(accepted([(3, 0, 0, 0, 1), (3, 0, 0, TICK_US, 1)]))
    decided = WORLD.grid.decided_at(FIRST)
    assert list(builder.close(decided - 1, 1)) == []
    assert [p.tick for p in builder.close(decided, 1)] == [FIRST]
    assert list(builder.close(decided, 1)) == []
    assert [p.tick for p in builder.close(decided + TICK_US, 1)] == [FIRST + 1]


def test_before_the_first_panel_an_earlier_tick_may_come():
    """The first panel is that of the earliest event."""
    builder = PanelBuilder(WORLD)
    builder.add(accepted([(3, 0, 0, 2 * TICK_US, 1)]))
    builder.add(accepted([(3, 0, 0, 0, 1)]))
    builder.add(accepted([]))
    assert [p.tick for p in builder.close(MONDAY_US + 4 * TICK_US, 1)] == [FIRST, FIRST + 1, FIRST + 2]


def test_nothing_is_closed_before_the_first_event():
    """Without an event there is no first tick."""
    assert list(PanelBuilder(WORLD).close(MONDAY_US, 3)) == []


SMALL = flat_world(children=3, indicators_each=2)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_windows_hold_exactly_the_last_ticks(seed, cut):
    """Sums, histories and first instants are those of brute force, after a restore too."""
    draw = np.random.default_rng(seed)
    widths, n = (1, 4, 11), len(SMALL.tree) * 3
    windows, taken = WindowSums(n, widths), []
    for k in range(30):
        counts = draw.poisson(0.15, size=(len(SMALL.tree), 2)) * (draw.random() < 0.6)
        taken.append(panel(SMALL, FIRST + k, counts))
        windows.update(taken[-1])
        if k == cut:
            other = WindowSums(n, widths)
            other.load(unpack(pack(windows.state())))
            windows = other
        dense = np.zeros((k + 1, n), dtype=np.int64)
        for at, p in enumerate(taken):
            dense[at, p.series] = p.counts
        for w, width in enumerate(widths):
            assert np.array_equal(windows.sums[w], dense[-width:].sum(axis=0))
        asked = [0, 4, n - 1]
        history = windows.history(asked, 6)
        assert history[-min(k + 1, 6) :].tolist() == dense[-6:, asked].sum(axis=1).tolist()
        assert history[: max(0, 5 - k)].sum() == 0
        hit = np.flatnonzero(dense[-4:, asked].any(axis=1))
        first = windows.first_instant(asked, 4)
        base = max(0, k + 1 - 4)
        assert first == (SMALL.grid.start(FIRST + base + int(hit[0])) if len(hit) else None)
        assert windows.latest()[0].tolist() == taken[-1].series.tolist()


def test_windows_of_nothing_are_empty():
    """Before the first panel there is no count, no instant, and a state that loads."""
    windows = WindowSums(3, (1, 2))
    assert windows.history([0], 4).tolist() == [0, 0, 0, 0]
    assert windows.first_instant([0], 2) is None
    assert windows.latest() is None
    windows.load(unpack(pack(windows.state())))
    assert windows.sums.sum() == 0
