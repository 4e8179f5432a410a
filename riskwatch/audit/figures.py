"""Every figure of an audit by group, with its interval: from matched rows to rows of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskwatch.audit.counts import By, cluster_of, week_of
from riskwatch.audit.intervals import block_weights, middle, poisson, ratio_interval, widest, wilson
from riskwatch.audit.matching import Call, Exposure, Hit, Matched
from riskwatch.audit.measures import shares_by
from riskwatch.audit.survival import time_to_alert

HORIZON_H = 48.0
PEOPLE = 100_000
FIGURES = (
    "detection",
    "precision",
    "false_per_area_month",
    "false_per_100k",
    "hours_median",
    "hours_mean",
    "calibration",
)
"""In the order of the report; the unit of each is in its name or its text."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its interval; None where there is none. `n` is what it rests on."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What one group had and got."""

    group: str
    areas: int | None
    people: int | None
    months: float | None
    incidents: int
    detected: int
    alerts: int
    right: int
    false: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are drawn: the seed and the number of draws."""

    seed: int = 7
    draws: int = 2_000


def group_rows(
    matched: Matched, key: Callable[[Hit | Call], str], groups: Sequence[str], how: Resampling
) -> list[GroupRow]:
    """One row a group, in this order; `key` says which group a hit or a call belongs to."""
    shares = shares_by(matched.hits, matched.calls, key)
    return [_row(matched, key, g, shares.get(g, {}), how) for g in groups]


def _row(
    matched: Matched,
    key: Callable[[Hit | Call], str],
    group: str,
    share: Mapping[str, float],
    how: Resampling,
) -> GroupRow:
    hits = [h for h in matched.hits if key(h) == group]
    calls = [c for c in matched.calls if key(c) == group]
    judged = [c for c in calls if c.right is not None]
    right = sum(bool(c.right) for c in judged)
    false = len(judged) - right
    exposure = matched.exposure.get(group)
    figures = {
        "detection": _share(share.get("detection"), [(h, int(h.detected)) for h in hits], matched, how),
        "precision": _share(
            share.get("precision"), [(c, int(bool(c.right))) for c in judged], matched, how
        ),
        **_burdens(judged, exposure, matched, how),
        **_hours(hits, how),
        "calibration": _calibration(share.get("calibration"), judged, how),
    }
    detected = sum(h.detected for h in hits)
    areas, people = (exposure.areas, exposure.people) if exposure else (None, None)
    months = exposure.areas * exposure.months if exposure else None
    return GroupRow(group, areas, people, months, len(hits), detected, len(calls), right, false, figures)


def _share(
    value: float | None, rows: Sequence[tuple[Hit | Call, int]], matched: Matched, how: Resampling
) -> Figure:
    if value is None or not rows:
        return Figure(None, None, None, len(rows))
    intervals = [wilson(sum(y for _, y in rows), len(rows))]
    for block in (week_of, cluster_of):
        part, whole = _by_block(rows, block, matched)
        drawn = ratio_interval(part, whole, block_weights(part.shape[1], how.seed, how.draws))
        intervals.append((float(drawn[0, 0]), float(drawn[1, 0])))
    return Figure(value, *widest(*intervals), len(rows))


def _by_block(
    rows: Sequence[tuple[Hit | Call, int]], block: By, matched: Matched
) -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int, int], np.dtype[np.float64]]
]:
    """[1, blocks] sums of a group; the blocks are those of all groups, so all share their draws."""
    names = sorted({block(r) for r in matched.rows})
    place = {name: i for i, name in enumerate(names)}
    part, whole = np.zeros((1, len(names))), np.zeros((1, len(names)))
    for row, y in rows:
        part[0, place[block(row)]] += y
        whole[0, place[block(row)]] += 1
    return part, whole


def _burdens(
    judged: Sequence[Call], exposure: Exposure | None, matched: Matched, how: Resampling
) -> dict[str, Figure]:
    """False alerts an area-month, and per 100,000 people a month; weeks are resampled."""
    false = sum(c.right is False for c in judged)
    found = {}
    for name, size in (
        ("false_per_area_month", exposure.areas if exposure else None),
        ("false_per_100k", (exposure.people or 0) / PEOPLE if exposure and exposure.people else None),
    ):
        if exposure is None or not size or exposure.months <= 0:
            found[name] = Figure(None, None, None, false)
            continue
        spent = size * exposure.months
        per_week = np.zeros((1, max(matched.weeks, 1)))
        for call in judged:
            per_week[0, call.week] += call.right is False
        lived = np.full_like(per_week, spent / per_week.shape[1])
        drawn = ratio_interval(per_week, lived, block_weights(per_week.shape[1], how.seed, how.draws))
        interval = widest((float(drawn[0, 0]), float(drawn[1, 0])), poisson(false, spent))
        found[name] = Figure(false / spent, *interval, false)
    return found


def _weights(
    rows: Sequence[Hit | Call], how: Resampling
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """[draws + 1, rows] weights by week, the first draw being all rows as they are."""
    weeks = max(r.week for r in rows) + 1
    drawn = block_weights(weeks, how.seed, how.draws)[:, [r.week for r in rows]]
    return np.concatenate([np.ones((1, len(rows))), drawn])


def _hours(hits: Sequence[Hit], how: Resampling) -> dict[str, Figure]:
    if not hits:
        nothing = Figure(None, None, None, 0)
        return {"hours_median": nothing, "hours_mean": nothing}
    hours, came = np.array([h.hours for h in hits]), np.array([h.detected for h in hits])
    found = {}
    for name, drawn in zip(
        ("hours_median", "hours_mean"),
        time_to_alert(hours, came, _weights(hits, how), HORIZON_H),
        strict=True,
    ):
        # a median that was not reached lies beyond everything: its bound is open
        far = np.where(np.isnan(drawn), np.inf, drawn)
        low, high = middle(far[1:, None])[:, 0] if len(far) > 1 else (np.nan, np.nan)
        found[name] = Figure(_finite(far[0]), _finite(low), _finite(high), len(hits))
    return found


def _calibration(value: float | None, judged: Sequence[Call], how: Resampling) -> Figure:
    if value is None:
        return Figure(None, None, None, 0)
    over = np.array([c.likelihood - float(bool(c.right)) for c in judged])
    weights = _weights(judged, how)[1:]
    total = weights.sum(axis=1)
    drawn = np.divide(weights @ over, total, out=np.full(len(total), np.nan), where=total > 0)
    low, high = middle(drawn[:, None])[:, 0]
    return Figure(value, _finite(low), _finite(high), len(judged))


def _finite(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None
