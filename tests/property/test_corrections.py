"""Corrections against a plain reference: rows one by one, counts in a dictionary, any disorder and cut."""

from __future__ import annotations

from collections import Counter

from bounds import examples
from engine import WORLD, cut
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.clock import MINUTE_US
from riskwatch.core.panels import Panel
from riskwatch.extract.arrivals import Arrivals
from riskwatch.extract.panels import PanelBuilder
from riskwatch.testing.made import MONDAY_US, Row, leaves, made_batch

GRID, LEAVES = WORLD.grid, leaves(WORLD.tree)
Content = tuple[str, str, int, float]

rows = st.lists(
    st.builds(
        lambda key, area, indicator, ago, step, value: (key, area, indicator, ago, step, value),
        st.sampled_from(["a", "b", "c", "d", None]),
        st.sampled_from(LEAVES[:2]),
        st.sampled_from(["s0_0", "s1_1"]),
        st.integers(0, 50),
        st.integers(0, 12),
        st.sampled_from([1.0, 2.0]),
    ),
    min_size=1,
    max_size=40,
)


def stream(drawn: list[tuple]) -> list[Row]:
    """Rows in order of receipt; each occurred some minutes before."""
    at, found = MONDAY_US, []
    for key, area, indicator, ago, step, value in drawn:
        at += step * MINUTE_US
        found.append((key, "made", area, indicator, at - ago * MINUTE_US, at, value))
    return found


def reference(sent: list[Row]) -> tuple[list[str], Counter]:
    """What becomes of each row, and the events that the panels hold in the end."""
    outcomes, panel = [], Counter()
    said: dict[str, Content] = {}
    where: dict[str, str] = {}  # "out", "in", "fixed"
    for key, _, area, indicator, occurred, received, value in sent:
        now = (area, indicator, occurred, value)
        late = GRID.decided_at(GRID.tick_of(occurred)) <= received
        if key is None or key not in said:
            outcomes.append("late" if late else "accepted")
            panel[now] += not late
            if key is not None:
                said[key], where[key] = now, "out" if late else "in"
            continue
        was = said[key]
        if was == now:
            outcomes.append("duplicate")
            continue
        if where[key] == "in" and GRID.decided_at(GRID.tick_of(was[2])) <= received:
            where[key] = "fixed"
        if where[key] == "fixed" or (where[key] == "out" and late):
            outcomes.append("uncorrected")
        else:
            outcomes.append("corrected")
            panel[was] -= where[key] == "in"
            panel[now] += not late
            where[key] = "out" if late else "in"
        said[key] = now
    return outcomes, +panel


def counted(panels: list[Panel]) -> Counter:
    """Leaf counts of panels by (area, indicator, tick)."""
    columns = len(WORLD.registry) + len(WORLD.registry.signatures)
    found: Counter = Counter()
    for panel in panels:
        for series, count in zip(panel.series.tolist(), panel.counts.tolist(), strict=True):
            area, column = divmod(series, columns)
            if WORLD.tree.codes[area] in LEAVES and column < len(WORLD.registry):
                found[WORLD.tree.codes[area], WORLD.registry.ids[column], panel.tick] += count
    return +found


@given(drawn=rows, places=st.lists(st.integers(0, 40), max_size=5))
@examples(60)
def test_panels_hold_what_was_said_last_before_they_closed(drawn: list[tuple], places: list[int]) -> None:
    """However the rows are cut, and with a state saved and loaded between any two batches."""
    sent = stream(drawn)
    outcomes, panel = reference(sent)
    arrivals, builder, panels, seen = Arrivals(WORLD, ()), PanelBuilder(WORLD), [], []
    for part in cut(sent, places):
        accepted, tallies = arrivals.take(made_batch(part), corrections=True)
        builder.add(accepted, may_leave=True)
        builder.withdraw(arrivals.leaving)
        seen += arrivals.outcomes.tolist()
        tally = tallies["made"]
        assert tally.accepted + tally.duplicate + tally.late == len(part)
        panels += builder.close(arrivals.clock_us, 1)
        again = Arrivals(WORLD, ())
        again.load(arrivals.state())
        arrivals = again
    panels += builder.close(arrivals.clock_us + 10 * GRID.tick_us, 1)
    words = ("accepted", "duplicate", "late", "corrected", "uncorrected")
    assert [words[n] for n in seen] == outcomes
    expected: Counter = Counter()
    for (area, indicator, occurred, value), n in panel.items():
        expected[area, indicator, GRID.tick_of(occurred)] += int(n * value)
    assert counted(panels) == +expected
