"""How far each group stands from the rest, and how far chance alone would take the farthest.

The gate asks it once for each measure. A group's rate is held against the pooled rate of all other
groups; the variance knows that what happens in one block hangs together; the largest |z| is held
against the largest |z| of tables drawn where all groups are alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]

POWER = 0.8
WORSE_SHARE = 0.8
"""Of the level, what is spent on finding a group served worse; the rest on one served better."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How often a measure may fail without a difference, and how its null is drawn."""

    level: float
    seed: int
    draws: int = 1_000


@dataclass(frozen=True, slots=True)
class Deviation:
    """Groups against the rest: all arrays are [groups].

    `gap` is the group's rate minus the rest's (times the sign that makes below zero worse), `z` the
    gap in standard errors. By chance alone, in tables without any difference, the lowest z of all
    groups falls below -`critical` in four fifths of the level, the highest above `critical_better` in
    the fifth left. `p` is the
    level at which the farthest group would just be found. `seen` is the smallest
    gap to the worse that would have been found with a chance of 0.8.
    """

    rate: FloatArray
    rest: FloatArray
    gap: FloatArray
    z: FloatArray
    critical: float
    critical_better: float
    p: float
    overdispersion: float
    seen: FloatArray

    @property
    def significant(self) -> NDArray[np.bool_]:
        """[groups] whose |z| is beyond what the largest of all would reach by chance."""
        return (self.z < -self.critical) | (self.z > self.critical_better)


def of_shares(part: FloatArray, whole: FloatArray, chance: Chance) -> Deviation:
    """Shares `part` / `whole` [groups, blocks], where more is better: detected of incidents.

    The null draws beta-binomial counts at the pooled share, with the correlation within a cell that
    the table shows; cells that hold nothing say nothing.
    """
    share = part.sum() / whole.sum()
    phi, within = _binomial_spread(part, whole)
    drawn = _beta_binomial(whole, float(share), within, chance)
    gap, z, error = _share_z(part[None], whole, phi)
    null_phi = _binomial_spread(drawn, whole)[0]
    null = _share_z(drawn, whole, null_phi)[1]
    total = whole.sum(axis=1)
    rest = (part.sum() - part.sum(axis=1)) / (whole.sum() - total)
    rate = part.sum(axis=1) / total
    found = _deviation(rate, rest, gap[0], z[0], (error[0], null, chance.level, float(phi)))
    return replace(
        found, seen=_seen_share(found, error[0], float((part.sum() + 0.5) / (whole.sum() + 1.0)))
    )


def _seen_share(found: Deviation, error: FloatArray, share: float) -> FloatArray:
    """The smallest gap in sight, at the largest variance that a share within that gap can have.

    A share of 0 or 1 has next to none of its own, and would promise to see everything.
    """
    reach = (found.critical + NormalDist().inv_cdf(POWER)) * error
    known = share * (1 - share)
    # |z| of the null at an edge is nil too: no smaller bound than the normal one
    floor = NormalDist().inv_cdf(1 - 0.05 / 2) + NormalDist().inv_cdf(POWER)
    reach = np.maximum(reach, floor * error)
    seen = reach.copy()
    for _ in range(20):
        near = np.clip(0.5, np.maximum(share - seen, 0.0), np.minimum(share + seen, 1.0))
        seen = reach * np.sqrt(np.maximum(near * (1 - near) / known, 1.0))
        seen = np.minimum(seen, 1.0)
    return seen


