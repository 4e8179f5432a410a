"""Small counts are withheld, and as many others as it takes that nobody gets them back by subtraction.

A cell from 1 to k - 1 is withheld. A table is published only as far as every such cell could still be
any number over a width of at least k, given all that is published, its sums included: that is asked of
a linear program for each cell, and the least published cell is withheld too until it holds. What turns
out not to be needed for it is published again, the largest first, which is how the usual heuristics of cell
suppression end (Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

K = 10

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]


def with_sums(table: IntArray) -> IntArray:
    """[rows + 1, columns + 1]: the table with its sums as last row and column.

    >>> with_sums(np.array([[3, 40], [50, 60]])).tolist()
    [[3, 40, 43], [50, 60, 110], [53, 100, 153]]
    """
    rows = np.concatenate([table, table.sum(axis=0, keepdims=True)])
    return np.concatenate([rows, rows.sum(axis=1, keepdims=True)], axis=1)


def withheld(table: IntArray, k: int = K) -> Mask:
    """Which cells of `with_sums(table)` are not published.

    >>> withheld(np.array([[3, 40], [50, 60]])).tolist()
    [[True, True, False], [True, True, False], [False, False, False]]
    """
    whole = with_sums(table)
    small = (whole > 0) & (whole < k)
    hidden = small.copy()
    while True:
        exposed = _exposed(whole, hidden, small, k)
        if exposed is None:
            return _with_what_need_not_hide(whole, hidden, small, k)
        row, column = exposed
        near = np.zeros_like(hidden)
        near[row, :] = near[:, column] = True
        candidates = near & ~hidden & (whole > 0)
        if not candidates.any():
            candidates = ~hidden & (whole > 0)
        if not candidates.any():
            return np.ones_like(hidden)
        hidden.flat[np.argmin(np.where(candidates, whole, np.iinfo(np.int64).max))] = True


def bounds(whole: IntArray, hidden: Mask, cell: tuple[int, int]) -> tuple[float, float]:
    """The least and greatest number a hidden cell could be, as anyone with the published cells knows."""
    places = {(int(r), int(c)): i for i, (r, c) in enumerate(np.argwhere(hidden))}
    rows, columns = whole.shape
    lines = [([(r, c) for c in range(columns - 1)], (r, columns - 1)) for r in range(rows)]
    lines += [([(r, c) for r in range(rows - 1)], (rows - 1, c)) for c in range(columns)]
    left, right = [], []
    for parts, total in lines:
        coefficients, known = np.zeros(len(places)), 0.0
        for at, sign in [*((p, 1.0) for p in parts), (total, -1.0)]:
            if at in places:
                coefficients[places[at]] += sign
            else:
                known += sign * float(whole[at])
        if coefficients.any():
            left.append(coefficients)
            right.append(-known)
    goal = np.zeros(len(places))
    goal[places[cell]] = 1.0
    found = []
    for sign in (1.0, -1.0):
        solved = linprog(sign * goal, A_eq=left or None, b_eq=right or None, bounds=(0, None))
        found.append(sign * float(solved.fun) if solved.status == 0 else sign * -np.inf)
    return (0.0 if np.isinf(found[0]) else found[0]), found[1]


def _with_what_need_not_hide(whole: IntArray, hidden: Mask, small: Mask, k: int) -> Mask:
    kept = hidden.copy()
    beside = np.argwhere(hidden & ~small)
    for row, column in beside[np.argsort(-whole[hidden & ~small], kind="stable")]:
        kept[row, column] = False
        if _exposed(whole, kept, small, k) is not None:
            kept[row, column] = True
    return kept


def _exposed(whole: IntArray, hidden: Mask, small: Mask, k: int) -> tuple[int, int] | None:
    """The first small cell that what is published tells too closely; None if all are safe."""
    cells = ((int(r), int(c)) for r, c in np.argwhere(small))
    return next((cell for cell in cells if _width(whole, hidden, cell) < k), None)


def _width(whole: IntArray, hidden: Mask, cell: tuple[int, int]) -> float:
    low, high = bounds(whole, hidden, cell)
    return high - low + 1e-6
