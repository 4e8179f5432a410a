"""Places: areas and behind them their vicinities, against plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.areas import AreaTree
from riskwatch.extract.places import Places
from riskwatch.testing.made import bordering, made_world

WORLD = made_world(levels=3, children=2)
LEAVES = ("A00", "A01", "A10", "A11")
TREE = bordering(WORLD, [("A00", "A01"), ("A01", "A10")]).tree
VICINITIES = {3: [3, 4], 4: [4, 3, 5], 5: [5, 4]}


def test_sums_rates_and_doubts_of_vicinities_are_those_of_their_areas():
    """Counts and rates add up, and so do the variances of what is not known of levels."""
    draw = np.random.default_rng(1)
    counts = draw.integers(0, 9, (7, 3, 2)).astype(np.int32)
    rate, level = draw.random((7, 3)) + 0.1, draw.random((7, 3))
    places = Places(TREE)
    sums, (rates, levels) = places.sums(counts), places.usual(rate, level)
    assert (len(places), places.areas) == (10, 7)
    assert np.array_equal(sums[:7], counts)
    assert np.array_equal(rates[:7], rate)
    for n, (middle, areas) in enumerate(VICINITIES.items()):
        assert np.array_equal(sums[7 + n], counts[areas].sum(axis=0))
        assert rates[7 + n] == pytest.approx(rate[areas].sum(axis=0))
        variance = (rate[areas] ** 2 * level[areas]).sum(axis=0)
        assert levels[7 + n] == pytest.approx(variance / rate[areas].sum(axis=0) ** 2)
        assert places.centre(np.array([7 + n])).tolist() == [middle]
        found, around = places.of(np.array([middle, 0]), np.array([True, False]))
        assert (found.tolist(), around) == ([7 + n, 0], (tuple(sorted(areas[1:])), ()))
    assert places.depth[7:].tolist() == [5, 5, 5]  # the third depth of vicinities, beyond three of areas
    touched = np.zeros(7, bool)
    touched[3] = True
    assert np.flatnonzero(places.touched(touched)).tolist() == [3, 7, 8]


def test_without_neighbours_arrays_are_handed_on():
    """Nothing is copied, and every place is an area."""
    places, rate = Places(WORLD.tree), np.ones((7, 2))
    sums = np.ones((7, 2, 2), np.int32)
    assert places.sums(sums) is sums
    assert places.rate(rate) is rate
    assert places.usual(rate, rate)[0] is rate
    assert (len(places), places.any) == (7, False)


def plainly(tree: AreaTree, rows, before):
    """The vicinities that speak, one after the other, as the docstring says it."""
    areas = {(p, s): (nats, surprise) for p, s, nats, surprise in rows if p < len(tree)}
    centres = tree.vicinities.centre.tolist()
    order = []
    for n, (p, s, nats, _) in enumerate(rows):
        if p >= len(tree):
            middle = centres[p - len(tree)]
            weight = nats * (1.25 if middle * 2 + s in before else 1.0)
            order.append((-weight, middle * 2 + s, n, (middle, *tree.vicinities.around[middle]), s))
    chosen, taken = set(), set()
    for _, _, n, members, s in sorted(order):
        nats, surprise = rows[n][2:]
        more = all(nats > areas.get((m, s), (0.0, 0.0))[0] for m in members)
        beyond = surprise > areas.get((members[0], s), (0.0, 0.0))[1] and surprise > 0
        if more and beyond and not taken & {(m, s) for m in members}:
            chosen.add(n)
            taken |= {(m, s) for m in members}
    return chosen


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 1)),
        st.tuples(st.sampled_from([4.1, 5.0, 6.0, 7.5, 8.0]), st.sampled_from([0.0, 1.0, 2.0, 3.0])),
    ),
    st.sets(st.sampled_from([6, 7, 8, 9, 10, 11])),
)
def test_a_vicinity_speaks_where_it_says_more_than_any_of_its_areas(found, before):
    """As the plain reference chooses; no area is in two that speak of one signature."""
    rows = [(p, s, *numbers) for (p, s), numbers in sorted(found.items())]
    columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.empty(0)] * 4
    place, signature = (c.astype(np.int64) for c in columns[:2])
    nats, surprise = (c.astype(np.float64) for c in columns[2:])
    known = np.array(sorted(before), np.int64)
    chosen = Places(TREE).chosen((place, signature, nats, surprise), 2, known)
    assert set(np.flatnonzero(chosen).tolist()) == plainly(TREE, rows, before)


def test_a_vicinity_of_n_has_to_surprise_by_log_of_n_and_one_more():
    """Areas keep what they have; nothing falls below nothing."""
    places = Places(TREE)
    left = places.less_handicap(np.full((4, 1), 1.2), np.array([0, 3, 7, 8]))
    assert left.ravel() == pytest.approx([1.2, 1.2, 1.2 - np.log(3), 0.0], abs=1e-12)
