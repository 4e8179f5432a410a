"""The strongest node speaks: relatives whose evidence is the same calls are explained by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.alerts import Assessment
from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import Cells, Evidential
from riskwatch.score.composite import Composite, Judged, Scores
from riskwatch.score.explanation import contributions
from riskwatch.score.gauged import readings_behind
from riskwatch.score.impact import Impact
from riskwatch.score.kinship import Kinship
from riskwatch.score.spoken_for import beyond, calls_behind, strongest_window


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
    what is not, is inhibited by it. An area that speaks with its neighbours is above these.
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
        """The assessments, strongest first; relatives wait for each other, all others go together."""
        judged = self._composite.judge(areas, signature)
        seen = self._seen(judged)
        rules = [rule.of(code, seen.signature) for code in seen.codes]
        alone = list(map(_notable, rules, seen.likelihoods, seen.impacts))
        order = np.lexsort((areas, -judged.strength)).tolist()
        kinship = self._kinship(judged.cells)
        stronger = kinship.stronger(order)
        speaks = {row: alone[row] for row in order if not stronger[row]}
        found = {row: self._assessment(seen, row) for row in speaks}
        waiting = [row for row in order if stronger[row]]
        while waiting:
            ready = [row for row in waiting if all(other in speaks for other in stronger[row])]
            speakers = {row: [other for other in stronger[row] if speaks[other]] for row in ready}
            beyond = self._beyond(judged, {row: held for row, held in speakers.items() if held}, kinship)
            for row in ready:
                said, at, by, notable = seen, row, None, alone[row]
                if row in beyond:
                    less, place = beyond[row]
                    beyond_it = _notable(rules[row], less.likelihoods[place], less.impacts[place])
                    if beyond_it or not notable:
                        said, at, notable = less, place, beyond_it
                    else:
                        by = seen.codes[speakers[row][0]]
                speaks[row] = by is None and notable
                found[row] = self._assessment(said, at, by)
            waiting = [row for row in waiting if row not in speaks]
        return [found[row] for row in order]

    def _kinship(self, cells: Cells) -> Kinship:
        return Kinship(self._tree, cells)

    def _beyond(
        self, judged: Judged, speakers: dict[int, list[int]], kinship: Kinship
    ) -> dict[int, tuple[_Seen, int]]:
        """What each row's counts say beyond those of the relatives that already speak, and where."""
        if not speakers:
            return {}
        cells, rows = judged.cells, np.array(list(speakers), np.int64)
        begins = np.cumsum([0, *map(len, speakers.values())])
        every = np.concatenate(list(speakers.values()))
        above = np.array([kinship.above(other, row) for row, held in speakers.items() for other in held])
        observed, expected = beyond(cells.observed, cells.expected, rows, (every, above, begins))
        left = Cells(
            cells.areas[rows],
            cells.indicators,
            observed,
            expected,
            cells.inverse_size[rows],
            cells.known,
            cells.gauged and cells.gauged.at(rows),  # a gauge is nobody else's
            tuple(cells.around[row] for row in rows.tolist()) if cells.around else (),
        )
        less = self._composite.judge(left.areas, judged.signature, left)
        seen = self._seen(less)
        return {row: (seen, n) for n, row in enumerate(speakers)}

    def _seen(self, judged: Judged) -> _Seen:
        cells = judged.cells
        calls = calls_behind(judged.nats, cells.observed)
        if cells.gauged is not None:
            calls = calls + readings_behind(cells.gauged)
        return _Seen(
            judged,
            self._registry.signatures[judged.signature].id,
            [self._tree.codes[area] for area in cells.areas.tolist()],
            judged.likelihood.tolist(),
            self._impact.of(judged).tolist(),
            strongest_window(judged.nats)[0].tolist(),
            list(map(tuple, calls.tolist())),
            cells.around,
        )

    def _assessment(self, seen: _Seen, row: int, by: str | None = None) -> Assessment:
        window, calls = seen.windows[row], seen.calls[row]
        return Assessment(
            seen.codes[row],
            seen.signature,
            seen.likelihoods[row],
            seen.impacts[row],
            calls[window],
            lambda: contributions(seen.judged, row, self._volume, self._registry),
            by,
            window,
            calls,
            tuple(self._tree.codes[near] for near in seen.around[row]) if seen.around else (),
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was judged, as plain values, one for each area.

    Its code, likelihood and impact, the window with most evidence, and the calls of every window with
    the readings beyond their gauge's past; `around` as of `Cells`.
    """

    judged: Judged
    signature: str
    codes: list[str]
    likelihoods: list[float]
    impacts: list[float]
    windows: list[int]
    calls: list[tuple[int, ...]]
    around: tuple[tuple[int, ...], ...]


def _notable(rule: Notable, likelihood: float, impact: float) -> bool:
    return rule.notable(likelihood, impact)
