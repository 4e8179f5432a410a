"""Vicinities: who borders on whom, by lists or by positions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import ConfigError
from riskwatch.core.vicinities import Vicinities, between

GRID = st.tuples(st.integers(-8, 8), st.integers(-8, 8))


def on_sphere(position: tuple[float, float]) -> np.ndarray:
    latitude, longitude = map(math.radians, position)
    level = math.cos(latitude)
    return np.array([level * math.cos(longitude), level * math.sin(longitude), math.sin(latitude)])


def plainly(positions: list[tuple[float, float]]) -> set[tuple[int, int]]:
    """Pairs with nothing in the ball that has them at the ends of its diameter, pair by pair."""
    at = [on_sphere(p) for p in positions]
    pairs = set()
    for a in range(len(at)):
        for b in range(a + 1, len(at)):
            middle, radius = (at[a] + at[b]) / 2, np.linalg.norm(at[a] - at[b]) / 2
            if all(np.linalg.norm(c - middle) >= radius * (1 - 1e-9) for c in at):
                pairs.add((a, b))
    return pairs


@settings(deadline=None, max_examples=100)
@given(st.lists(GRID, min_size=2, max_size=14, unique=True), st.integers(-180, 180))
def test_positions_make_the_graph_of_gabriel(cells, east):
    """The same pairs as the definition, tried one by one; anywhere on the globe."""
    positions = [(30.0 + 0.137 * y + 0.01 * x, east + 0.119 * x) for x, y in cells]
    assert set(between(positions, np.zeros(len(positions), np.int32))) == plainly(positions)


def test_only_areas_of_one_depth_with_a_position_are_neighbours():
    """A town has towns for neighbours, and what lies nowhere has none."""
    tree = AreaTree(
        [
            Area("C", "C", None, "county", position=(30.0, 110.0)),
            *(Area(t, t, "C", "town", position=(30.0, 110.0 + n / 10)) for n, t in enumerate("STU")),
            Area("W", "W", "C", "town"),
        ]
    )
    around = {tree.codes[n]: [tree.codes[k] for k in near] for n, near in enumerate(tree.vicinities.around)}
    assert around == {"C": [], "S": ["T"], "T": ["S", "U"], "U": ["T"], "W": []}


def test_listed_neighbours_are_mutual_and_win_over_positions():
    """Who lists whom does not matter; positions are not asked where anybody lists anybody."""
    near = (30.0, 110.0)
    tree = AreaTree(
        [
            Area("C", "C", None, "county"),
            Area("S", "S", "C", "town", position=near, neighbours=("U",)),
            Area("T", "T", "C", "town", position=near),
            Area("U", "U", "C", "town", position=near),
        ]
    )
    assert tree.vicinities.around == ((), (3,), (), (1,))
    assert tree.vicinities.centre.tolist() == [1, 3]
    assert tree.vicinities.members.tolist() == [1, 3, 3, 1]
    assert tree.vicinities.of_area.tolist() == [-1, 0, -1, 1]


@pytest.mark.parametrize(
    ("listed", "told"), [("X", "'X' is not listed"), ("C", "lies above"), ("S", "lies above or below")]
)
def test_a_neighbour_is_another_area_beside_it(listed, told):
    """Not one that is nowhere, not a parent, not itself."""
    areas = [Area("C", "C", None, "county"), Area("S", "S", "C", "town", neighbours=(listed,))]
    with pytest.raises(ConfigError, match=told):
        AreaTree(areas, "areas.csv")


def test_nobody_is_near_nobody():
    """Of a tree without positions and lists there are no vicinities."""
    assert len(Vicinities.of_pairs(3, [])) == 0
