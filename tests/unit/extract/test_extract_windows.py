"""Windows, their spans and the cells that hold their counts, against plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_ticks import FIRST, flat_world, panel

from features.call_volume import CallVolume
from riskwatch.core.clock import MINUTE_US
from riskwatch.extract import cells as loops
from riskwatch.extract.cells import Cell, flattened, merge, unflattened
from riskwatch.extract.spans import Spans
from riskwatch.extract.windows import WindowSums
from riskwatch.store.snapshots import pack, unpack

SMALL = flat_world(children=3, indicators_each=2)
WINDOWS_H = (1, 3, 6, 12, 24, 72, 168)
MINUTES = (0, 15, 15, 60, 60, 360, 360)
"""The grain of each of these windows; 0 stands for a tick."""


# --- spans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tick_min", [1, 5, 15])
def test_grains_are_the_same_at_every_length_of_a_tick(tick_min: int) -> None:
    """To the tick up to an hour, the quarter up to six, the hour up to two days, then to six hours."""
    spans = Spans.of(WINDOWS_H, tick_min * MINUTE_US)
    assert [w * tick_min for w in spans.widths] == [60 * h for h in WINDOWS_H]
    assert [g * tick_min for g in spans.grains] == [m or tick_min for m in MINUTES]


@pytest.mark.parametrize(("tick_min", "grains"), [(4, [1, 3, 3, 15, 15, 90, 90]), (60, [1] * 5 + [6] * 2)])
def test_grains_divide_each_other_at_odd_ticks_too(tick_min: int, grains: list[int]) -> None:
    """What fits no tick is rounded down to what does."""
    assert list(Spans.of(WINDOWS_H, tick_min * MINUTE_US).grains) == grains


@given(tick=st.integers(0, 10**7), tick_min=st.sampled_from([1, 5, 15, 30, 60]))
def test_a_window_is_never_longer_than_its_name_and_never_a_grain_shorter(tick: int, tick_min: int) -> None:
    """It begins on the grid of its grain, and the longer one never later."""
    spans = Spans.of(WINDOWS_H, tick_min * MINUTE_US)
    begins = spans.begins(tick)
    assert list(begins) == sorted(begins, reverse=True)
    for first, width, grain in zip(begins, spans.widths, spans.grains, strict=True):
        assert first % grain == 0
        assert width - grain < tick + 1 - first <= width


# --- windows -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_windows_hold_exactly_the_ticks_of_their_spans(seed: int, cut: int) -> None:
    """Sums, histories and first instants are those of brute force, after a restore too."""
    draw = np.random.default_rng(seed)
    spans, n = Spans((1, 4, 12), (1, 2, 4), ((20, 2),)), len(SMALL.tree) * 3
    windows, taken, start = WindowSums(n, spans), [], FIRST + int(draw.integers(4))
    for k in range(60):
        counts = draw.poisson(0.15, size=(len(SMALL.tree), 2)) * (draw.random() < 0.6)
        taken.append(panel(SMALL, start + k, counts))
        windows.update(taken[-1])
        if k == cut:
            other = WindowSums(n, spans)
            other.load(unpack(pack(windows.state())))
            assert pack(other.state()) == pack(windows.state())
            windows = other
        dense = np.zeros((k + 1, n), dtype=np.int64)
        for at, p in enumerate(taken):
            dense[at, p.series] = p.counts
        asked = [0, 4, n - 1]
        for w, first in enumerate(spans.begins(start + k)):
            base = max(first - start, 0)
            assert np.array_equal(windows.sums[w], dense[base:].sum(axis=0))
            hit = np.flatnonzero(dense[base:, asked].any(axis=1))
            told = windows.first_instant(asked, w)
            assert told == (SMALL.grid.start(start + base + int(hit[0])) if len(hit) else None)
        by_two = np.zeros(10, np.int64)
        for at in range(k + 1):
            step = 9 + (start + at) // 2 - (start + k) // 2
            if step >= 0:
                by_two[step] += dense[at, asked].sum()
        assert windows.history(asked, 10, 2).tolist() == by_two.tolist()
        assert windows.latest()[0].tolist() == taken[-1].series.tolist()
        assert windows.latest()[1].tolist() == taken[-1].counts.tolist()


def test_windows_of_nothing_are_empty() -> None:
    """Before the first panel there is no count, no instant, and a state that loads."""
    windows = WindowSums(3, Spans((1, 2), (1, 1)))
    assert windows.history([0], 4, 1).tolist() == [0, 0, 0, 0]
    assert windows.first_instant([0], 1) is None
    assert windows.latest() is None
    windows.load(unpack(pack(windows.state())))
    assert windows.sums.sum() == 0


@pytest.mark.parametrize(("tick_min", "most"), [(15, 100), (5, 110), (1, 165)])
def test_a_busy_series_has_no_more_cells_than_the_spans_have_steps(tick_min: int, most: int) -> None:
    """Nine days with a call in every tick; the exposure of what is expected is of as many ticks."""
    world = flat_world()
    tick_us = tick_min * MINUTE_US
    world = type(world)(world.tree, world.registry, type(world.grid)(tick_us, tick_us), world.timezone)
    volume = CallVolume(world)
    counts = np.array([[0], [1], [0]])
    for tick in range(FIRST * 15 // tick_min, (FIRST + 9 * 96) * 15 // tick_min):
        given_panel = panel(world, tick, counts)
        volume.windows.update(given_panel)
        volume.expectation.update(given_panel)
        assert len(volume.windows._cells) <= most
    assert volume.windows.sums[:, 0].tolist() == volume.expectation.profile.exposure[:, 0].tolist()


# --- cells ---------------------------------------------------------------------------------------

ROWS = st.dictionaries(
    st.integers(0, 999),
    st.tuples(st.integers(1, 2**33), st.integers(0, 2**41)),
    max_size=60,
)


def packed(rows: dict[int, tuple[int, int]], n: int, first: int = 7) -> Cell:
    keys = sorted(rows)
    columns = (keys, [rows[k][0] for k in keys], [rows[k][1] for k in keys])
    return Cell.pack(first, tuple(np.array(c, np.int64) for c in columns), n)


def told(cell: Cell) -> dict[int, tuple[int, int]]:
    series, counts, since = (c.tolist() for c in cell.all())
    return dict(zip(series, zip(counts, since, strict=True), strict=True))


@given(rows=ROWS, n=st.sampled_from([1_000, 100_000]), unit=st.sampled_from([1, 1_000, 60_000_000]))
@settings(deadline=None)
def test_a_cell_gives_back_what_was_put_into_it(
    rows: dict[int, tuple[int, int]], n: int, unit: int
) -> None:
    """To the unit, with a bit a series or its distance; one at a time, and after it was flattened."""
    rows = {k: (count, since // unit * unit) for k, (count, since) in rows.items()}
    cell = packed(rows, n)
    assert told(cell) == rows
    for k in range(1_000):
        one = np.array([k])
        assert (cell.count_of(one), cell.since_of(one)) == rows.get(k, (0, None))
    every = np.arange(1_000)
    assert cell.count_of(every) == sum(c for c, _ in rows.values())
    assert cell.since_of(every) == min((s for _, s in rows.values()), default=None)
    again = unflattened(*flattened([cell, cell]))
    assert [(told(c), c.first) for c in again] == [(rows, 7)] * 2


@given(parts=st.lists(ROWS, min_size=1, max_size=4))
@settings(deadline=None)
def test_merged_cells_add_counts_and_keep_the_earliest_instant(
    parts: list[dict[int, tuple[int, int]]],
) -> None:
    """Of every series that any of them has."""
    want: dict[int, tuple[int, int]] = {}
    for rows in parts:
        for k, (count, since) in rows.items():
            before = want.get(k, (0, since))
            want[k] = (before[0] + count, min(before[1], since))
    assert told(merge(7, [packed(rows, 1_000) for rows in parts], 1_000)) == want


def test_whole_seconds_and_small_counts_take_five_bytes_less() -> None:
    """A tick of a minute in which all have a call: a bit, a byte and a byte each."""
    series, ones = np.arange(800), np.ones(800, np.int64)
    cell = Cell.pack(0, (series, ones, 10**15 + series % 60 * 1_000_000), 800)
    assert (cell.index.nbytes, cell.counts.nbytes, cell.since.nbytes) == (104, 800, 800)


def test_the_loops_are_the_same_in_python() -> None:
    """Bits and their lists, the measures of a column, and what is merged."""
    draw = np.random.default_rng(3)
    series = np.sort(draw.choice(300, 70, replace=False)).astype(np.int64)
    since, counts = draw.integers(0, 10**9, 70) * 6, draw.integers(1, 9, 70)
    bits = loops.marked(series, 300)
    assert loops.marked.py_func(series, 300).tolist() == bits.tolist()
    with np.errstate(over="ignore"):  # words wrap around, as in C
        assert loops.listed.py_func(bits, 70).tolist() == loops.listed(bits, 70).tolist() == series.tolist()
        parts = [(series[:30], counts[:30], since[:30]), (series[5:45], counts[30:], since[30:])]
        told = []
        for pour, drawn in (
            (loops.pour, loops.drawn),
            (loops.pour.py_func, loops.drawn.py_func),
        ):
            room = (np.zeros(300, np.int64), np.zeros(300, np.int64), np.zeros(5, np.uint64))
            for rows in parts:
                pour(rows, *room)
            told.append([a.tolist() for a in drawn(*room)])
    assert told[0] == told[1]
    for leave in (loops.leave_marked, loops.leave_marked.py_func):
        sums = np.full((300, 2), 50, np.int32)
        with np.errstate(over="ignore"):
            leave(sums, bits, counts.astype(np.uint8), 1)
        assert (sums[:, 0] == 50).all()
        assert (50 - sums[series, 1]).tolist() == counts.tolist()
        assert sums[:, 1].sum() == 300 * 50 - counts.sum()
    for unit in (1, 6, 10**6, 7 * 10**9, 2**53 + 1):
        rows = (series, counts, 10**15 + draw.permutation(70) * unit)
        behind = rows[2] - rows[2].min()
        want = (rows[2].min(), np.gcd.reduce(behind), behind.max(), counts.max(), np.diff(series).max())
        with np.errstate(over="ignore"):
            for loop in (loops.measured, loops.measured.py_func):
                assert loop(*rows)[:4] == want[:4]
                assert loop(*rows)[4] == max(want[4], series[0])
    asked = np.r_[series[10:20], 299]
    gaps = np.r_[series[:1], np.diff(series)]
    with np.errstate(over="ignore"):
        for loop, index in ((loops.in_gaps, gaps), (loops.in_bits, bits)):
            found = loop(index, asked)
            assert loop.py_func(index, asked).tolist() == found.tolist()
            assert series[found].tolist() == [k for k in asked.tolist() if k in series]
    rows = (series, counts, since)
    assert loops.measured.py_func(*rows) == loops.measured(*rows)
    one, none = (tuple(c[:n] for c in rows) for n in (1, 0))
    assert loops.measured.py_func(*one) == (since[0], 1, 0, counts[0], series[0])
    assert loops.measured.py_func(*none) == (0, 1, 0, 0, 0)
