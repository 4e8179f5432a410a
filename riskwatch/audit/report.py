"""What of an audit may leave the desk, as plain JSON values: small counts withheld, too few not told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from riskwatch.audit.fairness import FairnessReport, Rules
from riskwatch.audit.figures import FIGURES, Figure, GroupRow
from riskwatch.audit.happenings import Outside
from riskwatch.audit.matching import GRACE_US, TOUCHED_SHARE
from riskwatch.audit.suppression import with_sums, withheld
from riskwatch.core.clock import HOUR_US, iso

_RESTS_ON = {
    "detection": ("incidents", "detected", "missed"),
    "hours_median": ("incidents", "detected", "missed"),
    "hours_mean": ("incidents", "detected", "missed"),
    "precision": ("right", "false"),
    "calibration": ("right", "false"),
    "false_per_area_month": ("false",),
    "false_per_100k": ("false",),
}
"""A figure gives away the counts it is made of; it is told only where they are."""

_PLURAL_SHARES = ("detection", "hours_median", "hours_mean", "precision", "calibration")


def report_document(report: FairnessReport) -> dict[str, Any]:
    """The report as `--json` prints it and the page shows it; the same for the same inputs."""
    start_us, end_us = report.outside.span_us
    groups = _table(report.by_group, report.rules)
    hidden = {r["name"] for r in groups if "withheld" in (r["detected"], r["missed"], r["false"])}
    told = not _withheld_names(report, groups, hidden)
    domains = _table(report.by_domain, report.rules)
    return {
        "kind": "fairness_report",
        "partition": {
            "name": report.partition.name,
            "group_key": report.partition.group_key,
            "registered": report.partition.registered.isoformat(),
            "by": report.partition.by,
            "exploratory": report.exploratory,
        },
        "span": {"start": iso(start_us), "end": iso(end_us)},
        "truth": {
            "kind": report.outside.kind,
            "incidents": domains[-1]["incidents"],
            "complete": report.outside.complete,
        },
        "verdict": {
            "decision": str(report.verdict.decision),
            "groups": list(report.verdict.groups),
            "named_by": {f["measure"]: list(f["named"]) for f in report.verdict.details["findings"]},
            "why": {"en": report.verdict.why, "zh": report.verdict.why_zh} if told else None,
            "compared_with_champion": report.champion is not None,
        },
        "groups": [
            row | {"seen_gap": None if row["name"] in hidden else _number(report.seen_gap.get(row["name"]))}
            for row in groups
        ],
        "domains": domains,
        "coverage": _coverage(report.outside, report.partition.group_key, report.rules.k),
        "rules": {
            "k": report.rules.k,
            "too_few": report.rules.too_few,
            "draws": report.rules.resampling.draws,
            "seed": report.rules.resampling.seed,
            "grace_h": GRACE_US / HOUR_US,
            "touched_share": TOUCHED_SHARE,
            "gate": report.rules.gate.model_dump(),
        },
        "hashes": {
            "config": report.provenance.config,
            "partition": report.partition.hash,
            "truth": report.outside.digest,
            "evidence": report.verdict.evidence,
            "bundle": report.provenance.bundle,
            "code": report.provenance.code,
        },
    }


def _withheld_names(report: FairnessReport, groups: list[dict[str, Any]], hidden: set[str]) -> bool:
    """Whether the verdict's sentence would tell figures whose counts are withheld."""
    rests = {"detection": ("detected", "missed"), "false_alerts": ("false",)}
    named = {f["measure"]: set(f["named"]) for f in report.verdict.details["findings"] if f["named"]}
    for measure, names in named.items():
        of = {g["name"] for g in groups if any(g[count] == "withheld" for count in rests.get(measure, ()))}
        if names & (of if measure in rests else hidden):  # a change gives the champion's counts away, too
            return True
    return not named and bool(hidden & set(report.verdict.groups))


def _table(rows: Sequence[GroupRow], rules: Rules) -> list[dict[str, Any]]:
    """Each row's counts and figures as they may leave, and last the sums under the name ""."""
    had = np.array([[r.detected, r.incidents - r.detected] for r in rows], dtype=np.int64).reshape(-1, 2)
    got = np.array(
        [[r.right, r.false, r.alerts - r.right - r.false] for r in rows], dtype=np.int64
    ).reshape(-1, 3)
    counts = {
        **_published(had, ("detected", "missed", "incidents"), rules.k),
        **_published(got, ("right", "false", "unjudged", "alerts"), rules.k),
    }
    listed = []
    for i, row in enumerate(rows):
        told = {name: column[i] for name, column in counts.items()}
        figures = {n: _figure(n, row.figures[n], told, rules.too_few) for n in FIGURES}
        size = {"areas": row.areas, "people": row.people, "area_months": _number(row.months)}
        listed.append({"name": row.group, **size, **told, "figures": figures})
    listed.append({"name": "", **{name: column[-1] for name, column in counts.items()}})
    return listed


def _published(table: Any, names: tuple[str, ...], k: int) -> dict[str, list[int | str]]:
    """Columns with their sum last; a withheld count is the word."""
    whole, hidden = with_sums(table), withheld(table, k)
    return {
        name: ["withheld" if hidden[r, c] else int(whole[r, c]) for r in range(len(whole))]
        for c, name in enumerate(names)
    }


def _figure(name: str, figure: Figure, told: dict[str, Any], too_few: int) -> dict[str, Any]:
    nothing = {"value": None, "low": None, "high": None}
    if any(told[count] == "withheld" for count in _RESTS_ON[name]):
        return nothing | {"state": "withheld"}
    if name in _PLURAL_SHARES and figure.n < too_few:
        return nothing | {"state": "too_few", "n": figure.n}
    if figure.value is None and figure.low is None and (name != "hours_median" or not figure.n):
        return nothing | {"state": "none", "n": figure.n}
    bounds = {"value": _number(figure.value), "low": _number(figure.low), "high": _number(figure.high)}
    return bounds | {"state": "told", "n": figure.n}


def _coverage(outside: Outside, group_key: str, k: int) -> list[dict[str, Any]]:
    """Of all that happened, how much was reported at all; only where the truth knows."""
    found = []
    for label, counts in sorted(outside.coverage.get(group_key, {}).items()):
        happened, reported = counts["happened"], counts["reported"]
        small = any(0 < n < k for n in (happened, reported, happened - reported))
        share = None if small or not happened else round(reported / happened, 4)
        found.append({"name": label, "happened": "withheld" if small else happened, "share": share})
    return found


def _number(x: float | None) -> float | None:
    return None if x is None else round(float(x), 4)