def of_burdens(count: FloatArray, exposure: FloatArray, chance: Chance) -> Deviation:
    """Counts an exposure [groups, blocks], where more is worse: false alerts an area-month.

    `rate`, `rest` and `seen` are in counts a unit of exposure; `gap` is the rest's rate minus the
    group's. The null draws gamma-Poisson counts at the pooled rate.
    """
    rate = count.sum() / exposure.sum()
    phi, within = _poisson_spread(count, exposure)
    drawn = _gamma_poisson(rate * exposure, within, chance)
    gap, z, error = _burden_z(count[None], exposure, phi)
    null_phi = _poisson_spread(drawn, exposure)[0]
    null = _burden_z(drawn, exposure, null_phi)[1]
    total = exposure.sum(axis=1)
    rest = (count.sum() - count.sum(axis=1)) / (exposure.sum() - total)
    return _deviation(
        count.sum(axis=1) / total, rest, gap[0], z[0], (error[0], null, chance.level, float(phi))
    )


def of_changes(change: FloatArray, size: FloatArray, chance: Chance) -> Deviation:
    """Change per unit of `size` [groups, blocks] between two versions on the same blocks; below 0 is worse.

    The null turns the sign of whole blocks, all groups alike, which leaves untouched how groups and
    rows of a block hang together. Exact where the two versions could have been swapped.
    """
    spread = np.sqrt((change**2).sum(axis=1))
    z = np.divide(change.sum(axis=1), spread, out=np.zeros(len(spread)), where=spread > 0)
    signs = np.random.default_rng(chance.seed).choice([-1.0, 1.0], (chance.draws, change.shape[1]))
    sums = signs @ change.T
    null = np.divide(sums, spread, out=np.zeros_like(sums), where=spread > 0)
    total = size.sum(axis=1)
    gap, zero = change.sum(axis=1) / total, np.zeros(len(total))
    return _deviation(gap, zero, gap, z, (spread / total, null, chance.level, 1.0))


def _deviation(
    rate: FloatArray,
    rest: FloatArray,
    gap: FloatArray,
    z: FloatArray,
    against: tuple[FloatArray, FloatArray, float, float],
) -> Deviation:
    error, null, level, phi = against
    lowest, highest = null.min(axis=1), null.max(axis=1)
    critical = -float(np.quantile(lowest, WORSE_SHARE * level))
    better = float(np.quantile(highest, 1.0 - (1.0 - WORSE_SHARE) * level))
    # how far into its own side's share of the level: at most `level` is where a side is significant
    below = (1 + (lowest <= z.min() + 1e-9).sum()) / (1 + len(null)) / WORSE_SHARE
    above = (1 + (highest >= z.max() - 1e-9).sum()) / (1 + len(null)) / (1.0 - WORSE_SHARE)
    p = float(min(below, above, 1.0))
    seen = (critical + NormalDist().inv_cdf(POWER)) * error
    return Deviation(rate, rest, gap, z, critical, better, p, phi, seen)


def _share_z(part: FloatArray, whole: FloatArray, phi: FloatArray) -> tuple[FloatArray, ...]:
    """Gap, z and standard error [..., groups] of shares [..., groups, blocks] against the rest."""
    mine, total = part.sum(axis=-1), whole.sum(axis=-1)
    all_mine, all_total = mine.sum(axis=-1, keepdims=True), total.sum()
    rest_total = all_total - total
    gap = mine / total - (all_mine - mine) / rest_total
    # at the edges 0 and 1 a plain variance is nil; half an event each way keeps it honest
    share = (all_mine + 0.5) / (all_total + 1.0)
    variance = np.asarray(phi)[..., None] * share * (1 - share) * (1 / total + 1 / rest_total)
    error = np.sqrt(variance)
    return gap, gap / error, error


def _burden_z(count: FloatArray, exposure: FloatArray, phi: FloatArray) -> tuple[FloatArray, ...]:
    """Gap (rest minus group), z and standard error [..., groups] of counts an exposure."""
    mine, total = count.sum(axis=-1), exposure.sum(axis=-1)
    all_mine, all_total = mine.sum(axis=-1, keepdims=True), total.sum()
    rest_total = all_total - total
    gap = (all_mine - mine) / rest_total - mine / total
    rate = (all_mine + 0.5) / all_total
    variance = np.asarray(phi)[..., None] * rate * (1 / total + 1 / rest_total)
    error = np.sqrt(variance)
    return gap, gap / error, error


