"""The strongest node speaks: relatives whose evidence is the same calls are explained by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.alerts import Assessment
from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import Cells, Evidential
from riskwatch.score.composite import Composite, Judged, Scores
from riskwatch.score.explanation import contributions
from riskwatch.score.impact import Impact


class Notable(Protocol):
    """What grading lets through at one place."""

    def notable(self, likelihood: float, impact: float) -> bool:
        """Whether it would be graded at all."""
        ...


class Rule(Protocol):
    """The rules of every place; `floor` is the least likelihood that could be notable anywhere."""

    @property
    def floor(self) -> float:
        """Below it, nothing is graded."""
        ...

    def of(self, area: str, signature: str) -> Notable:
        """The rules of an area's signature."""
        ...


class StrongestSpeaks:
    """Assesses a tick's candidates, those with most evidence (nats) first within each signature.

    Once a node speaks, its descendants are held against an expectation raised by what it sees,
    and its ancestors against their counts without its own. What is notable still, speaks too;
    what is not, is inhibited by it.
    """

    def __init__(
        self, composite: Composite, volume: Evidential, tree: AreaTree, registry: IndicatorRegistry
    ) -> None:
        self._composite, self._volume = composite, volume
        self._tree, self._registry = tree, registry
        self._impact = Impact(tree, registry)

    def assess(self, scores: Scores, watched: Iterable[tuple[str, str]], rule: Rule) -> list[Assessment]:
        """Assess what may be notable this tick, and what is `watched` (area and signature) anyway."""
        index, order = self._tree.index, self._registry.signature_index
        chosen = {(order[signature], index[area]) for area, signature in watched}
        may = scores.likelihood >= rule.floor
        chosen |= set(zip(scores.signatures[may].tolist(), scores.areas[may].tolist(), strict=True))
        areas: dict[int, list[int]] = {}
        for signature, area in sorted(chosen):
            areas.setdefault(signature, []).append(area)
        return [a for s, mine in areas.items() for a in self._one_signature(s, np.array(mine), rule)]

    def _one_signature(self, signature: int, areas: NDArray[np.int64], rule: Rule) -> list[Assessment]:
        judged = self._composite.judge(areas, signature)
        impact = self._impact.of(judged)
        speakers = _Speakers(self._tree)
        found = []
        name = self._registry.signatures[signature].id
        for row in np.lexsort((areas, -judged.strength)).tolist():
            mine = rule.of(self._tree.codes[int(areas[row])], name)
            relatives = speakers.related(int(areas[row]))
            notable = mine.notable(float(judged.likelihood[row]), float(impact[row]))
            by = None
            said, at, its = judged, row, impact
            if relatives:
                beyond = self._beyond(judged, row, relatives)
                its_beyond = self._impact.of(beyond)
                if mine.notable(float(beyond.likelihood[0]), float(its_beyond[0])) or not notable:
                    said, at, its = beyond, 0, its_beyond
                else:
                    by = self._tree.codes[int(areas[relatives[0]])]
            if by is None and mine.notable(float(said.likelihood[at]), float(its[at])):
                speakers.add(int(areas[row]), row)
            found.append(self._assessment(said, at, float(its[at]), by))
        return found

    def _beyond(self, judged: Judged, row: int, speakers: list[int]) -> Judged:
        """What the node's counts say beyond those of the relatives that already speak."""
        cells = judged.cells
        observed, expected = cells.observed[row].copy(), cells.expected[row].copy()
        line = set(self._tree.paths[cells.areas[row]].tolist())
        for speaker in speakers:
            if int(cells.areas[speaker]) in line:  # an ancestor: its surge is expected here too
                usual = np.maximum(cells.expected[speaker], 1e-9)
                expected *= np.maximum(cells.observed[speaker] / usual, 1.0)
            else:  # a descendant: its calls are spoken for
                observed -= cells.observed[speaker]
                expected -= cells.expected[speaker]
        own = Cells(
            cells.areas[row : row + 1],
            cells.indicators,
            np.maximum(observed, 0.0)[None],
            np.maximum(expected, 1e-9)[None],
            cells.inverse_size[row : row + 1],
            cells.known,
        )
        return self._composite.judge(own.areas, judged.signature, own)

    def _assessment(self, judged: Judged, row: int, impact: float, by: str | None) -> Assessment:
        window = int(judged.nats[row].sum(axis=0).argmax())
        carried = judged.nats[row, :, window] > 0
        return Assessment(
            area=self._tree.codes[int(judged.cells.areas[row])],
            signature=self._registry.signatures[judged.signature].id,
            likelihood=float(judged.likelihood[row]),
            impact=impact,
            calls=int(judged.cells.observed[row, carried, window].sum()),
            explain=lambda: contributions(judged, row, self._volume, self._registry),
            inhibited_by=by,
        )


class _Speakers:
    """The nodes that speak, found from any relative in as many steps as the tree is deep."""

    def __init__(self, tree: AreaTree) -> None:
        self._paths = tree.paths
        self._row_of: dict[int, int] = {}
        self._under: dict[int, list[int]] = {}

    def add(self, area: int, row: int) -> None:
        """Let a node speak; `row` is what `related` answers."""
        self._row_of[area] = row
        for up in self._paths[area, 1:].tolist():
            self._under.setdefault(up, []).append(row)

    def related(self, area: int) -> list[int]:
        """The rows of speaking descendants and ancestors."""
        above = [self._row_of[up] for up in self._paths[area, 1:].tolist() if up in self._row_of]
        return sorted(above + self._under.get(area, []))
