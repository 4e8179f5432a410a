"""Kinship: who looks at the same calls, against the definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskwatch.core.scores import Cells
from riskwatch.score.kinship import Kinship
from riskwatch.testing.made import made_tree

TREE = made_tree(levels=3, children=2)
NONE = np.empty(0)


def cells(areas: list[int], around: list[tuple[int, ...]]) -> Cells:
    return Cells(
        np.array(areas, np.int64),
        NONE.astype(np.int64),
        NONE,
        NONE,
        NONE,
        NONE.astype(bool),
        None,
        tuple(around),
    )


def below(areas: tuple[int, ...]) -> set[str]:
    """Everywhere that a call of these areas may have come from: they, and all below them."""
    return {code for area in areas for code in TREE.below(TREE.codes[area])}


AROUND = {3: (4,), 4: (3, 5), 5: (4,), 6: (3,)}


@settings(deadline=None, max_examples=150)
@given(st.permutations(range(7)), st.sets(st.sampled_from(sorted(AROUND))))
def test_relatives_share_calls(order, together):
    """Two rows are relatives if a call may be of both; the order says which came before."""
    areas = list(range(7))
    around = [AROUND[a] if a in together else () for a in areas]
    kin = Kinship(TREE, cells(areas, around))
    found = kin.stronger(order)
    mine = [below((a, *near)) for a, near in zip(areas, around, strict=True)]
    for n, row in enumerate(order):
        assert found[row] == sorted(other for other in order[:n] if mine[other] & mine[row])
        for other in found[row]:
            if not mine[other] <= mine[row]:
                assert kin.above(other, row)
            elif mine[other] < mine[row]:
                assert not kin.above(other, row)


def test_without_neighbours_relatives_are_those_on_one_line():
    """The quick way and the general way say the same."""
    quick = Kinship(TREE, cells(list(range(7)), []))
    general = Kinship(TREE, cells(list(range(7)), [()] * 7))
    order = [4, 0, 2, 6, 1, 3, 5]
    assert quick.stronger(order) == general.stronger(order)
    for row, held in quick.stronger(order).items():
        assert [quick.above(other, row) for other in held] == [general.above(other, row) for other in held]
