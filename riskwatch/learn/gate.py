"""The promotion gate that stands until a measured one is built: it never lets a bundle through unseen."""

from __future__ import annotations

from riskwatch.core.scores import GateDecision, GateVerdict


class NoEvidenceGate:
    """Answers "not enough evidence" to every candidate; a promotion then needs a named override.

    >>> NoEvidenceGate().decide("0.2", "0.1").decision
    <GateDecision.NOT_ENOUGH_EVIDENCE: 'not_enough_evidence'>
    """

    def decide(self, candidate: str, champion: str) -> GateVerdict:
        """Compare two bundle versions: nothing measures them yet."""
        return GateVerdict(
            GateDecision.NOT_ENOUGH_EVIDENCE,
            f"no audit compares bundle {candidate} with {champion} yet",
        )
