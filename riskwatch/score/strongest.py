"""The strongest node speaks: relatives whose evidence is the same calls are explained by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from riskwatch.core.alerts import Assessment
from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import Cells, Evidential
from riskwatch.score.composite import Composite, Judged, Scores
from riskwatch.score.explanation import contributions
from riskwatch.score.impact import impact_index

Notable = Callable[[float, float], bool]
"""(likelihood, impact) -> whether it would be graded at all."""


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
        self._lines = [frozenset(tree.index[c] for c in tree.line(code)) for code in tree.codes]

    def assess(
        self, scores: Scores, watched: Iterable[tuple[str, str]], notable: Notable
    ) -> tuple[Assessment, ...]:
        """Assess what may be notable this tick, and what is `watched` (area and signature) anyway."""
        index, order = self._tree.index, self._registry.signature_index
        chosen = {(order[signature], index[area]) for area, signature in watched}
        chosen |= {
            (int(s), int(a))
            for a, s, likelihood in zip(scores.areas, scores.signatures, scores.likelihood, strict=True)
            if notable(float(likelihood), 10.0)
        }
        found: list[Assessment] = []
        for signature in sorted({s for s, _ in chosen}):
            areas = sorted(a for s, a in chosen if s == signature)
            found.extend(self._one_signature(signature, areas, notable))
        return tuple(found)

    def _one_signature(self, signature: int, areas: list[int], notable: Notable) -> list[Assessment]:
        judged = [self._composite.judge(area, signature) for area in areas]
        judged.sort(key=lambda j: (-float(j.nats.sum(axis=0).max()), j.area))
        speakers: list[Judged] = []
        found = []
        for own in judged:
            relatives = [s for s in speakers if self._related(s.area, own.area)]
            beyond = self._beyond(own, relatives) if relatives else own
            spoken_for = (
                bool(relatives) and not self._notable(beyond, notable) and self._notable(own, notable)
            )
            if not spoken_for and self._notable(beyond, notable):
                speakers.append(own)
            by = self._tree.codes[relatives[0].area] if spoken_for else None
            found.append(replace(self._assessment(own if spoken_for else beyond), inhibited_by=by))
        return found

    def _related(self, one: int, other: int) -> bool:
        return one in self._lines[other] or other in self._lines[one]

    def _notable(self, judged: Judged, notable: Notable) -> bool:
        if not notable(judged.likelihood, 10.0):
            return False
        return notable(judged.likelihood, self._impact(judged))

    def _beyond(self, own: Judged, speakers: list[Judged]) -> Judged:
        """What the node's counts say beyond those of the relatives that already speak."""
        observed, expected = own.cells.observed.copy(), own.cells.expected.copy()
        for speaker in speakers:
            if speaker.area in self._lines[own.area]:  # an ancestor: its surge is expected here too
                usual = np.maximum(speaker.cells.expected, 1e-9)
                expected *= np.maximum(speaker.cells.observed / usual, 1.0)
            else:  # a descendant: its calls are spoken for
                observed -= speaker.cells.observed
                expected -= speaker.cells.expected
        cells = Cells(
            own.cells.indicators,
            np.maximum(observed, 0.0),
            np.maximum(expected, 1e-9),
            own.cells.inverse_size,
            own.cells.known,
        )
        return self._composite.judge(own.area, own.signature, cells)

    def _impact(self, judged: Judged) -> float:
        return impact_index(self._tree.areas[judged.area], judged, self._registry)

    def _assessment(self, judged: Judged) -> Assessment:
        window = int(judged.nats.sum(axis=0).argmax())
        carried = judged.nats[:, window] > 0
        return Assessment(
            area=self._tree.codes[judged.area],
            signature=self._registry.signatures[judged.signature].id,
            likelihood=judged.likelihood,
            impact=self._impact(judged),
            calls=int(judged.cells.observed[carried, window].sum()),
            contributions=contributions(judged, self._volume, self._registry),
        )
