"""Kinship: which rows of a tick look at the same calls, and which at more; for the strongest node."""

from __future__ import annotations

from collections.abc import Sequence

from riskwatch.core.areas import AreaTree
from riskwatch.core.scores import Cells


class Kinship:
    """Relations of rows, each of an area or of several: one row's areas may lie above the other's.

    Areas by themselves are relatives on one line of the tree. With neighbours, whatever shares calls is.
    """

    def __init__(self, tree: AreaTree, cells: Cells) -> None:
        self._lines = tree.paths[cells.areas].tolist()
        self._depth = tree.depth[cells.areas].tolist()
        self._paths, self._cells = tree.paths, cells
        self._members = [self._of(row) for row in range(len(cells.areas))] if cells.around else []

    def _of(self, row: int) -> list[tuple[int, frozenset[int]]]:
        """The areas of a row, each with all that lie above it and itself."""
        areas = self._cells.areas_of(row)
        return [(a, frozenset(up for up in self._paths[a].tolist() if up >= 0)) for a in areas]

    def stronger(self, order: Sequence[int]) -> dict[int, list[int]]:
        """For each row the relatives that come before it in this order, ascending."""
        return self._of_several(order) if self._members else self._of_lines(order)

    def above(self, other: int, row: int) -> bool:
        """Whether a relative is read as above a row: it has all its areas, or calls of other areas too.

        Then its surge is expected of the row as well; else its calls are part of the row's.
        """
        if not self._members:
            return bool(self._depth[other] < self._depth[row])
        whole = {area for area, _ in self._members[row]}
        return not all(line & whole for _, line in self._members[other])

    def _of_lines(self, order: Sequence[int]) -> dict[int, list[int]]:
        row_of: dict[int, int] = {}
        under: dict[int, list[int]] = {}
        found = {}
        for row in order:
            line = self._lines[row]
            mine = [row_of[up] for up in line[1:] if up in row_of]
            if line[0] in under:
                mine += under[line[0]]
            found[row] = sorted(mine) if len(mine) > 1 else mine
            row_of[line[0]] = row
            for up in line[1:]:
                if up >= 0:
                    under.setdefault(up, []).append(row)
        return found

    def _of_several(self, order: Sequence[int]) -> dict[int, list[int]]:
        at: dict[int, set[int]] = {}  # rows by the areas that they are of
        under: dict[int, set[int]] = {}  # rows by the areas that they lie below or are
        found = {}
        for row in order:
            mine: set[int] = set()
            for area, line in self._members[row]:
                mine |= under.get(area, set()).union(*(at.get(up, set()) for up in line))
            found[row] = sorted(mine)
            for area, line in self._members[row]:
                at.setdefault(area, set()).add(row)
                for up in line:
                    under.setdefault(up, set()).add(row)
        return found
