"""The fairness audit as a flow: one store against one truth, for schedules; the work is a plain function.

python -m flows.fairness_audit STORE TRUTH PARTITION
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow, task

from riskwatch.audit.fairness import audit_fairness
from riskwatch.audit.happenings import load_truth, within
from riskwatch.audit.of_store import audited, decided_span, provenance_of
from riskwatch.audit.partitions import FILE, load_partitions, registered
from riskwatch.audit.report import report_document
from riskwatch.audit.reports import Reports
from riskwatch.core.clock import SystemClock
from riskwatch.desk import Desk, Place
from riskwatch.workspace import find_workspace


def audit_store(store: str, truth: str, partition: str) -> dict[str, Any]:
    """The report's document of a store's alerts against planted truth."""
    root = find_workspace({}, Path.cwd())
    desk = Desk.open(Place(root, Path(store).resolve()), SystemClock())
    world = desk.settings.world
    found = audited(desk.alerts, world)
    planted = load_truth(Path(truth), world.tree, world.registry)
    report = audit_fairness(
        found,
        within(planted, decided_span(desk.alerts, world.grid.tick_us)),
        registered(load_partitions(root / "configs" / FILE), partition),
        provenance=provenance_of(found, desk.settings.config_hash),
    )
    return report_document(report)


def write_report(document: dict[str, Any], store: str) -> list[str]:
    """Keep the document and its page in each language with the store; returns the paths."""
    reports = Reports(Path(store))
    return sorted(str(path) for path in reports.folder.glob(f"{reports.keep(document)}.*"))


_audit = task(audit_store, name="audit_store")
_write = task(write_report, name="write_report")


@flow(name="fairness_audit")
def fairness_audit(store: str, truth: str, partition: str) -> list[str]:
    """Audit a store and leave the reports in its `reports` folder; returns their paths."""
    document = _audit(store, truth, partition)
    return _write(document, store)


if __name__ == "__main__":
    fairness_audit(*sys.argv[1:4])
