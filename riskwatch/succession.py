"""Who is champion and who may follow: bundles registered, promoted and rolled back over one store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from riskwatch.audit.reports import Reports
from riskwatch.core.clock import to_us
from riskwatch.core.documents import parse_document
from riskwatch.core.errors import StoreError
from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.desk import Desk
from riskwatch.learn.artifacts import ArtifactRefused
from riskwatch.learn.candidate import Candidate, joined, verdict_document
from riskwatch.learn.registry import Registered, Registry
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import joined_log_odds
from riskwatch.store.codec import canonical
from riskwatch.store.ledger import Kept, Ledger, Promotion, sha256_of
from riskwatch.trial import Asked, fairness
from riskwatch.workspace import resolve

SERVED = Path("flows") / "served_bundle.py"
NEWEST = "newest"
"""Stands for the version that was registered last."""

GATES = ("fairness", "skill")
"""A bundle is promoted on what all of these say."""

_TOLERANCE = 1e-9  # of log-odds said again on another machine


class PromotionRefused(StoreError):  # noqa: N818 - reads as the sentence it prints
    """A bundle may not go on duty; the champion stays."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What a person asks for: who, why, and who answers for a gate that did not pass, if anyone."""

    actor: str
    reason: str
    override: str | None = None


class Succession:
    """The bundles of one store; the ledger's newest promotion says who is champion."""

    def __init__(self, desk: Desk, registry_uri: str | None = None) -> None:
        self._desk = desk
        self.ledger = Ledger(desk.database)
        self.registry = Registry(desk.place.home / "models", registry_uri)
        self.reports = Reports(desk.place.home)

    # --- what there is -----------------------------------------------------------------------

    def champion(self) -> Kept:
        """The bundle on duty: the ledger's newest, else the configuration's."""
        history = self.ledger.history()
        return self.known(history[-1].after) if history else self._configured()

    def bundles(self) -> list[Kept]:
        """Every bundle, the configuration's first if it was never replaced."""
        kept = self.ledger.bundles()
        known = {k.version for k in kept}
        return kept if self._desk.settings.bundle.version in known else [self._configured(), *kept]

    def _configured(self) -> Kept:
        bundle = self._desk.settings.bundle
        return Kept(bundle.version, bundle.model_dump(mode="json"), {}, 0)

    def known(self, version: str) -> Kept:
        """One bundle of the store; raises PromotionRefused if it is not known."""
        if version == NEWEST and (registered := self.ledger.newest()):
            return registered
        kept = next((k for k in self.bundles() if k.version == version), None)
        if kept is None:
            raise PromotionRefused(f"bundle {version} is not known; see them with: riskwatch models list")
        return kept

    # --- what changes ------------------------------------------------------------------------

    def register(self, candidate: Candidate) -> Kept:
        """Register a candidate: files and figures with MLflow, document and hashes in the store."""
        self._bundle_of(candidate.document)
        registered = self.registry.register(candidate, self._desk.place.root / SERVED)
        facts = {
            "run_id": registered.run_id,
            "number": registered.number,
            "artifacts": dict(registered.artifacts),
            "provenance": candidate.provenance.document(),
            "metrics": {
                model: {name: [m.value, m.low, m.high] for name, m in metrics.items()}
                for model, metrics in candidate.metrics.items()
            },
            "verdicts": {n: verdict_document(v) for n, v in candidate.verdicts.items()},
        }
        kept = Kept(candidate.version, dict(candidate.document), facts, self._now_us())
        self.ledger.keep(kept)
        return kept

    def judge_fairness(self, version: str, question: Asked) -> tuple[Kept, str]:
        """Ask the fairness gate again, with outside truth; its newest word counts, also with MLflow.

        Returns the bundle as it is known now, and the name of the report that was kept.
        """
        kept = self.known(version)
        if "run_id" not in kept.facts:
            raise PromotionRefused(
                f"bundle {kept.version} was not trained here; only a candidate is judged"
            )
        champion = self._bundle_of(self.champion().document)
        tried = fairness(self._desk, self._bundle_of(kept.document), champion, question)
        verdict = verdict_document(tried.verdict)
        self.ledger.judged(kept.version, "fairness", verdict)
        self.registry.judged(kept.facts["number"], "fairness", verdict)
        return self.known(kept.version), self.reports.keep(tried.document)

    def promote(self, version: str, handover: Handover) -> Promotion:
        """Verify a bundle, load it, and let it take over from the next tick on.

        Raises PromotionRefused or ArtifactRefused with the reason; then nothing has changed.
        """
        kept, champion = self.known(version), self.champion()
        if kept.version == champion.version:
            raise PromotionRefused(f"bundle {kept.version} is on duty already")
        verdict = _passage(kept, handover)
        self._verified(kept)
        return self._hand_over(champion, kept, handover, verdict)

    def rollback(self, handover: Handover) -> Promotion:
        """Put the champion's predecessor back on duty; needs neither MLflow nor a gate."""
        line = [self._first()]
        hashes: dict[str, str] = {}
        for p in self.ledger.history():
            hashes |= {p.before: p.before_sha256, p.after: p.after_sha256}
            line = line[:-1] if p.rolled_back else [*line, p.after]
        if len(line) < 2:
            raise PromotionRefused(f"bundle {line[0]} has no predecessor to roll back to")
        kept = self.known(line[-2])
        if kept.sha256 != hashes[kept.version]:
            raise ArtifactRefused(
                f"bundle {kept.version} is not what the ledger saw on duty; the champion stays. "
                "Restore the database from a backup, or promote another bundle"
            )
        self._bundle_of(kept.document)
        verdict = GateVerdict(GateDecision.PASS, "rolled back to what was on duty before")
        return self._hand_over(self.known(line[-1]), kept, handover, verdict, rolled_back=True)

    def _first(self) -> str:
        history = self.ledger.history()
        return history[0].before if history else self._desk.settings.bundle.version

    # --- how -----------------------------------------------------------------------------------

    def _verified(self, kept: Kept) -> None:
        """Everything that must hold before a bundle is trusted, in the order in which it can harm."""
        facts = kept.facts
        registered = Registered(facts["run_id"], facts["number"], facts["artifacts"])
        folder = self.registry.fetch(registered)
        if canonical(_read(folder / "bundle.json")) != canonical(kept.document):
            raise ArtifactRefused(f"{folder}: bundle.json is not the document that the store keeps")
        bundle = self._bundle_of(kept.document)
        example = _read(folder / "example.json")
        again = joined_log_odds(bundle.build(resolve), np.array(example["rows"], dtype=np.float64))
        if not np.allclose(again, example["log_odds"], rtol=_TOLERANCE, atol=_TOLERANCE):
            raise ArtifactRefused(
                f"bundle {kept.version} says other things of its example than when it was registered; "
                "its member's code has changed since: train again with: riskwatch train"
            )

    def _bundle_of(self, document: Mapping[str, Any]) -> Bundle:
        """The bundle of a document, its members built; it reads and remembers what the store's does."""
        bundle = parse_document(dict(document), Bundle, f"bundle {document.get('version')}")
        own = self._desk.settings.bundle
        for name, mine, stores in (
            ("reads", bundle.reads, own.reads),
            ("verdicts", bundle.verdicts, own.verdicts),
        ):
            if mine != stores:
                raise PromotionRefused(
                    f"bundle {bundle.version}: {name} is '{mine}', this store's is '{stores}'; "
                    "replay into another store with --store DIR"
                )
        bundle.build(lambda uses: resolve(uses, f"bundle {bundle.version}"))
        return bundle

    def _hand_over(
        self,
        champion: Kept,
        kept: Kept,
        handover: Handover,
        verdict: GateVerdict,
        *,
        rolled_back: bool = False,
    ) -> Promotion:
        self.ledger.keep(champion)  # the configuration's own, so that there is a way back to it
        promotion = Promotion(
            at_us=self._now_us(),
            actor=f"{handover.actor} (unverified)",
            before=champion.version,
            after=kept.version,
            decision=str(verdict.decision),
            why=verdict.why,
            reason=handover.reason,
            override=handover.override,
            before_sha256=champion.sha256,
            after_sha256=sha256_of(kept.document),
            artifacts=kept.facts.get("artifacts", {}),
            rolled_back=rolled_back,
        )
        self._desk.applied(self.ledger.append(promotion, kept.document))
        return promotion

    def _now_us(self) -> int:
        return to_us(self._desk.clock.now())


def _passage(kept: Kept, handover: Handover) -> GateVerdict:
    """The verdict under which a bundle may go on duty; raises PromotionRefused if it may not."""
    verdicts = kept.facts.get("verdicts", {})
    verdict = joined(verdicts)
    if verdict is None:
        raise PromotionRefused(
            f"bundle {kept.version} has no gate verdict; only a bundle that was trained and judged "
            "can be promoted: riskwatch train"
        )
    if lacking := [gate for gate in GATES if gate not in verdicts]:
        raise PromotionRefused(
            f"bundle {kept.version} has no verdict on {' and '.join(lacking)}, and what nobody judged "
            "nobody can override: train again with riskwatch train, or ask for fairness alone with "
            f"riskwatch models judge {kept.version}"
        )
    passed = verdict.decision is GateDecision.PASS
    if not passed and not (handover.override or "").strip():
        raise PromotionRefused(
            f"bundle {kept.version}: the gate says {verdict.decision}: {verdict.why}. Leave it, or name "
            "who answers for it with --override NAME; the ledger keeps the name"
        )
    if passed and handover.override:
        raise PromotionRefused(f"bundle {kept.version} passed its gate; promote it without --override")
    return verdict


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
