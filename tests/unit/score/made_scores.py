"""Hand-made counts over a small tree, weighed plainly: evidence is the log-likelihood ratio itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from riskwatch.core.scores import Cells, Features, FloatArray, Weighed
from riskwatch.extract.tails import log_likelihood_ratio, tail_probability
from riskwatch.score.composite import Composite
from riskwatch.score.credence import Prior
from riskwatch.testing.made import made_registry, made_tree

TREE = made_tree(levels=3, children=2)
REGISTRY = made_registry(signatures=2, indicators_each=2)
WINDOWS_H = (1, 6)


class Volume:
    """`counts` [areas, indicators, windows]; what is usual is the same number in each window's hour."""

    windows_h = WINDOWS_H
    names = tuple(f"s{s}.{c}" for s in range(2) for c in ("surprise_1h", "surprise_6h", "size"))

    def __init__(self, counts: FloatArray, usual: FloatArray) -> None:
        self.counts, self.usual = counts, usual

    def cells(self, areas: np.ndarray, signature: int) -> Cells:
        mine = np.array([2 * signature, 2 * signature + 1])
        return Cells(
            areas,
            mine,
            self.counts[areas[:, None], mine].astype(float),
            self.usual[areas[:, None], mine].astype(float),
            np.full((len(areas), 2, 2), 0.01),
            np.ones(2, dtype=bool),
        )

    def weigh(self, signature: int, cells: Cells) -> Weighed:
        nats = log_likelihood_ratio(cells.observed, cells.expected, cells.inverse_size)
        return Weighed(nats, np.hstack([nats.sum(axis=1), np.full((len(nats), 1), 0.5)]))

    def read(self) -> Features:
        everywhere = np.arange(len(TREE))
        rows = [self.weigh(s, self.cells(everywhere, s)).rows for s in range(2)]
        return Features(0, everywhere.astype(np.int32), self.names, np.hstack(rows))

    def places(self) -> int:
        return len(TREE) * len(REGISTRY.signatures)

    def tail(self, cells: Cells, row: int) -> FloatArray:
        return tail_probability(cells.observed[row], cells.expected[row], cells.inverse_size[row])

    def first_instant(self, areas: Sequence[int], indicators: Sequence[int], window: int) -> int | None:
        return 1_000 * min(areas) + window

    def daily_rate(self, areas: Sequence[int], indicators: Sequence[int]) -> float:
        return float(self.usual[np.ix_(areas, indicators)][..., 0].sum() * 24)


class Linear:
    """Half a unit of log-odds a nat, above a base."""

    def __init__(self, base: float = -5.0, slope: float = 0.5) -> None:
        self.base, self.slope = base, slope

    def log_odds(self, rows: FloatArray) -> FloatArray:
        return self.base + self.terms(rows).sum(axis=1)

    def terms(self, rows: FloatArray) -> FloatArray:
        return self.slope * np.minimum(rows[:, :-1], 20.0)


def volume(calls: Mapping[str, Mapping[str, int]], per_town: float = 0.5) -> Volume:
    """Calls of the last hour by town and indicator on top of the usual, rolled up the tree."""
    counts = np.zeros((len(TREE), len(REGISTRY), 2))
    usual = np.zeros_like(counts)
    for code in TREE.codes:
        if TREE.below(code) != (code,):
            continue
        for up in TREE.line(code):
            usual[TREE.index[up]] += per_town * np.array([1, 6])
            for indicator, n in calls.get(code, {}).items():
                counts[TREE.index[up], REGISTRY.index[indicator]] += n
    return Volume(counts, usual)


def composite(made: Volume, prior: Prior | None = None) -> Composite:
    return Composite({"one": (1.0, Linear()), "two": (3.0, Linear(-4.0, 0.4))}, made, prior)
