"""The promotion gate: three verdicts on whether a bundle serves some group unlike the rest.

It is asked with frozen count tables: the candidate's, and the champion's on the same incidents. It
never looks at a bare largest gap: a group fails a bundle only where it stands farther from the rest
than chance takes the farthest of all groups, and where the gap is large enough to matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from riskwatch.core.documents import Document
from riskwatch.core.errors import RiskwatchError
from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.learn.deviation import WORSE_SHARE, Chance, Deviation, of_burdens, of_changes, of_shares
from riskwatch.learn.gate_words import Shortfall, said
from riskwatch.learn.group_counts import GroupCounts

_MEASURES = ("detection", "false_alerts", "detection_change", "false_alerts_change")
_LEVEL_SHARE: Mapping[bool, Mapping[str, float]] = {
    False: {"detection": 0.75, "false_alerts": 0.25},
    True: {"detection": 0.5, "false_alerts": 0.2, "detection_change": 0.2, "false_alerts_change": 0.1},
}
"""How the level is shared out over the measures, without and with a champion; each sums to 1."""


class GateRefused(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """A gate was asked with what it cannot judge, or a promotion lacks what it needs."""


class GateRules(Document):
    """When a difference counts and when silence does; shares are fractions, ratios are of rates."""

    level: float = Field(default=0.05, gt=0, lt=0.5, description="chance to fail a bundle without gaps")
    mattering_gap: float = Field(default=0.05, ge=0, lt=1, description="smaller detection gaps pass")
    mattering_ratio: float = Field(default=1.25, ge=1, description="smaller burden ratios pass")
    needed_gap: float = Field(default=0.20, gt=0, lt=1, description="detection gap that must be in sight")
    needed_ratio: float = Field(default=2.5, gt=1, description="burden ratio that must be in sight")
    few_incidents: int = Field(default=20, ge=1, description="below, a group says nothing on detection")
    draws: int = Field(default=1000, ge=200, description="tables drawn without any difference")
    seed: int = Field(default=7, ge=0, description="of the draws behind the null")


@dataclass(frozen=True, slots=True)
class Standing:
    """One group on one measure; `gap` below 0 is worse than the rest, or than the champion."""

    group: str
    rate: float
    rest: float
    gap: float
    z: float
    seen_gap: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure over all groups; `named` are the groups that fail it, the farthest first."""

    measure: str
    standings: tuple[Standing, ...]
    critical_z: float
    critical_better_z: float
    p: float
    level: float
    overdispersion: float
    named: tuple[str, ...]

    def of(self, group: str) -> Standing:
        """The standing of one group."""
        return next(s for s in self.standings if s.group == group)


