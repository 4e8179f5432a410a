"""Arrivals against a reference that looks at one row after the other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.clock import DAY_US, MINUTE_US
from riskwatch.core.events import empty_batch
from riskwatch.core.scores import World
from riskwatch.extract.arrivals import Arrivals, Tally
from riskwatch.extract.seen_ids import SeenIds
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import MONDAY_US, Row, made_batch, made_world

WORLD = made_world(2, 2, signatures=1, indicators_each=2)
HORIZON_DAYS = 2


class OneByOne:
    """The same rules, a row at a time, with sets and dicts."""

    def __init__(self) -> None:
        self.clock_us = -1
        self.seen: dict[tuple[str, str], int] = {}

    def take(self, row: Row) -> str:
        ident, source, _, _, occurred, received, _ = row
        self.clock_us = max(self.clock_us, received)
        today = self.clock_us // DAY_US
        if ident is not None:
            day = self.seen.get((source, ident))
            if day is not None and day >= today - HORIZON_DAYS:
                return "duplicate"
            self.seen[source, ident] = today
        grid = WORLD.grid
        return "late" if grid.decided_at(grid.tick_of(occurred)) <= self.clock_us else "accepted"


@st.composite
def streams(draw: st.DrawFn) -> list[Row]:
    """Up to 40 rows: few ids that repeat, delays, clocks that jump by minutes or days and back."""
    rows, now = [], MONDAY_US
    for _ in range(draw(st.integers(0, 40))):
        now += draw(
            st.sampled_from([-3 * DAY_US, -1, 0, 0, 60_000_000, 20 * MINUTE_US, DAY_US, 4 * DAY_US])
        )
        now = max(now, MONDAY_US)
        occurred = now - draw(st.sampled_from([0, 1, 14, 15, 29, 30, 31, 3000, -10])) * MINUTE_US
        ident = draw(st.sampled_from([None, "", "a", "b", "c"]))
        source = draw(st.sampled_from(["fire", "town"]))
        area = draw(st.sampled_from(WORLD.tree.codes))
        indicator = draw(st.sampled_from(WORLD.registry.ids))
        value = draw(st.sampled_from([1.0, 2.0, 7.0]))
        rows.append((ident, source, area, indicator, occurred, now, value))
    return rows


def taken(rows: list[Row], cuts: list[int]) -> tuple[list[tuple[int, ...]], Counter, Arrivals]:
    arrivals = Arrivals(WORLD, (), dedup_days=HORIZON_DAYS)
    events, tallies = [], Counter()
    for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        accepted, tally = arrivals.take(made_batch(rows[start:end]))
        names = [arrivals.sources[i] for i in accepted.source]
        columns = (accepted.area, accepted.indicator, accepted.occurred_us, accepted.count, names)
        events += list(zip(*columns, strict=True))
        for source, t in tally.items():
            assert t != Tally(0, 0, 0)
            tallies.update({(source, k): getattr(t, k) for k in ("accepted", "duplicate", "late")})
        arrivals = again(arrivals)
    return events, +tallies, arrivals


def again(arrivals: Arrivals) -> Arrivals:
    """The same, restored from its state as a snapshot keeps it."""
    other = Arrivals(WORLD, (), dedup_days=HORIZON_DAYS)
    other.load(unpack(pack(arrivals.state())))
    return other


@settings(deadline=None, max_examples=150)
@given(streams(), st.lists(st.integers(0, 40), max_size=4))
def test_every_row_is_answered_as_if_alone(rows, cuts):
    """Accepted, duplicate or late depend on the row and what came before, never on the batches."""
    reference = OneByOne()
    answers = [reference.take(row) for row in rows]
    expected = Counter((row[1], answer) for row, answer in zip(rows, answers, strict=True))
    cuts = sorted(min(c, len(rows)) for c in cuts)
    events, tallies, arrivals = taken(rows, cuts)
    assert tallies == expected
    assert arrivals.clock_us == reference.clock_us
    assert events == [
        (WORLD.tree.index[r[2]], WORLD.registry.index[r[3]], r[4], int(r[6]), r[1])
        for r, answer in zip(rows, answers, strict=True)
        if answer == "accepted"
    ]


def row(ident: str | None, at_us: int, source: str = "town") -> Row:
    return (ident, source, "A0", "s0_0", at_us, at_us, 1.0)


def test_an_id_is_forgotten_after_the_horizon_only():
    """To the day: the last day of the horizon is still remembered."""
    for days, expected in ((HORIZON_DAYS, 1), (HORIZON_DAYS + 1, 0)):
        arrivals = Arrivals(WORLD, (), dedup_days=HORIZON_DAYS)
        arrivals.take(made_batch([row("x", MONDAY_US)]))
        _, tally = arrivals.take(made_batch([row("x", MONDAY_US + days * DAY_US)]))
        assert tally["town"].duplicate == expected


def test_memory_of_ids_is_bounded_by_the_horizon():
    """A hundred days of ids leave those of the last days."""
    seen = SeenIds(HORIZON_DAYS * DAY_US)
    for day in range(100):
        keys = np.arange(1, 11, dtype=np.uint64) + np.uint64(100 * day)
        assert not seen.mark(keys, np.full(10, day * DAY_US)).any()
    assert sorted(seen.state(), key=int) == ["97", "98", "99"]
    assert seen.mark(np.array([9905, 9705, 9605], np.uint64), np.full(3, 99 * DAY_US)).tolist() == [
        True,
        True,
        False,
    ]


def test_ids_are_of_their_source():
    """Two departments may use the same number."""
    arrivals = Arrivals(WORLD, ())
    _, tally = arrivals.take(made_batch([row("x", MONDAY_US, "town"), row("x", MONDAY_US, "fire")]))
    assert {s: t.duplicate for s, t in tally.items()} == {"town": 0, "fire": 0}


def test_rows_without_an_id_never_repeat():
    """Their place is their identity, which the inbox keeps."""
    arrivals = Arrivals(WORLD, ())
    _, tally = arrivals.take(made_batch([row(None, MONDAY_US)] * 3))
    assert tally["town"] == Tally(3, 0, 0)


def test_an_empty_batch_changes_nothing():
    """No rows, no tally, no clock."""
    arrivals = Arrivals(WORLD, ("fire",))
    accepted, tally = arrivals.take(empty_batch())
    assert (len(accepted.area), tally, arrivals.clock_us, arrivals.sources) == (0, {}, -1, ("fire",))


def test_a_live_clock_makes_rows_late():
    """A clock entry decides ticks as an event does; it never goes back."""
    arrivals = Arrivals(WORLD, ())
    arrivals.advance(MONDAY_US + DAY_US)
    arrivals.advance(MONDAY_US)
    assert arrivals.clock_us == MONDAY_US + DAY_US
    _, tally = arrivals.take(made_batch([row(None, MONDAY_US)]))
    assert tally["town"] == Tally(0, 0, 1)


def test_a_small_place_is_counted_at_its_parent():
    """Below an indicator's population floor a count goes up until it is large enough, or to the root."""
    from dataclasses import replace

    from riskwatch.core.indicators import IndicatorRegistry

    base = made_world(3, 2, signatures=1, indicators_each=2)
    people = {code: base.tree[code].population for code in ("A", "A0", "A00")}
    assert people["A00"] < 100_000 < people["A0"] < people["A"]

    def routed(floor: int) -> list[str]:
        first, second = base.registry.indicators
        registry = IndicatorRegistry(
            [replace(first, population_floor=floor), second], base.registry.signatures
        )
        world = World(base.tree, registry, base.grid, base.timezone)
        rows = [(None, "town", "A00", i, MONDAY_US, MONDAY_US, 1.0) for i in registry.ids]
        accepted, _ = Arrivals(world, ()).take(made_batch(rows))
        return [world.tree.codes[a] for a in accepted.area]

    assert routed(0) == ["A00", "A00"]
    assert routed(100_000) == ["A0", "A00"]
    assert routed(300_000) == ["A", "A00"]
    assert routed(10**9) == ["A", "A00"]


def test_a_code_that_is_not_of_the_world_is_an_error():
    """The mapping saw to that: here it is a broken promise."""
    with pytest.raises(KeyError, match="NOWHERE"):
        Arrivals(WORLD, ()).take(made_batch([(None, "t", "NOWHERE", "s0_0", MONDAY_US, MONDAY_US, 1.0)]))
