"""Weak signs of several domains added up: a trial statistic, held beside the engine by `compound.py`.

Not part of the engine: `compound.md` says what it reaches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import DOMAINS, IndicatorRegistry
from riskwatch.extract.evidence import nats_of

FloatArray = NDArray[np.float64]
WINDOWS_H = (12, 24, 72)
FLOOR, CAP = 1.7, 6.0  # nats of a domain: what it must exceed to speak, and the most it can add
PRIOR = 50.0  # looks that the nominal tail exp(-x) is worth
STRATA = np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0])  # expected counts a day
BIN, BINS = 0.25, 160  # nats


class Rarity:
    """Minus the log of how often as much was seen before, per kind and rate stratum; learns as it goes."""

    def __init__(self, kinds: tuple[int, ...]) -> None:
        self._seen = np.zeros((*kinds, len(STRATA) + 1, BINS))
        self._prior = PRIOR * np.exp(-np.arange(BINS) * BIN)
        self._looks = 0
        self._read = self._tails()

    def _tails(self) -> FloatArray:
        over = np.flip(np.flip(self._seen, -1).cumsum(-1), -1)
        rarity: FloatArray = -np.log((over + self._prior) / (over[..., :1] + PRIOR))
        return rarity

    def look(self, evidence: FloatArray, daily_rate: FloatArray) -> FloatArray:
        """[..., areas] rarity of evidence [..., areas] by what was seen up to the day before."""
        if self._looks % 24 == 0:
            self._read = self._tails()
        self._looks += 1
        place = np.minimum((evidence / BIN).astype(np.int64), BINS - 1)
        kinds = np.indices(evidence.shape)[:-1]
        at = (*kinds, np.broadcast_to(np.searchsorted(STRATA, daily_rate), evidence.shape), place)
        found: FloatArray = self._read[at]
        np.add.at(self._seen, at, 1.0)
        return found


class CrossDomain:
    """Per area the surprise that several domains run above the usual at once, none of them alone.

    A domain's evidence is that of its strongest signature (nats over clumps, none below one),
    made into nats of rarity by its own tail; what is over FLOOR counts, at most CAP, and only where
    at least two domains have some, so that no domain alone can make it. The sum over domains has
    a tail of its own by rate stratum, which is where the dependence of domains is known.
    """

    def __init__(self, tree: AreaTree, registry: IndicatorRegistry) -> None:
        self._tree = tree
        self._members = [
            (DOMAINS.index(s.domain), [registry.index[i] for i in s.indicators])
            for s in registry.signatures
        ]
        self._alone = Rarity((len(WINDOWS_H), len(DOMAINS)))
        self._together = Rarity((len(WINDOWS_H),))
        self.over: FloatArray = np.zeros(
            (len(WINDOWS_H), len(DOMAINS), len(tree))
        )  # what each domain added

    def look(self, nats: FloatArray, daily_rate: FloatArray) -> FloatArray:
        """[areas] surprise of nats [areas, indicators, windows]; 0 for relatives of a stronger one."""
        evidence = np.zeros((len(WINDOWS_H), len(DOMAINS), nats.shape[0]))
        rate = np.zeros((len(DOMAINS), nats.shape[0]))
        for domain, mine in self._members:
            evidence[:, domain] = np.maximum(evidence[:, domain], nats[:, mine].sum(axis=1).T)
            rate[domain] += daily_rate[:, mine].sum(axis=1)
        self.over = over = np.clip(self._alone.look(evidence, rate) - FLOOR, 0.0, CAP)
        total = np.where((over > 0).sum(axis=1) >= 2, over.sum(axis=1), 0.0)
        return self._strongest(self._together.look(total, rate.sum(axis=0)).mean(axis=0))

    def _strongest(self, surprise: FloatArray) -> FloatArray:
        """Only the strongest of each line of the tree keeps its own."""
        kept, paths = surprise.copy(), self._tree.paths
        for area in np.argsort(-surprise, kind="stable"):
            if kept[area] > 0:
                relatives = (paths == area).any(axis=1)
                relatives[paths[area][paths[area] >= 0]] = True
                relatives[area] = False
                kept[relatives] = 0.0
        return kept


def nats_now(volume, windows: list[int]) -> tuple[FloatArray, FloatArray]:
    """Evidence [areas, indicators, windows] of the latest tick; usual daily counts [areas, indicators]."""
    expectation, n = volume.expectation, len(volume._known)
    observed = volume._sums()[:, :n, windows].astype(np.float64)
    expected = np.ascontiguousarray(np.moveaxis(expectation.expected()[windows][:, :, :n], 0, 2))
    inverse = np.stack([expectation.inverse_size(w)[:, :n] for w in windows], axis=2)
    nats = nats_of(observed, expected, inverse, volume._clumps.size, volume._known)
    return nats, expectation.rate[:, :n] * 24 * volume._per_hour
