"""The candidate: a bundle's document with all that says where it comes from and how good it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from riskwatch.core.scores import FloatArray, GateDecision, GateVerdict


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its 95% interval, None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.4f}"
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a bundle was made of: hashes of features, configuration and labels, days, code."""

    features_sha256: str
    config_sha256: str
    labels_sha256: str
    data_from_us: int
    data_until_us: int
    rows: int
    git_sha: str
    riskwatch: str

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is registered as one.

    `example` is [n, columns] feature rows and `log_odds` [n] what the bundle says of them, to be
    said again before it goes on duty. `files` are extra artifacts by their path: plots, members
    for comparison. `metrics` are by the model's name, then the metric's; `verdicts` by the gate's.
    """

    document: Mapping[str, Any]
    columns: tuple[str, ...]
    example: FloatArray
    log_odds: FloatArray
    provenance: Provenance
    metrics: Mapping[str, Mapping[str, Measured]]
    verdicts: Mapping[str, GateVerdict]
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version its document carries."""
        return str(self.document["version"])


def verdict_document(verdict: GateVerdict) -> dict[str, Any]:
    """What is kept of a gate's verdict with the bundle: the numbers behind it are in its report."""
    return {
        "decision": str(verdict.decision),
        "why": verdict.why,
        "why_zh": verdict.why_zh,
        "groups": list(verdict.groups),
        "evidence": verdict.evidence,
    }


_GRAVITY = (GateDecision.FAIL, GateDecision.NOT_ENOUGH_EVIDENCE, GateDecision.PASS)


def joined(verdicts: Mapping[str, Mapping[str, Any]]) -> GateVerdict | None:
    """The gravest decision of all gates with what each says; None if no gate was asked.

    >>> even, worse = {"decision": "pass", "why": "even"}, {"decision": "fail", "why": "worse"}
    >>> joined({"fairness": even, "skill": worse}).why
    'fairness: even; skill: worse'
    """
    if not verdicts:
        return None
    said = {name: GateDecision(v["decision"]) for name, v in verdicts.items()}
    gravest = min(said.values(), key=_GRAVITY.index)
    listed = sorted(verdicts.items())
    why = "; ".join(f"{n}: {v['why']}" for n, v in listed)
    return GateVerdict(gravest, why, "；".join(f"{n}：{v.get('why_zh') or v['why']}" for n, v in listed))
