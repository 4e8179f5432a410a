"""Outbreak odds: weekly counts of many series, and the odds that an outbreak is going on in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp, ndtr

FloatArray = NDArray[np.float64]

WEEKS_A_YEAR = 52
HARMONICS = 2


LARGEST = 10  # of the sizes that are thought of, in standard deviations of a week's count
REFIT_WEEKS, KEPT_WEEKS = 6, 12 * WEEKS_A_YEAR


class OutbreakOdds:
    """Log-odds of an outbreak per series, held against a seasonal expectation of its own past.

    Each series has a log-linear mean (level, trend, yearly harmonics; the latter two shrunk towards
    none by a normal prior) and a variance of phi times the mean, fitted by penalised quasi-likelihood
    on every week so far, again every six weeks; weeks that stand out (Anscombe residual above
    `cut`) weigh less, so that an outbreak does not raise its own baseline (Noufaily et al. 2013).
    The score of a week is a mixture, over when an outbreak began and how large it is, of likelihood
    ratios of the last weeks' counts (negative binomial by moments) against no outbreak. All series
    are fitted and scored at once, as arrays. Before it is warm every score is -inf.

    >>> model = OutbreakOdds(2)
    >>> rng = np.random.default_rng(1)
    >>> for _ in range(156):
    ...     model.update(rng.poisson(4.0, 2))
    >>> model.update(np.array([4, 19]))
    >>> bool(model.read()[0] < 2 < 8 < model.read()[1])
    True
    """

    def __init__(
        self,
        series: int,
        *,
        onset_weights: tuple[float, ...] = (0.4, 1.0, 0.3),
        lag_sd: float = 0.5,
        prior_precision: float = 10.0,
        cut: float = 3.0,
        warm_weeks: int = 2 * WEEKS_A_YEAR,
    ) -> None:
        self._weights = onset_weights
        upto = ndtr(np.log(np.arange(1, len(onset_weights) + 1)) / lag_sd)
        self._lags: FloatArray = np.diff(np.r_[0.0, upto])  # part of the cases in each week since the start
        self._precision, self._cut, self._warm = prior_precision, cut, warm_weeks
        self._counts = np.zeros((series, 0))
        self._weeks = 0  # seen in all; the kept ones are the last of them
        self._coef = np.zeros((series, 2 + 2 * HARMONICS))
        self._phi = np.ones(series)
        self._fitted = 0

    def update(self, counts: NDArray[Any]) -> None:
        """Take in the next week's counts [series]; the fit that judges them has not seen them."""
        if self._weeks >= self._warm and (not self._fitted or self._weeks - self._fitted >= REFIT_WEEKS):
            self._fit()
        self._counts = np.hstack([self._counts[:, -KEPT_WEEKS + 1 :], np.asarray(counts, float)[:, None]])
        self._weeks += 1

    def catch_up(self, counts: NDArray[Any]) -> None:
        """Take in weeks [series, weeks] at once; as `update` week by week, without the fits in between."""
        self._counts = np.hstack([self._counts, np.asarray(counts, float)])[:, -KEPT_WEEKS:]
        self._weeks += counts.shape[1]

    def read(self, groups: Sequence[Sequence[int]] | None = None) -> FloatArray:
        """[series] log-odds as of the last week, or [groups] of an outbreak shared by each group.

        A shared outbreak brings each series of the group an equal part of its cases, so that a
        little in each of several neighbours adds up; its size is in spreads of one series.
        """
        n = len(self._counts) if groups is None else len(groups)
        if not self._fitted:
            return np.full(n, -np.inf)
        members = [np.array([i]) for i in range(n)] if groups is None else [np.array(g) for g in groups]
        if len({len(m) for m in members}) > 1:
            return np.concatenate([self._odds(m[None]) for m in members])
        return self._odds(np.stack(members))

    def expected(self) -> tuple[FloatArray, FloatArray]:
        """([series] mean of the last week, [series] phi: variance over mean)."""
        mean: FloatArray = self._mean(1)[:, 0]
        return mean, self._phi

    def _odds(self, members: NDArray[np.int64]) -> FloatArray:
        """[groups] of members [groups, k]."""
        lags, weights = self._lags, self._weights
        depth, k = len(lags), members.shape[1]
        counts = self._counts[:, -depth:][members]  # [groups, k, depth]
        mean = self._mean(depth)[members]
        phi = self._phi[members][:, :, None]
        usual = _log_nb(counts, mean, phi * mean)
        spread = np.sqrt(phi * mean).mean(axis=1)  # [groups, depth]
        found = []
        for began, weight in enumerate(weights):
            at = depth - 1 - began
            rest = 1.0 - lags[:began].sum()  # of its cases still to come at the last week
            for size in range(1, LARGEST + 1):
                cases = size * spread[:, at]
                extra = cases[:, None] / k * lags[: began + 1]
                more = mean[:, :, at:] + extra[:, None, :]
                ratio = _log_nb(counts[:, :, at:], more, phi * mean[:, :, at:] + extra[:, None, :])
                going_on = -np.expm1(-cases * rest)
                found.append(
                    (ratio - usual[:, :, at:]).sum(axis=(1, 2)) + np.log(weight * going_on + 1e-300)
                )
        odds: FloatArray = logsumexp(np.stack(found), axis=0) - np.log(LARGEST * sum(weights))
        return odds

    def _design(self, weeks: int) -> FloatArray:
        """[weeks, terms] of the last weeks."""
        week = np.arange(self._weeks - weeks, self._weeks)
        terms = [np.ones(weeks), (week - self._weeks / 2) / (2 * WEEKS_A_YEAR)]
        for j in range(1, HARMONICS + 1):
            angle = 2 * np.pi * j * week / WEEKS_A_YEAR
            terms += [np.cos(angle), np.sin(angle)]
        return np.stack(terms, axis=1)

    def _mean(self, weeks: int) -> FloatArray:
        """[series, weeks] expected counts of the last weeks by the present fit."""
        week = np.arange(self._weeks - weeks, self._weeks)
        design = self._design(weeks)
        design[:, 1] = (week - self._fitted / 2) / (2 * WEEKS_A_YEAR)  # as it was when fitted
        mean: FloatArray = np.exp(np.clip(self._coef @ design.T, -8.0, 12.0))
        return mean

    def _fit(self, rounds: int = 8) -> None:
        """Penalised quasi-likelihood by reweighted least squares, every series at once."""
        counts = self._counts
        design = self._design(counts.shape[1])
        terms = design.shape[1]
        penalty = np.diag(np.r_[0.0, np.full(terms - 1, self._precision)] + 1e-6)
        coef = np.zeros((len(counts), terms))
        coef[:, 0] = np.log(np.maximum(counts.mean(axis=1), 0.02))
        weight, phi = np.ones_like(counts), np.ones(len(counts))
        for n in range(rounds):
            log_mean = np.clip(coef @ design.T, -8.0, 12.0)
            mean = np.exp(log_mean)
            held = weight * mean / phi[:, None]
            normal = np.einsum("nt,tp,tq->npq", held, design, design, optimize=True) + penalty
            target = (held * (log_mean + (counts - mean) / mean)) @ design
            coef = np.linalg.solve(normal, target[:, :, None])[:, :, 0]
            mean = np.exp(np.clip(coef @ design.T, -8.0, 12.0))
            pearson = (weight * (counts - mean) ** 2 / mean).sum(axis=1)
            phi = np.maximum(pearson / np.maximum(weight.sum(axis=1) - terms, 1.0), 1.02)
            if n:  # the first round has nothing to hold a week against
                anscombe = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
                beyond = anscombe / np.sqrt(phi)[:, None] - self._cut
                weight = np.where(beyond > 0, 1.0 / np.maximum(beyond + 1.0, 1.0) ** 2, 1.0)
        self._coef, self._phi, self._fitted = coef, phi, self._weeks

    def state(self) -> dict[str, Any]:
        """The kept counts and the present fit."""
        return {
            "counts": self._counts,
            "weeks": self._weeks,
            "coef": self._coef,
            "phi": self._phi,
            "fitted": self._fitted,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._counts = np.array(state["counts"], float)
        self._weeks, self._fitted = int(state["weeks"]), int(state["fitted"])
        self._coef, self._phi = np.array(state["coef"], float), np.array(state["phi"], float)


def _log_nb(count: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Log-probability of counts under a negative binomial of this mean and variance (> mean)."""
    size = mean**2 / np.maximum(variance - mean, 1e-3 * mean)
    log: FloatArray = (
        gammaln(count + size)
        - gammaln(size)
        - gammaln(count + 1.0)
        + size * np.log(size / (size + mean))
        + count * np.log(mean / (size + mean))
    )
    return log
