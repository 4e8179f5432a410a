"""The fairness audit: alerts and outside truth in, a report by groups out; flows and CLI call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from riskwatch.audit.counts import count_table
from riskwatch.audit.figures import GroupRow, Resampling, group_rows
from riskwatch.audit.happenings import Outside
from riskwatch.audit.matching import Matched, Places, match
from riskwatch.audit.partitions import Partition
from riskwatch.audit.suppression import K
from riskwatch.core.alerts import Alert
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import from_us
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.scores import GateVerdict
from riskwatch.learn.gate import FairnessGate, GateRules

TOO_FEW = 20
"""Below so many incidents (or alerts that can be judged) a share is not told: too few to say."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an audit decides by: the gate's rules, when it is too few to say, and the k of suppression."""

    gate: GateRules = field(default_factory=GateRules)
    too_few: int = TOO_FEW
    k: int = K
    resampling: Resampling = field(default_factory=Resampling)


@dataclass(frozen=True, slots=True)
class Audited:
    """What is audited: the alerts of a store, and what its places and indicators are."""

    alerts: Sequence[Alert]
    tree: AreaTree
    registry: IndicatorRegistry


@dataclass(frozen=True, slots=True)
class Provenance:
    """Hashes and versions: what exactly the numbers are about."""

    config: str
    bundle: str
    code: str


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """An audit's figures before anything is withheld; `report_document` makes what may leave."""

    partition: Partition
    exploratory: bool
    outside: Outside
    by_group: Sequence[GroupRow]
    by_domain: Sequence[GroupRow]
    seen_gap: Mapping[str, float]
    verdict: GateVerdict
    champion: str | None
    rules: Rules
    provenance: Provenance


def audit_fairness(
    audited: Audited,
    outside: Outside,
    partition: Partition,
    *,
    provenance: Provenance,
    rules: Rules | None = None,
    champion: Sequence[Alert] | None = None,
) -> FairnessReport:
    """Hold the alerts against the truth, by the groups of a partition and by domain.

    `champion` are the alerts of the bundle on duty over the same records, if this one is a candidate.
    """
    rules = rules or Rules()
    places = Places(audited.tree, partition.group_key)
    matched = match(audited.alerts, outside, places, audited.registry)
    evidence = count_table(matched)
    before = None
    if champion is not None:
        before = count_table(match(champion, outside, places, audited.registry))
    verdict = FairnessGate(rules.gate).decide(evidence, before)
    whole = match(audited.alerts, outside, Places(audited.tree, None), audited.registry)
    domains = sorted({r.domain for r in whole.rows})
    return FairnessReport(
        partition=partition,
        exploratory=partition.is_exploratory(_day(outside)),
        outside=outside,
        by_group=group_rows(matched, lambda r: r.group, places.groups, rules.resampling),
        by_domain=group_rows(_exposed(whole, domains), lambda r: r.domain, domains, rules.resampling),
        seen_gap=_seen(verdict),
        verdict=verdict,
        champion=before.digest() if before else None,
        rules=rules,
        provenance=provenance,
    )


def _exposed(whole: Matched, domains: Sequence[str]) -> Matched:
    """Every domain is watched in all areas: each has the exposure of the whole."""
    everywhere = whole.exposure[""]
    return Matched(whole.hits, whole.calls, dict.fromkeys(domains, everywhere), whole.weeks)


def _seen(verdict: GateVerdict) -> dict[str, float]:
    """The smallest detection gap that would have been found, by group."""
    findings = verdict.details["findings"]
    return {
        s["group"]: s["seen_gap"] for f in findings if f["measure"] == "detection" for s in f["standings"]
    }


def _day(outside: Outside) -> date:
    return from_us(outside.span_us[1]).date()
