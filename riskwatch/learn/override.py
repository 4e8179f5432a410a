"""Passage through the gate: a verdict that passes, or a named override; the registry records it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.learn.gate import GateRefused


@dataclass(frozen=True, slots=True)
class Override:
    """Who let a bundle through against its verdict, and why; it holds for one verdict's evidence."""

    who: str
    why: str
    decision: GateDecision
    evidence: str

    def document(self) -> dict[str, Any]:
        """What the promotion ledger keeps."""
        return asdict(self)


def override(verdict: GateVerdict, *, who: str, why: str) -> Override:
    """Name an override of this verdict; raises GateRefused where it lacks a name or a need.

    >>> held = GateVerdict(GateDecision.FAIL, "hills: 40% detected", evidence="ab12")
    >>> override(held, who="Li Na", why="the old bundle is worse").decision
    <GateDecision.FAIL: 'fail'>
    """
    if not who.strip() or not why.strip():
        raise GateRefused("override: it needs a name and a reason; give both")
    if verdict.decision is GateDecision.PASS:
        raise GateRefused("override: the gate passed this bundle; promote it without one")
    return Override(who.strip(), why.strip(), verdict.decision, verdict.evidence)


def passage(verdict: GateVerdict | None, given: Override | None = None) -> dict[str, Any]:
    """What the ledger records of a promotion that may go ahead; raises GateRefused on one that may not.

    A missing verdict is never let through, not even by an override: there is nothing to override.
    """
    if verdict is None:
        raise GateRefused("promotion: the bundle has no gate verdict; run the fairness audit on it first")
    if given is not None and (given.evidence, given.decision) != (verdict.evidence, verdict.decision):
        raise GateRefused("promotion: the override was given for another verdict; name it again")
    if verdict.decision is not GateDecision.PASS and given is None:
        raise GateRefused(
            f"promotion: the gate says {verdict.decision}: {verdict.why} "
            "A named override (who, why) is needed, and is recorded"
        )
    return {
        "decision": str(verdict.decision),
        "why": verdict.why,
        "groups": list(verdict.groups),
        "evidence": verdict.evidence,
        "override": given.document() if given else None,
    }
