"""How far each group stands from the rest, and how far chance alone would take the farthest.

The gate asks it once for each measure. A group's rate is held against the pooled rate of all other
groups; the variance knows that what happens in one block hangs together; the largest |z| is held
against the largest |z| of tables drawn where all groups are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_NULL_DRAWS = 2_000
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Deviation:
    """Groups against the rest: all arrays are [groups].

    `gap` is the group's rate minus the rest's (times the sign that makes below zero worse), `z` the
    gap in standard errors, `critical` what the largest |z| exceeds by chance in a share `level` of
    tables without any difference; `p` of the largest. `seen` is the smallest gap that would have
    been found with a chance of 0.8.
    """

    rate: FloatArray
    rest: FloatArray
    gap: FloatArray
    z: FloatArray
    critical: float
    p: float
    overdispersion: float
    seen: FloatArray

    @property
    def significant(self) -> NDArray[np.bool_]:
        """[groups] whose |z| is beyond what the largest of all would reach by chance."""
        return np.abs(self.z) > self.critical


def of_shares(part: FloatArray, whole: FloatArray, *, level: float, seed: int) -> Deviation:
    """Shares `part` / `whole` [groups, blocks], where more is better: detected of incidents.

    The null draws beta-binomial counts at the pooled share, with the correlation within a cell that
    the table shows; cells that hold nothing say nothing.
    """
    share = part.sum() / whole.sum()
    phi, within = _binomial_spread(part, whole)
    drawn = _beta_binomial(whole, share, within, np.random.default_rng(seed))
    gap, z, error = _share_z(part[None], whole, phi)
    null_phi = _binomial_spread(drawn, whole)[0]
    null = np.abs(_share_z(drawn, whole, null_phi)[1]).max(axis=1)
    total = whole.sum(axis=1)
    rest = (part.sum() - part.sum(axis=1)) / (whole.sum() - total)
    rate = part.sum(axis=1) / total
    found = _deviation(rate, rest, gap[0], z[0], (error[0], null, level, float(phi)))
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


def of_burdens(count: FloatArray, exposure: FloatArray, *, level: float, seed: int) -> Deviation:
    """Counts an exposure [groups, blocks], where more is worse: false alerts an area-month.

    `rate`, `rest` and `seen` are in counts a unit of exposure; `gap` is the rest's rate minus the
    group's. The null draws gamma-Poisson counts at the pooled rate.
    """
    rate = count.sum() / exposure.sum()
    phi, within = _poisson_spread(count, exposure)
    rng = np.random.default_rng(seed)
    mean = rate * exposure
    severity = (
        rng.gamma(1 / within, within, (_NULL_DRAWS, *mean.shape)) if within > 0 else np.ones((1, 1, 1))
    )
    drawn = rng.poisson(mean * severity, (_NULL_DRAWS, *mean.shape)).astype(np.float64)
    gap, z, error = _burden_z(count[None], exposure, phi)
    null_phi = _poisson_spread(drawn, exposure)[0]
    null = np.abs(_burden_z(drawn, exposure, null_phi)[1]).max(axis=1)
    total = exposure.sum(axis=1)
    rest = (count.sum() - count.sum(axis=1)) / (exposure.sum() - total)
    return _deviation(count.sum(axis=1) / total, rest, gap[0], z[0], (error[0], null, level, float(phi)))


def of_changes(change: FloatArray, size: FloatArray, *, level: float, seed: int) -> Deviation:
    """Change per unit of `size` [groups, blocks] between two versions on the same blocks; below 0 is worse.

    The null turns the sign of whole blocks, all groups alike, which leaves untouched how groups and
    rows of a block hang together. Exact where the two versions could have been swapped.
    """
    spread = np.sqrt((change**2).sum(axis=1))
    z = np.divide(change.sum(axis=1), spread, out=np.zeros(len(spread)), where=spread > 0)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (_NULL_DRAWS, change.shape[1]))
    sums = signs @ change.T
    null = np.abs(np.divide(sums, spread, out=np.zeros_like(sums), where=spread > 0)).max(axis=1)
    total = size.sum(axis=1)
    gap, zero = change.sum(axis=1) / total, np.zeros(len(total))
    return _deviation(gap, zero, gap, z, (spread / total, null, level, 1.0))


def _deviation(
    rate: FloatArray,
    rest: FloatArray,
    gap: FloatArray,
    z: FloatArray,
    against: tuple[FloatArray, FloatArray, float, float],
) -> Deviation:
    error, null, level, phi = against
    critical = float(np.quantile(null, 1.0 - level))
    p = float((1 + (null >= np.abs(z).max() - 1e-9).sum()) / (1 + len(null)))
    seen = (critical + NormalDist().inv_cdf(POWER)) * error
    return Deviation(rate, rest, gap, z, critical, p, phi, seen)


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


def _beta_binomial(whole: FloatArray, share: float, within: float, rng: np.random.Generator) -> FloatArray:
    """[draws, groups, blocks] counts at one share, correlated within a cell."""
    size = (_NULL_DRAWS, *whole.shape)
    n = whole.astype(np.int64)
    if within <= 0 or share in (0.0, 1.0):
        return rng.binomial(n, share, size).astype(np.float64)
    scale = 1 / within - 1
    chances = rng.beta(share * scale, (1 - share) * scale, size)
    return rng.binomial(n, chances).astype(np.float64)
