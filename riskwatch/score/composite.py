"""The composite: members' log-odds joined into one likelihood per area and signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from riskwatch.core.scores import Cells, Evidential, Features, FloatArray, Member, rows_with
from riskwatch.score.credence import Prior, chance_looks, held_to_desk
from riskwatch.score.spoken_for import strongest_window


@dataclass(frozen=True, slots=True)
class Scores:
    """Likelihoods of one tick, as arrays of one length; what is not listed is at the base rate."""

    tick: int
    areas: NDArray[np.int64]
    signatures: NDArray[np.int64]
    likelihood: FloatArray


@dataclass(frozen=True)  # no slots: a cached property needs somewhere to keep its value
class Judged:
    """One signature in some areas, opened up: cells, their evidence, what each window adds.

    `nats` are [areas, indicators, windows], `likelihood` [areas]. `add_up` is called only if the
    terms are asked for.
    """

    signature: int
    cells: Cells
    nats: FloatArray
    likelihood: FloatArray
    add_up: Callable[[], FloatArray]

    @cached_property
    def terms(self) -> FloatArray:
        """[areas, windows] log-odds above the base rate."""
        return self.add_up()

    @property
    def strength(self) -> FloatArray:
        """[areas] the evidence of the window that has most, in nats."""
        return strongest_window(self.nats)[1]

    def log_odds(self, row: int) -> FloatArray:
        """[indicators, windows] what each cell of one area adds to the log-odds."""
        nats = self.nats[row]
        total = nats.sum(axis=0)
        share = np.divide(nats, total, out=np.zeros_like(nats), where=total > 0)
        added: FloatArray = share * self.terms[row]
        return added


class Composite:
    """Weighted mean of the members' log-odds; frozen, so a likelihood belongs to a version.

    With a `prior` they are held to the size of the desk (`riskwatch.score.credence`).
    """

    def __init__(
        self,
        members: Mapping[str, tuple[float, Member]],
        volume: Evidential,
        prior: Prior | None = None,
    ) -> None:
        self._members, self._prior = dict(members), prior
        self._weight = sum(weight for weight, _ in members.values())
        self._volume = volume
        self._width = len(volume.windows_h) + 1
        self._base = base_log_odds(self._members, self._width)

    def score(self, features: Features) -> Scores:
        """Likelihoods of every area and signature with any surprise."""
        signatures = len(features.names) // self._width
        rows = features.values.reshape(len(features.areas) * signatures, self._width)
        looked = rows_with(rows[:, :-1] > 0)
        at, signature = np.divmod(looked, signatures)
        likelihood = expit(self._log_odds(rows[looked])) if len(at) else np.empty(0)
        return Scores(features.tick, features.areas[at].astype(np.int64), signature, likelihood)

    def judge(self, areas: NDArray[np.int64], signature: int, cells: Cells | None = None) -> Judged:
        """One signature in these areas in full; with `cells`, as if those were its counts."""
        cells = cells or self._volume.cells(areas, signature)
        weighed = self._volume.weigh(signature, cells)
        likelihood = expit(self._log_odds(weighed.rows))
        return Judged(signature, cells, weighed.nats, likelihood, partial(self._terms, weighed.rows))

    def _terms(self, rows: FloatArray) -> FloatArray:
        terms = np.zeros((len(rows), self._width - 1))
        for weight, member in self._members.values():
            terms += weight / self._weight * member.terms(rows)
        if self._prior is None:
            return terms
        odds = joined_log_odds(self._members, rows)
        left = self._held(odds, rows) - self._base
        alone = odds - self._base
        return terms * np.divide(left, alone, out=np.ones_like(alone), where=alone > 0)[:, None]

    def _log_odds(self, rows: FloatArray) -> FloatArray:
        return self._held(joined_log_odds(self._members, rows), rows)

    def _held(self, odds: FloatArray, rows: FloatArray) -> FloatArray:
        return _held(odds, rows, self._base, (self._prior, self._volume.places()))


def duty_log_odds(
    members: Mapping[str, tuple[float, Member]], prior: Prior | None, places: int, rows: FloatArray
) -> FloatArray:
    """[n] log-odds as the engine states them on a desk of so many places (areas times signatures)."""
    base = base_log_odds(members, rows.shape[1])
    return _held(joined_log_odds(members, rows), rows, base, (prior, places))


def _held(odds: FloatArray, rows: FloatArray, base: float, desk: tuple[Prior | None, int]) -> FloatArray:
    prior, places = desk
    if prior is None or not len(rows):
        return odds
    return held_to_desk(odds, base, chance_looks(rows[:, :-1], places), (prior, places))


def base_log_odds(members: Mapping[str, tuple[float, Member]], width: int) -> float:
    """What is stated of a place where nothing shows."""
    return float(joined_log_odds(members, np.zeros((1, width)))[0])


def joined_log_odds(members: Mapping[str, tuple[float, Member]], rows: FloatArray) -> FloatArray:
    """[n] weighted mean of the members' log-odds for rows [n, windows + 1]."""
    joined = np.zeros(len(rows))
    for weight, member in members.values():
        joined += weight * member.log_odds(rows)
    total: FloatArray = joined / sum(weight for weight, _ in members.values())
    return total
