"""Places: the areas of the tree and behind them their vicinities, as the rows of every array of counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.areas import AreaTree
from riskwatch.core.compiled import compiled
from riskwatch.core.scores import Cells

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STAYS = 1.25  # a vicinity that was chosen before gives way to one with so many times its evidence


class Places:
    """What is counted and expected in places, made of what is known of areas.

    Without vicinities every array is handed on as it is. `depth` [places] is the class whose counts
    scatter alike: an area's depth in the tree; a vicinity's is its middle's, beyond all of these.

    An area is looked at alone and in about as many vicinities as its own has areas, so a vicinity of n
    has to surprise by log(n + 1) more to say as much (Bonferroni): its handicap, in nats.
    """

    def __init__(self, tree: AreaTree) -> None:
        self._near = tree.vicinities
        self.areas = len(tree)
        self.any = len(self._near) > 0
        depths = int(tree.depth.max(initial=0)) + 1
        self.depth: NDArray[np.int32] = tree.depth
        if self.any:
            self.depth = np.concatenate([tree.depth, tree.depth[self._near.centre] + np.int32(depths)])
        sizes = np.diff(self._near.begins)
        self._handicap = np.concatenate([np.zeros(self.areas), np.log1p(sizes)])
        self._of: tuple[FloatArray, FloatArray, FloatArray] | None = None

    def __len__(self) -> int:
        return len(self.depth)

    def centre(self, places: IntArray) -> IntArray:
        """[n] the area of each place: itself, or the one in its middle."""
        if not self.any:
            return places
        behind = np.maximum(places - self.areas, 0)
        centre: IntArray = np.where(places < self.areas, places, self._near.centre[behind])
        return centre

    def of(
        self, areas: IntArray, together: NDArray[np.bool_] | None
    ) -> tuple[IntArray, tuple[tuple[int, ...], ...]]:
        """(places, neighbours of each) of areas, some of which are taken `together` with theirs.

        No neighbours are listed where none are.
        """
        if together is None or not together.any():
            return areas, ()
        near = self._near
        pairs = zip(areas.tolist(), together.tolist(), strict=True)
        around = tuple(near.around[area] if with_them else () for area, with_them in pairs)
        return np.where(together, self.areas + near.of_area[areas], areas), around

    def of_cells(self, cells: Cells) -> IntArray:
        """[n] the place of each row."""
        if not cells.around:
            return cells.areas
        return self.of(cells.areas, np.array([len(near) > 0 for near in cells.around]))[0]

    def less_handicap(self, surprise: FloatArray, places: IntArray) -> FloatArray:
        """[n, windows] surprise of these places as it counts; never below nothing."""
        left: FloatArray = np.maximum(surprise - self._handicap[places, None], 0.0)
        return left

    def sums(self, sums: NDArray[np.int32]) -> NDArray[np.int32]:
        """[places, columns, windows] of counts [areas, columns, windows]."""
        return _with_sums(sums, self._near.members, self._near.begins) if self.any else sums

    def rate(self, rate: FloatArray) -> FloatArray:
        """[places, columns] of rates [areas, columns]."""
        if not self.any:
            return rate
        near = self._near
        return np.concatenate([rate, np.add.reduceat(rate[near.members], near.begins[:-1], axis=0)])

    def usual(self, rate: FloatArray, level: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Rates and inverse sizes of the levels' doubt [places, columns], made once for the same arrays.

        What is not known of the levels of several areas is independent, so their variances add up.
        """
        if not self.any:
            return rate, level
        if self._of is None or self._of[0] is not rate:
            near = self._near
            everywhere = self.rate(rate)
            spread = (rate * rate * level)[near.members]
            together = np.maximum(everywhere[self.areas :], 1e-12)
            doubt = np.add.reduceat(spread, near.begins[:-1], axis=0) / (together * together)
            self._of = (rate, everywhere, np.concatenate([level, doubt]))
        return self._of[1:]

    def touched(self, areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """[places] where any of its areas is one of these."""
        if not self.any:
            return areas
        near = self._near
        return np.concatenate([areas, np.logical_or.reduceat(areas[near.members], near.begins[:-1])])

    def speaking(
        self, found: tuple[IntArray, IntArray, FloatArray, FloatArray], signatures: int, before: IntArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        """(rows of `found`, their areas, keys of the vicinities among them), by area and signature.

        Arguments as of `chosen`. An area is left out where the vicinity of which it is the middle speaks.
        """
        together, key = self.chosen(found, signatures, before), self._key(found, signatures)
        around = np.unique(key[together])
        rows = np.flatnonzero(together | ((found[0] < self.areas) & ~np.isin(key, around)))
        rows = rows[np.argsort(key[rows], kind="stable")]
        return rows, key[rows] // signatures, around

    def chosen(
        self, found: tuple[IntArray, IntArray, FloatArray, FloatArray], signatures: int, before: IntArray
    ) -> NDArray[np.bool_]:
        """[n] which vicinities speak in place of the area in their middle.

        `found` are places, signatures, nats and surprise [n]; `before` are keys (area * signatures +
        signature) of those chosen at the last tick. A vicinity speaks where it has more evidence than
        each of its areas alone, and surprises more than its middle; of those that share an area, the one
        with more evidence.
        """
        key, nats = self._key(found, signatures), found[2]
        weight = np.where(np.isin(key, before), _STAYS, 1.0) * nats
        order = np.lexsort((key, -weight))
        size = (self.areas, signatures)
        return _chosen(order, found, size, self._near.members, self._near.begins)

    def _key(self, found: tuple[IntArray, IntArray, FloatArray, FloatArray], signatures: int) -> IntArray:
        return self.centre(found[0]) * signatures + found[1]


@compiled
def _with_sums(sums: NDArray[np.int32], members: IntArray, begins: IntArray) -> NDArray[np.int32]:
    areas, vicinities = sums.shape[0], len(begins) - 1
    every = np.zeros((areas + vicinities, sums.shape[1], sums.shape[2]), np.int32)
    every[:areas] = sums
    for v in range(vicinities):
        for at in range(begins[v], begins[v + 1]):
            every[areas + v] += sums[members[at]]
    return every


@compiled
def _chosen(
    order: IntArray,
    found: tuple[IntArray, IntArray, FloatArray, FloatArray],
    size: tuple[int, int],
    members: IntArray,
    begins: IntArray,
) -> NDArray[np.bool_]:
    """Rows in `order` of preference; `size` is how many areas and signatures there are."""
    place, signature, nats, surprise = found
    areas, signatures = size
    chosen = np.zeros(len(place), np.bool_)
    own_nats, own_surprise = np.zeros(areas * signatures), np.zeros(areas * signatures)
    taken = np.zeros(areas * signatures, np.bool_)
    for n in range(len(place)):
        if place[n] < areas:
            key = place[n] * signatures + signature[n]
            own_nats[key], own_surprise[key] = nats[n], surprise[n]
    for n in order:
        if place[n] < areas:
            continue
        s, v = signature[n], place[n] - areas
        begin, end = begins[v], begins[v + 1]
        speaks = surprise[n] > max(own_surprise[members[begin] * signatures + s], 0.0)
        for at in range(begin, end):
            key = members[at] * signatures + s
            speaks = speaks and nats[n] > own_nats[key] and not taken[key]
        if speaks:
            chosen[n] = True
            for at in range(begin, end):
                taken[members[at] * signatures + s] = True
    return chosen
