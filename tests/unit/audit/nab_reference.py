"""The benchmark's score once more: plain, slow, one alarm after the other, straight from the paper."""

from __future__ import annotations

import math


def reference_score(files, profile, threshold):
    """Normalised score of (scores, windows) files at one threshold."""
    total = silent = perfect = 0.0
    for scores, windows in files:
        start = math.floor(min(0.15 * len(scores), 750))
        alarms = [n for n, s in enumerate(scores) if n >= start and s >= threshold]
        for first, last in windows:
            if last < start:
                continue
            silent -= profile.miss
            perfect += profile.hit
            hits = [n for n in alarms if first <= n <= last]
            if hits:
                total += profile.hit * _scaled(-(last - hits[0] + 1) / (last - first + 1)) / _scaled(-1.0)
            else:
                total -= profile.miss
        for n in alarms:
            if any(first <= n <= last for first, last in windows):
                continue
            before = [w for w in windows if w[1] < n]
            if not before:
                total -= profile.false_alarm
                continue
            first, last = max(before, key=lambda w: w[1])
            total += profile.false_alarm * _scaled((n - last) / max(last - first, 1))
    return 100.0 * (total - silent) / (perfect - silent)


def _scaled(position):
    return -1.0 if position >= 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0