def _binomial_spread(part: FloatArray, whole: FloatArray) -> tuple[FloatArray, float]:
    """Overdispersion of group totals [...], at least 1, and the correlation within a cell (of the first).

    Squared deviations of each cell from its own group's share, so that a group that really differs
    does not count as noise, corrected for the share's being estimated from the same cells.
    """
    total = whole.sum(axis=-1, keepdims=True)
    share = part.sum(axis=-1, keepdims=True) / total
    weight = whole / total
    left = np.maximum(1 - weight, 1e-9)
    square = np.where(weight < 1, (part - share * whole) ** 2 / left, 0.0)
    usual = np.where(weight < 1, whole * share * (1 - share), 0.0)
    observed, expected = square.sum(axis=(-2, -1)), usual.sum(axis=(-2, -1))
    ratio = np.divide(observed, expected, out=np.ones_like(observed), where=expected > 0)
    phi = np.maximum(ratio, 1.0)
    pairs = (whole**2).sum() / whole.sum() - 1.0
    within = float(np.clip((np.ravel(phi)[0] - 1) / pairs, 0.0, 0.95)) if pairs > 0 else 0.0
    return phi, within


def _poisson_spread(count: FloatArray, exposure: FloatArray) -> tuple[FloatArray, float]:
    """Overdispersion of group totals [...], at least 1, and the squared cv of a cell (of the first)."""
    total = exposure.sum(axis=-1, keepdims=True)
    rate = count.sum(axis=-1, keepdims=True) / total
    weight = exposure / total
    left = np.maximum(1 - weight, 1e-9)
    square = np.where(weight < 1, (count - rate * exposure) ** 2 / left, 0.0)
    usual = np.where(weight < 1, rate * exposure, 0.0)
    observed, expected = square.sum(axis=(-2, -1)), usual.sum(axis=(-2, -1))
    ratio = np.divide(observed, expected, out=np.ones_like(observed), where=expected > 0)
    phi = np.maximum(ratio, 1.0)
    mean = np.ravel(count.sum() / exposure.sum())[0] * exposure
    per_cell = (mean**2).sum() / mean.sum() if mean.sum() > 0 else 0.0
    within = float((np.ravel(phi)[0] - 1) / per_cell) if per_cell > 0 else 0.0
    return phi, within


def _beta_binomial(whole: FloatArray, share: float, within: float, chance: Chance) -> FloatArray:
    """[draws, groups, blocks] counts at one share, correlated within a cell."""

    def law(n: float) -> FloatArray:
        k = np.arange(int(n) + 1)
        if within <= 0 or share in (0.0, 1.0):
            return np.asarray(stats.binom.cdf(k, n, share))
        scale = 1 / within - 1
        return np.asarray(stats.betabinom.cdf(k, n, share * scale, (1 - share) * scale))

    return _by_law(whole, law, chance)


def _gamma_poisson(mean: FloatArray, within: float, chance: Chance) -> FloatArray:
    """[draws, groups, blocks] counts of these means, whose rate varies with a squared cv of `within`."""

    def law(m: float) -> FloatArray:
        of = stats.nbinom(1 / within, 1 / (1 + m * within)) if within > 0 else stats.poisson(m)
        return np.asarray(of.cdf(np.arange(int(of.isf(1e-9)) + 2)))

    return _by_law(mean, law, chance)


def _by_law(cells: FloatArray, law: Callable[[float], FloatArray], chance: Chance) -> FloatArray:
    """Draws by the inverse of each cell's distribution; cells of one number share its table."""
    rng = np.random.default_rng(chance.seed)
    u = rng.random((chance.draws, *cells.shape))
    drawn = np.zeros(u.shape)
    for number in np.unique(cells):
        if number > 0:
            here = cells == number
            drawn[:, here] = np.searchsorted(law(float(number))[:-1], u[:, here])
    return drawn
