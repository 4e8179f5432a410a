"""The composite: members' log-odds joined into one likelihood per area and signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from riskwatch.core.scores import Cells, Evidential, Features, FloatArray, Member


@dataclass(frozen=True, slots=True)
class Scores:
    """Likelihoods of one tick, as arrays of one length; what is not listed is at the base rate."""

    tick: int
    areas: NDArray[np.int64]
    signatures: NDArray[np.int64]
    likelihood: FloatArray


@dataclass(frozen=True, slots=True)
class Judged:
    """One area's signature, opened up: its cells, their evidence and what each adds to the log-odds."""

    area: int
    signature: int
    cells: Cells
    nats: FloatArray  # [indicators, windows]
    log_odds: FloatArray  # [indicators, windows], adds up to the whole above the base rate
    likelihood: float


class Composite:
    """Weighted mean of the members' log-odds; frozen, so a likelihood belongs to a version."""

    def __init__(self, members: Mapping[str, tuple[float, Member]], volume: Evidential) -> None:
        self._members = tuple(members.values())
        self._weight = sum(weight for weight, _ in self._members)
        self._volume = volume
        self._width = len(volume.windows_h) + 1

    def score(self, features: Features) -> Scores:
        """Likelihoods of every area and signature with any surprise."""
        rows = features.values.reshape(len(features.areas), len(features.names) // self._width, self._width)
        at, signature = np.nonzero((rows[:, :, :-1] > 0).any(axis=2))
        likelihood = expit(self._log_odds(rows[at, signature])) if len(at) else np.empty(0)
        return Scores(
            features.tick, features.areas[at].astype(np.int64), signature.astype(np.int64), likelihood
        )

    def judge(self, area: int, signature: int, cells: Cells | None = None) -> Judged:
        """One area's signature in full; with `cells`, as if those were its counts."""
        cells = cells or self._volume.cells(area, signature)
        weighed = self._volume.weigh(area, signature, cells)
        row = weighed.row[None]
        terms = sum(weight * member.terms(row)[0] for weight, member in self._members) / self._weight
        total = weighed.nats.sum(axis=0)
        share = np.divide(weighed.nats, total, out=np.zeros_like(weighed.nats), where=total > 0)
        return Judged(
            area, signature, cells, weighed.nats, share * terms, float(expit(self._log_odds(row)[0]))
        )

    def _log_odds(self, rows: FloatArray) -> FloatArray:
        joined = np.zeros(len(rows))
        for weight, member in self._members:
            joined += weight * member.log_odds(rows)
        return joined / self._weight