class FairnessGate:
    """Implements `PromotionGate` on count tables.

    >>> from riskwatch.learn.group_counts import GroupCell
    >>> cells = [GroupCell(g, f"w{w}", incidents=8, detected=d) for w in range(30)
    ...          for g, d in (("plain", 6), ("hills", 2 + w % 3))]
    >>> verdict = FairnessGate().decide(GroupCounts.from_cells(cells))
    >>> verdict.decision, verdict.groups
    (<GateDecision.FAIL: 'fail'>, ('hills',))
    """

    def __init__(self, rules: GateRules | None = None) -> None:
        self.rules = rules or GateRules()

    def decide(self, candidate: GroupCounts, champion: GroupCounts | None = None) -> GateVerdict:
        """Fail, pass, or not enough evidence; raises GateRefused where the tables do not match."""
        _same_incidents(candidate, champion)
        rules, share = self.rules, _LEVEL_SHARE[champion is not None]
        ample = _in_order(candidate, candidate.incidents.sum(axis=1) >= rules.few_incidents)
        exposed = _in_order(candidate, candidate.area_months.sum(axis=1) > 0)
        findings: list[Finding] = []

        def look(measure: str, table: GroupCounts, how: Callable[..., Deviation]) -> None:
            level = rules.level * share[measure]
            found = how(chance=Chance(level, rules.seed + _MEASURES.index(measure), rules.draws))
            findings.append(self._finding(measure, table, found, level))

        if len(ample.groups) >= 2:
            part, whole = _floats(ample.detected), _floats(ample.incidents)
            look("detection", ample, partial(of_shares, part, whole))
            if champion is not None:
                before = _floats(champion.only(ample.groups).detected[_rows(champion, ample)])
                look("detection_change", ample, partial(of_changes, part - before, whole))
        if len(exposed.groups) >= 2 and exposed.false_alerts.any():
            count, months = _floats(exposed.false_alerts), exposed.area_months
            look("false_alerts", exposed, partial(of_burdens, count, months))
            if champion is not None:
                before = _floats(champion.only(exposed.groups).false_alerts[_rows(champion, exposed)])
                look("false_alerts_change", exposed, partial(of_changes, before - count, months))
        return self._verdict(candidate, champion, findings)

    def _finding(self, measure: str, table: GroupCounts, found: Deviation, level: float) -> Finding:
        standings = tuple(
            Standing(
                group,
                *(round(float(x[i]), 6) for x in (found.rate, found.rest, found.gap, found.z, found.seen)),
            )
            for i, group in enumerate(table.groups)
        )
        far = [
            s
            for s, out in zip(standings, found.significant, strict=True)
            if out and self._matters(measure, s)
        ]
        worse = sorted((s for s in far if s.gap < 0), key=lambda s: (s.z, s.group))
        better = sorted((s for s in far if s.gap > 0), key=lambda s: (-s.z, s.group))
        named = worse or ([] if measure.endswith("change") else better)  # a gain is no fault of a candidate
        return Finding(
            measure,
            tuple(sorted(standings, key=lambda s: s.group)),
            round(found.critical, 4),
            round(found.critical_better, 4),
            round(found.p, 5),
            level,
            round(found.overdispersion, 4),
            tuple(s.group for s in named),
        )

    def _matters(self, measure: str, s: Standing) -> bool:
        if measure.startswith("detection"):
            return abs(s.gap) >= self.rules.mattering_gap
        if measure == "false_alerts":
            high, low = max(s.rate, s.rest), min(s.rate, s.rest)
            return high >= self.rules.mattering_ratio * low
        return True

    def _verdict(
        self, candidate: GroupCounts, champion: GroupCounts | None, findings: list[Finding]
    ) -> GateVerdict:
        lacking = self._shortfalls(candidate, findings)
        needed = math.ceil(
            -math.log2(WORSE_SHARE * self.rules.level * _LEVEL_SHARE[True]["detection_change"])
        )
        if champion is not None and np.count_nonzero(candidate.incidents.any(axis=0)) < needed:
            lacking.append(Shortfall("few_blocks", candidate.groups, needed))
        named = tuple(dict.fromkeys(g for f in findings for g in f.named))
        short = tuple(dict.fromkeys(g for s in lacking for g in s.groups))
        if named:
            decision, groups = GateDecision.FAIL, named
        elif lacking:
            decision, groups = GateDecision.NOT_ENOUGH_EVIDENCE, short
        else:
            decision, groups = GateDecision.PASS, ()
        return GateVerdict(
            decision,
            said("en", decision, findings, lacking),
            said("zh", decision, findings, lacking),
            groups,
            candidate.digest(),
            {
                "rules": self.rules.model_dump(),
                "champion_evidence": champion.digest() if champion else None,
                "findings": [asdict(f) for f in findings],
                "not_enough": [asdict(s) for s in lacking],
            },
        )

    def _shortfalls(self, candidate: GroupCounts, findings: list[Finding]) -> list[Shortfall]:
        """Why a table without a failing group still is no pass."""
        rules, found = self.rules, {f.measure: f for f in findings}
        lacking = []
        totals = candidate.incidents.sum(axis=1)
        few = tuple(g for g, n in zip(candidate.groups, totals, strict=True) if n < rules.few_incidents)
        if few:
            lacking.append(Shortfall("few", few, rules.few_incidents))
        if len(candidate.groups) < 2:
            lacking.append(Shortfall("alone", candidate.groups, 2))
        if not candidate.detected.any():
            lacking.append(Shortfall("undetected", candidate.groups, 1))
        if "detection" in found:
            blind = tuple(s.group for s in found["detection"].standings if s.seen_gap > rules.needed_gap)
            if blind:
                lacking.append(Shortfall("blind", blind, rules.needed_gap))
        if "false_alerts" in found:
            blind = tuple(
                s.group
                for s in found["false_alerts"].standings
                if s.seen_gap > (rules.needed_ratio - 1) * s.rest
            )
            if blind:
                lacking.append(Shortfall("blind_burden", blind, rules.needed_ratio))
        unexposed = tuple(
            g for g, m in zip(candidate.groups, candidate.area_months.sum(axis=1), strict=True) if m <= 0
        )
        if unexposed and candidate.alerts.any():
            lacking.append(Shortfall("unexposed", unexposed, 0))
        return lacking


def _same_incidents(candidate: GroupCounts, champion: GroupCounts | None) -> None:
    if champion is None:
        return
    same = candidate.groups == champion.groups and candidate.blocks == champion.blocks
    if not same or not np.array_equal(candidate.incidents, champion.incidents):
        raise GateRefused(
            "gate: candidate and champion were not measured on the same incidents; "
            "audit both against one truth, one partition and one span"
        )


def _in_order(table: GroupCounts, wanted: Any) -> GroupCounts:
    """The wanted groups, ordered by what they hold: names decide nothing, not even a draw."""
    kept = table.only(g for g, w in zip(table.groups, wanted, strict=True) if w)

    def content(group: str) -> tuple[Any, ...]:
        row = kept.of(group)
        return tuple(
            np.concatenate([row.incidents, row.detected, row.false_alerts, row.area_months], axis=None)
        )

    ordered = sorted(kept.groups, key=content)
    rows = [kept.groups.index(g) for g in ordered]
    return kept.rows(rows)


def _rows(champion: GroupCounts, table: GroupCounts) -> list[int]:
    """Rows of the champion's table of the same groups, in this table's order."""
    kept = champion.only(table.groups).groups
    return [kept.index(g) for g in table.groups]


def _floats(table: Any) -> Any:
    return table.astype(np.float64)
