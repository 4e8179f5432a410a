"""Vicinities: an area with its neighbours, as a further place where counts are looked at together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_NEAREST = 24  # an area has seldom more than nine neighbours; so many of the nearest are asked
_TOUCHES = 1.0 - 1e-9  # an area on the very edge of the circle does not come between


@dataclass(frozen=True)  # no slots: cached properties need somewhere to keep their values
class Vicinities:
    """`around` [areas] are the neighbours of each area, ascending; () where none are known.

    A **place** is an area or a vicinity: places 0 to n - 1 are the areas of the tree, those behind
    them the vicinities, in the order of their middle areas. `centre` [vicinities] are these, `members`
    the areas of all vicinities one after the other, the middle first, `begins` [vicinities + 1] where
    each one's begin.
    """

    around: tuple[tuple[int, ...], ...]

    @cached_property
    def centre(self) -> IntArray:
        """[vicinities] the area in the middle."""
        return np.array([area for area, near in enumerate(self.around) if near], np.int64)

    @cached_property
    def begins(self) -> IntArray:
        """[vicinities + 1] where each one's members begin."""
        return np.cumsum([0, *(1 + len(near) for near in self.around if near)])

    @cached_property
    def members(self) -> IntArray:
        """Areas, vicinity after vicinity."""
        return np.array(
            [m for area, near in enumerate(self.around) if near for m in (area, *near)], np.int64
        )

    @cached_property
    def of_area(self) -> IntArray:
        """[areas] which vicinity has it in its middle; -1 for none."""
        found = np.full(len(self.around), -1, np.int64)
        found[self.centre] = np.arange(len(self.centre))
        return found

    @property
    def listed(self) -> dict[str, tuple[int, ...]]:
        """Neighbours by area, of those that have any; as JSON has it."""
        return {str(area): near for area, near in enumerate(self.around) if near}

    def __len__(self) -> int:
        return len(self.centre)

    @classmethod
    def of_pairs(cls, areas: int, pairs: Iterable[tuple[int, int]]) -> Vicinities:
        """Those of so many areas of which these border on each other.

        >>> Vicinities.of_pairs(4, [(2, 1), (1, 3)]).around
        ((), (2, 3), (1,), (1,))
        """
        around: list[set[int]] = [set() for _ in range(areas)]
        for a, b in pairs:
            around[a].add(b)
            around[b].add(a)
        return cls(tuple(tuple(sorted(near)) for near in around))


def between(
    positions: Sequence[tuple[float, float] | None], depth: NDArray[np.int32]
) -> list[tuple[int, int]]:
    """Pairs of areas that border on each other, by their positions (latitude and longitude in degrees).

    Two areas of one depth of the tree do if no third of it lies within the circle that has them at
    the ends of its diameter (the graph of Gabriel and Sokal 1969): no distance is to be chosen, it
    reaches far where places lie far apart and not in a town.
    """
    placed = np.array([at is not None for at in positions])
    pairs: list[tuple[int, int]] = []
    for level in np.unique(depth):
        here = np.flatnonzero(placed & (depth == level))
        if len(here) > 1:
            degrees = np.array([positions[n] for n in here.tolist()], np.float64)
            pairs += [(int(here[a]), int(here[b])) for a, b in _gabriel(_on_sphere(degrees))]
    return pairs


def _on_sphere(degrees: FloatArray) -> FloatArray:
    """[n, 3] points of the unit sphere at [n] latitudes and longitudes."""
    latitude, longitude = np.radians(degrees).T
    level = np.cos(latitude)
    return np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=1)


def _gabriel(points: FloatArray) -> list[tuple[int, int]]:
    """Pairs a < b such that no third point is nearer to their middle than they are."""
    from scipy.spatial import cKDTree  # not before it is needed: it takes long to import

    tree = cKDTree(points)
    nearest = tree.query(points, k=min(_NEAREST + 1, len(points)))[1]
    a = np.repeat(np.arange(len(points)), nearest.shape[1])
    b = nearest.ravel()
    pairs = np.unique(np.sort(np.stack([a, b], axis=1)[a != b], axis=1), axis=0)
    middle = points[pairs].mean(axis=1)
    radius = 0.5 * np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    alone = tree.query(middle, k=1)[0] >= _TOUCHES * radius
    return [(int(a), int(b)) for a, b in pairs[alone]]
