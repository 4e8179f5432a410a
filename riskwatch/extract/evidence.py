"""Evidence of all places at once: the loops that find where counts run above their expectation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_LOG = np.log(np.maximum(np.arange(256.0), 1.0))  # of counts; larger ones have no need of the second bound


@compiled
def nats_over(x: float, mean: float, inverse: float) -> float:
    """Nats that a negative-binomial count x runs above its mean; x > mean."""
    mu = max(mean, 1e-9)
    size = 1.0 / max(inverse, 1e-6)
    nats = x * math.log(x / mu) - (x + size) * (math.log1p(x / size) - math.log1p(mu / size))
    return max(nats, 0.0)


@compiled
def nats_each(observed: FloatArray, expected: FloatArray, inverse: FloatArray) -> FloatArray:
    """[n] the same of many counts; 0 where they do not run above their mean."""
    nats = np.zeros(len(observed))
    for i in range(len(observed)):
        if observed[i] > expected[i]:
            nats[i] = nats_over(observed[i], expected[i], inverse[i])
    return nats


@compiled
def nats_of(
    observed: FloatArray,
    expected: FloatArray,
    inverse: FloatArray,
    clump: FloatArray,
    known: NDArray[np.bool_],
) -> FloatArray:
    """Evidence of cells [areas, indicators, windows] as it counts: over its clump, none below the floor."""
    nats = np.zeros(observed.shape)
    for row in range(observed.shape[0]):
        for i in range(observed.shape[1]):
            if not known[i]:
                continue
            for w in range(observed.shape[2]):
                x, mean = observed[row, i, w], expected[row, i, w]
                if x > mean:
                    found = nats_over(x, mean, inverse[row, i, w]) / clump[i]
                    if found >= 1.0:
                        nats[row, i, w] = found
    return nats


@compiled
def surprise_of(
    evidence: FloatArray,
    signature: IntArray,
    stratum: IntArray,
    tail: tuple[FloatArray, FloatArray],
    threshold: float,
) -> FloatArray:
    """[n, windows] rarity + (evidence - threshold) / mean excess over the threshold, 0 up to it."""
    rarity, mean_excess = tail
    surprise = np.zeros(evidence.shape)
    for n in range(evidence.shape[0]):
        for w in range(evidence.shape[1]):
            beyond = evidence[n, w] - threshold
            if beyond > 0.0:
                at = (signature[n], w, stratum[n])
                surprise[n, w] = rarity[at] + beyond / mean_excess[at]
    return surprise


@compiled
def _counted(x: float, mean: float, inverse: float, clump: float) -> float:
    """The evidence of a count as it counts: over its clump, 0 below a nat."""
    nats = nats_over(x, mean, inverse) / clump if x > mean else 0.0
    return nats if nats >= 1.0 else 0.0


@compiled
def _largest(values: FloatArray) -> float:
    """The largest of values >= 0; numpy's own takes longer to compile than to write."""
    most = 0.0
    for i in range(len(values)):
        most = max(most, values[i])
    return most


@compiled
def _sum(values: FloatArray, begin: int, end: int) -> float:
    """Of some values, one after the other."""
    total = 0.0
    for i in range(begin, end):
        total += values[i]
    return total


@compiled
def _logarithms(values: FloatArray) -> FloatArray:
    """[n, m] logarithms, those of 0 very low."""
    logs = np.empty(values.shape)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            logs[i, j] = math.log(max(values[i, j], 1e-300))
    return logs


@compiled
def _by_window(values: FloatArray, column: IntArray) -> FloatArray:
    """[windows, known columns] of values [columns, windows]: so one loop runs over many columns."""
    turned = np.empty((values.shape[1], len(column)))
    for w in range(values.shape[1]):
        for j in range(len(column)):
            turned[w, j] = values[column[j], w]
    return turned


