"""Signs of many gauges at once: the loops that hold each reading against its gauge's own past."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SHORT, DAYPART, LONG, PAST = 12, 24, 96, 192
BLOCK, BLOCKS = 96, 22
"""Extremes are kept by blocks of 96 rows; 21 whole ones are the 2016 rows that are remembered, at least."""
SIGNS = 5  # level, deviation, trend, shift, clock
RECIPE_WARM_ROWS = np.array([200, 200, 300, 300, 800])
WARM_ROWS = np.array([672, 672, 672, 672, 1344])
"""A week of readings every 15 minutes, and two before the hour of the week says something."""
HOURS = 168
HOUR_RATE, MEAN_RATE = 0.3, 0.02
FINEST = 1e-9
MOST = 5.0  # a reading further beyond than five times its range is as far as one can be


class Memory(NamedTuple):
    """What is remembered of each gauge, arrays by gauge first.

    `past` [gauges, 192] and `differed` [gauges, 24] are rings by row, `hours` [gauges, 168] the usual by
    hour of the week (NaN: never seen). `highs` and `lows` [gauges, 5, 22] are the extremes of each sign by
    block, `sizes` [gauges, 22] the largest value; `over` and `under` [gauges, 5] what the present block
    saw beyond them.
    """

    rows: IntArray
    past: FloatArray
    differed: FloatArray
    hours: FloatArray
    mean: FloatArray
    highs: FloatArray
    lows: FloatArray
    sizes: FloatArray
    over: FloatArray
    under: FloatArray


@compiled
def look(
    gauge: IntArray, value: FloatArray, hour: int, bad: IntArray, growth: float, memory: Memory
) -> FloatArray:
    """[n] how far each reading lies beyond its gauge's past, as a share of its range; then it is learnt.

    `gauge` [n] are rows of the memory, `bad` [gauges] 1 for high, -1 for low, 0 for either. No
    reading is further beyond than it stands from its usual at this hour: on the way back to it, the
    slow signs run high. What lies beyond is taken into the range only when its block ends, and
    widens it by `growth` of its width at most, on either side. With an infinite growth it is learnt
    at once and in full, and all is as the recipe `models.gauge_surprise` has it.
    """
    rows, past, differed, hours, mean, highs, lows, sizes, over, under = memory
    found = np.zeros(len(gauge))
    sign = np.empty(SIGNS)
    for i in range(len(gauge)):
        g, x, r = gauge[i], value[i], rows[gauge[i]]
        block, at = (r // BLOCK) % BLOCKS, r % BLOCK
        if at == 0:
            _turn(g, block, growth, memory)
        usual = hours[g, hour]
        if np.isnan(usual):
            usual = mean[g] if r else x
        _signs(g, x, x - usual, memory, sign)
        warm = WARM_ROWS if growth < np.inf else RECIPE_WARM_ROWS
        finest = 0.0
        for b in range(BLOCKS):
            finest = max(finest, sizes[g, b])
        finest *= FINEST
        farthest, stands = 0.0, 0.0
        for k in range(SIGNS):
            high, low = -np.inf, np.inf
            for b in range(BLOCKS):
                high, low = max(high, highs[g, k, b]), min(low, lows[g, k, b])
            width = max(high - low, finest)
            beyond = _beyond(sign[k], high, low, bad[g])
            if k == 0:
                stands = _stands(x - usual, width, bad[g])
            if r >= warm[k] and beyond > finest:
                farthest = max(farthest, min(beyond / width, MOST) if width > 0.0 else MOST)
            if r < warm[k] or growth == np.inf or low <= sign[k] <= high:
                highs[g, k, block] = max(highs[g, k, block], sign[k])
                lows[g, k, block] = min(lows[g, k, block], sign[k])
            else:
                over[g, k] = max(over[g, k], sign[k])
                under[g, k] = min(under[g, k], sign[k])
        if growth < np.inf:
            farthest = min(farthest, stands)
        sizes[g, block] = max(sizes[g, block], abs(x))
        past[g, r % PAST] = x
        differed[g, r % DAYPART] = x - usual
        if farthest == 0.0 or growth == np.inf:  # what is wrong is not taken for usual
            known = hours[g, hour]
            hours[g, hour] = x if np.isnan(known) else known + HOUR_RATE * (x - known)
            mean[g] = x if r == 0 else mean[g] + MEAN_RATE * (x - mean[g])
        rows[g] = r + 1
        found[i] = farthest
    return found


@compiled
def _beyond(sign: float, high: float, low: float, bad: int) -> float:
    """How far a sign lies outside of its range, on the side that is bad."""
    if bad > 0:
        return sign - high
    if bad < 0:
        return low - sign
    return max(sign - high, low - sign)


@compiled
def _stands(differs: float, width: float, bad: int) -> float:
    """How far a reading is on the bad side of its usual, as a share of the range; 0 on the good one."""
    if not width > 0.0:
        return MOST
    return (abs(differs) if bad == 0 else max(differs * bad, 0.0)) / width


@compiled
def _turn(g: int, block: int, growth: float, memory: Memory) -> None:
    """A block begins: the last one takes in what it held, and the oldest is forgotten."""
    highs, lows, sizes, over, under = memory.highs, memory.lows, memory.sizes, memory.over, memory.under
    last, r = (block - 1) % BLOCKS, memory.rows[g]
    for k in range(SIGNS):
        high, low = -np.inf, np.inf
        for b in range(BLOCKS):
            high, low = max(high, highs[g, k, b]), min(low, lows[g, k, b])
        if r > 0 and over[g, k] > high:
            highs[g, k, last] = min(over[g, k], high + growth * (high - low))
        if r > 0 and under[g, k] < low:
            lows[g, k, last] = max(under[g, k], low - growth * (high - low))
        over[g, k], under[g, k] = -np.inf, np.inf
        highs[g, k, block], lows[g, k, block] = -np.inf, np.inf
    sizes[g, block] = 0.0


@compiled
def _signs(g: int, x: float, differs: float, memory: Memory, sign: FloatArray) -> None:
    """Every sign as it stands with this reading, as `models.gauge_surprise` has them."""
    past, differed, r = memory.past, memory.differed, memory.rows[g]
    total, short, daypart, long = x, x, x, x
    rows = min(r, PAST - 1)
    oldest = x
    for j in range(1, rows + 1):
        v = past[g, (r - j) % PAST]
        oldest = v
        total += v
        if j < SHORT:
            short += v
        if j < DAYPART:
            daypart += v
        if j < LONG:
            long += v
    n = rows + 1
    of_long = long / min(n, LONG)
    before = (total - long) / (n - LONG) if n > LONG else oldest
    clock = differs
    for j in range(1, min(r, DAYPART - 1) + 1):
        clock += differed[g, (r - j) % DAYPART]
    sign[0] = daypart / min(n, DAYPART)
    sign[1] = x - of_long
    sign[2] = short / min(n, SHORT) - total / n
    sign[3] = of_long - before
    sign[4] = clock / min(r + 1, DAYPART)


@compiled
def slide(
    held: tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.int32]],
    widths: IntArray,
    tick: int,
    gauge: IntArray,
    fresh: IntArray,
) -> None:
    """A tick passes: what leaves each window is taken off, what was read now is added.

    `held` are a ring by tick of nats in hundredths [gauges, longest], -1 where nothing was read, and what
    the windows hold of it [gauges, windows]: sums and how many. `fresh` [n] is what `gauge` [n] brought.
    """
    nats, sums, counts = held
    longest = nats.shape[1]
    for g in range(len(nats)):
        for w in range(len(widths)):
            left = nats[g, (tick - widths[w]) % longest]
            if left >= 0:
                sums[g, w] -= left
                counts[g, w] -= 1
        nats[g, tick % longest] = -1
    for i in range(len(gauge)):
        nats[gauge[i], tick % longest] = fresh[i]
        for w in range(len(widths)):
            sums[gauge[i], w] += fresh[i]
            counts[gauge[i], w] += 1
