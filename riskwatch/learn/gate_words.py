"""The gate's verdict as a sentence, in the languages of the catalogue; the gate calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.messages.catalogue import Catalogue

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why the evidence is not enough; `kind` is the key of its sentence under `gate.`."""

    kind: str
    groups: tuple[str, ...]
    bound: float


class _Standing(Protocol):
    @property
    def rate(self) -> float: ...
    @property
    def rest(self) -> float: ...
    @property
    def gap(self) -> float: ...
    @property
    def seen_gap(self) -> float: ...


class _Finding(Protocol):
    """What a sentence needs of a finding."""

    @property
    def measure(self) -> str: ...
    @property
    def p(self) -> float: ...
    @property
    def standings(self) -> Sequence[_Standing]: ...
    @property
    def named(self) -> tuple[str, ...]: ...
    def of(self, group: str) -> _Standing:
        """The standing of one group."""
        ...


def without_truth() -> GateVerdict:
    """What the gate says where nobody from outside said what really happened."""
    en, zh = (Catalogue(lang).text("gate.no_truth") for lang in ("en", "zh"))
    return GateVerdict(GateDecision.NOT_ENOUGH_EVIDENCE, en, zh)


def said(
    lang: str, decision: GateDecision, findings: Sequence[_Finding], lacking: Sequence[Shortfall]
) -> str:
    """One paragraph: which groups, by how much, and what could not have been seen."""
    words = Catalogue(lang)
    if decision is GateDecision.FAIL:
        parts = [_named(words, f, g) for f in findings for g in f.named[:_LISTED]]
    elif decision is GateDecision.NOT_ENOUGH_EVIDENCE:
        parts = [words.text("gate.not_enough"), *(_lacking(words, s) for s in lacking)]
    else:
        parts = [words.text("gate.pass")]
        for finding in findings:
            if finding.measure == "detection":
                widest = max(s.seen_gap for s in finding.standings)
                parts.append(words.text("gate.seen", points=_points(widest)))
    return words.template("sentence.gap" if lang == "en" else "gate.join").join(parts)


def _named(words: Catalogue, finding: _Finding, group: str) -> str:
    s = finding.of(group)
    way = "worse" if s.gap < 0 else "better"
    key = (
        f"gate.{finding.measure}" if finding.measure.endswith("change") else f"gate.{finding.measure}.{way}"
    )
    shown: dict[str, object]
    if finding.measure == "detection":
        shown = {"rate": _percent(s.rate), "rest": _percent(s.rest)}
    elif finding.measure == "detection_change":
        shown = {"points": _points(-s.gap)}
    elif finding.measure == "false_alerts":
        shown = {"rate": f"{s.rate:.3g}", "rest": f"{s.rest:.3g}"}
    else:
        shown = {"more": f"{-s.gap:.3g}"}
    n = len(finding.standings)
    return words.text(key, group=group, n=n, p=_chance(finding.p), **shown)


def _lacking(words: Catalogue, shortfall: Shortfall) -> str:
    groups = list(shortfall.groups[:_LISTED])
    if len(shortfall.groups) > _LISTED:
        groups.append("…")
    bound = _points(shortfall.bound) if shortfall.kind == "blind" else f"{shortfall.bound:g}"
    return words.text(f"gate.{shortfall.kind}", groups=words.joined(groups), bound=bound)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _points(share: float) -> str:
    return f"{100 * share:.0f}"


def _chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