@compiled
def _look(
    looked: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    of_area: tuple[NDArray[np.int32], FloatArray, FloatArray],
    column: IntArray,
    held_to: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Bound the evidence of an area's known columns by the first of the bounds.

    `looked` is room for bounds and counts [windows, known columns], the largest bound of each column,
    its rate and its level's inverse size. `of_area` are the area's counts [columns, windows], rates
    and inverse sizes; `held_to` the exposure and the process's inverse sizes [windows, known columns],
    and twice the clumps. A bound below a nat is 0. No branch: the processor takes several columns at once.
    """
    bounds, seen, largest, each, own = looked
    counts, rate, level = of_area
    opened, spread, twice = held_to
    for j in range(len(column)):
        c = column[j]
        largest[j], each[j], own[j] = 0.0, rate[c], level[c]
        for w in range(seen.shape[0]):
            seen[w, j] = counts[c, w]
    for w in range(seen.shape[0]):
        b, x, e, s = bounds[w], seen[w], opened[w], spread[w]
        for j in range(len(largest)):
            mu = max(each[j] * e[j], 1e-9)
            over = max(x[j] - mu, 0.0)
            bound = over * over / (twice[j] * (mu + mu * mu * max(s[j] + own[j], 1e-6)))
            b[j] = bound if bound >= 0.999998 else 0.0
            largest[j] = max(largest[j], b[j])


@compiled
def _exceeds(bounds: FloatArray, begin: int, end: int, threshold: float) -> bool:
    """Whether bounds [windows, columns] of these columns add up to a threshold in any window."""
    for w in range(bounds.shape[0]):
        total = 0.0
        for j in range(begin, end):
            total += bounds[w, j]
        if total > threshold:
            return True
    return False


@compiled
def _tighten(
    looked: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    begin: int,
    end: int,
    held_to: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Lower the bounds of some columns to what their counts were if they were Poisson.

    `held_to` are the exposure and its logarithm [windows, known columns], and twice the clumps.
    """
    bounds, seen, _, each, _ = looked
    opened, log_opened, twice = held_to
    for j in range(begin, end):
        log_each = math.log(each[j]) if each[j] > 0.0 else -1e3
        for w in range(bounds.shape[0]):
            x = int(seen[w, j])
            if bounds[w, j] > 0.0 and x < len(_LOG):
                over = x - max(each[j] * opened[w, j], 1e-9)
                poisson = x * (_LOG[x] - log_each - log_opened[w, j]) - over
                most = min(bounds[w, j], poisson / (0.5 * twice[j]) * 1.000001 + 1e-6)
                bounds[w, j] = most if most >= 0.999999 else 0.0


@compiled
def find(
    sums: NDArray[np.int32],
    usual: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    depth: NDArray[np.int32],
    clump: FloatArray,
    members: tuple[IntArray, IntArray],
    threshold: float,
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """(areas, signatures, evidence [n, windows], evidence times rate) where a window has over `threshold`.

    `sums` are [areas, columns, windows]; `usual` are rate [areas, columns], exposure [columns,
    windows], the process's inverse sizes [depths, columns, windows] and the level's [areas,
    columns]. `members` are the known columns, signature after signature, and where each begins.

    Evidence never exceeds (x - mu)**2 / (2 (mu + mu**2 * inverse)), since its second derivative
    in x falls, nor what it were if the count were Poisson, which takes one logarithm; the full one
    is taken only where the sum of these bounds reaches the threshold.
    """
    rate, exposure, process, level = usual
    column, begins = members
    areas, windows = sums.shape[0], sums.shape[2]
    signatures = len(begins) - 1
    room = areas * signatures  # memory that is not touched costs nothing
    at_area, at_signature = np.empty(room, np.int64), np.empty(room, np.int64)
    found, rated = np.empty((room, windows)), np.empty(room)
    n = 0
    evidence = np.zeros(windows)
    opened, twice, wide = _by_window(exposure, column), 2.0 * clump[column], 0.999998 * threshold
    log_opened = _logarithms(opened)
    spreads = np.empty((process.shape[0], windows, len(column)))
    for d in range(process.shape[0]):
        spreads[d] = _by_window(process[d], column)
    room_of = (windows, len(column))
    bounds, largest = np.empty(room_of), np.empty(len(column))
    looked = (bounds, np.empty(room_of), largest, np.empty(len(column)), np.empty(len(column)))
    for a in range(areas):
        d = depth[a]
        _look(looked, (sums[a], rate[a], level[a]), column, (opened, spreads[d], twice))
        for s in range(signatures):
            begin, end = begins[s], begins[s + 1]
            if _sum(largest, begin, end) <= wide or not _exceeds(bounds, begin, end, wide):
                continue
            _tighten(looked, begin, end, (opened, log_opened, twice))
            if not _exceeds(bounds, begin, end, wide):
                continue
            total = 0.0
            for w in range(windows):
                evidence[w] = 0.0
                for j in range(begin, end):
                    if bounds[w, j] > 0.0:
                        c = column[j]
                        mean, inverse = rate[a, c] * exposure[c, w], process[d, c, w] + level[a, c]
                        nats = _counted(float(sums[a, c, w]), mean, inverse, clump[c])
                        evidence[w] += nats
                        total += nats * rate[a, c]
            if _largest(evidence) <= threshold:
                continue
            at_area[n], at_signature[n], rated[n] = a, s, total
            for w in range(windows):
                found[n, w] = evidence[w]
            n += 1
    return at_area[:n].copy(), at_signature[:n].copy(), found[:n].copy(), rated[:n].copy()


@compiled
def residuals(
    sums: NDArray[np.int32],
    usual: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    depth: NDArray[np.int32],
) -> tuple[FloatArray, FloatArray]:
    """([depths, columns, windows] sums over areas of residual**2 - mean, of mean**2).

    One residual counts for at most 25 variances. Arguments as of `find`.
    """
    rate, exposure, process, level = usual
    excess, mean_sq = np.zeros(process.shape), np.zeros(process.shape)
    for a in range(sums.shape[0]):
        d = depth[a]
        for c in range(sums.shape[1]):
            for w in range(sums.shape[2]):
                mean = rate[a, c] * exposure[c, w]
                variance = mean + mean * mean * (process[d, c, w] + level[a, c])
                off = sums[a, c, w] - mean
                excess[d, c, w] += min(off * off, 25.0 * max(variance, 0.04)) - mean
                mean_sq[d, c, w] += mean * mean
    return excess, mean_sq


@compiled
def clumped(
    latest: tuple[IntArray, IntArray],
    leaf: NDArray[np.bool_],
    indicators: int,
    rate: FloatArray,
    shape: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """([indicators] rows at the leaves, and what as many Poisson counts over 0 would have)."""
    series, counts = latest
    columns = rate.shape[1]
    rows, poisson = np.zeros(indicators), np.zeros(indicators)
    for i in range(len(series)):
        area = series[i] // columns
        column = series[i] - area * columns
        if leaf[area] and column < indicators:
            rows[column] += counts[i]
            poisson[column] += 1.0 + 0.5 * rate[area, column] * shape[column]
    return rows, poisson
