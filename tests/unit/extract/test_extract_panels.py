"""Panels against plain counting."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from made_ticks import FIRST

from riskwatch.core.clock import MINUTE_US
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.panels import PanelBuilder
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
