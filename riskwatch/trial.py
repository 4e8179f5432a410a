"""A candidate tried on a store's records: rehearsed beside the champion, and held to outside truth."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from riskwatch import __version__
from riskwatch.app import Pipeline
from riskwatch.audit.fairness import Audited, Provenance, audit_fairness
from riskwatch.audit.happenings import Outside, within
from riskwatch.audit.of_store import audited, decided_span
from riskwatch.audit.partitions import Partition
from riskwatch.audit.report import report_document
from riskwatch.audit.truth_given import TruthGiven
from riskwatch.core.alerts import Alert
from riskwatch.core.scores import GateVerdict
from riskwatch.desk import Desk
from riskwatch.score.bundle import Bundle
from riskwatch.score.duty import version_of
from riskwatch.store.alerts import AlertStore
from riskwatch.store.database import open_database
from riskwatch.store.inbox import EntryKind
from riskwatch.store.ledger import Ledger
from riskwatch.store.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The shown risk alerts of a bundle over a store's records, and the span that was decided."""

    alerts: Sequence[Alert]
    span_us: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the fairness gate is asked with: outside truth about a store, and how to split it."""

    partition: Partition
    outside: Outside


@dataclass(frozen=True, slots=True)
class Tried:
    """What the fairness gate says, and the report behind it."""

    verdict: GateVerdict
    document: dict[str, Any]


def rehearse(desk: Desk, bundle: Bundle) -> Rehearsed:
    """Replay what a store's inbox holds under another bundle, into a store that is thrown away.

    Every entry that the engine has applied comes again, the desk's actions too; switches of the model do
    not. Nobody is told, and nothing of the store changes. What retention took from the inbox is not seen.
    """
    standing = desk.alerts.standing()
    settings = replace(desk.settings, bundle=bundle)
    with tempfile.TemporaryDirectory() as made:
        database = open_database(None, Path(made))
        alerts = AlertStore(database)
        pipeline = Pipeline(settings, desk.inbox, alerts, Snapshots(database, Path(made)))
        for entry in desk.inbox.after(0, standing.position if standing else 0):
            if entry.kind is not EntryKind.MODEL:
                pipeline.apply(entry)
        tick_us = settings.world.grid.tick_us
        found = Rehearsed(audited(alerts, settings.world).alerts, decided_span(alerts, tick_us))
        database.dispose()
    return found


def asked(desk: Desk, given: TruthGiven) -> Asked:
    """Read what was handed in; raises ConfigError or SourceError before anything long begins."""
    partition = given.registered_in(desk.place.root, desk.settings.world)
    return Asked(partition, given.outside(desk.settings.world, _span(desk)))


def fairness(desk: Desk, candidate: Bundle, champion: Bundle, question: Asked) -> Tried:
    """Whether a candidate serves every group like the rest, and none worse than the champion does.

    Both are measured over the same records.
    """
    world = desk.settings.world
    mine = rehearse(desk, candidate)
    whole = mine.span_us == _span(desk)
    outside = question.outside if whole else within(question.outside, mine.span_us)
    theirs = _stored(desk, champion) if whole else None
    report = audit_fairness(
        Audited(mine.alerts, world.tree, world.registry),
        outside,
        question.partition,
        provenance=Provenance(desk.settings.config_hash, f"bundle {candidate.version}", __version__),
        champion=theirs if theirs is not None else rehearse(desk, champion).alerts,
    )
    return Tried(report.verdict, report_document(report))


def _stored(desk: Desk, champion: Bundle) -> Sequence[Alert] | None:
    """The store's own alerts, where no other bundle than the champion ever was on duty; else None."""
    if Ledger(desk.database).history():
        return None
    alerts = audited(desk.alerts, desk.settings.world).alerts
    return alerts if all(version_of(a) == champion.version for a in alerts) else None


def _span(desk: Desk) -> tuple[int, int]:
    return decided_span(desk.alerts, desk.settings.world.grid.tick_us)
