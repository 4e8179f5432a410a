"""The fairness audit as a flow: one store against one truth, for schedules; the work is a plain function.

python -m flows.fairness_audit STORE TRUTH PARTITION
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from prefect import flow, task

from riskwatch.audit.fairness import audit_fairness
from riskwatch.audit.happenings import load_truth, within
from riskwatch.audit.of_store import audited, decided_span, provenance_of
from riskwatch.audit.page import ReportPage
from riskwatch.audit.partitions import FILE, load_partitions, registered
from riskwatch.audit.report import report_document
from riskwatch.core.clock import SystemClock
from riskwatch.desk import Desk, Place
from riskwatch.workspace import find_workspace

LANGUAGES = ("en", "zh")


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


def write_report(document: dict[str, Any], folder: str) -> list[str]:
    """Write the document and its page in each language; returns the paths."""
    name = f"fairness-{document['partition']['name']}-{document['hashes']['evidence'][:8]}"
    texts = {f"{name}.{lang}.html": ReportPage(document, lang).html() for lang in LANGUAGES}
    texts[f"{name}.json"] = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    Path(folder).mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (Path(folder) / file).write_text(text, encoding="utf-8", newline="\n")
    return [str(Path(folder) / file) for file in texts]


_audit = task(audit_store, name="audit_store")
_write = task(write_report, name="write_report")


@flow(name="fairness_audit")
def fairness_audit(store: str, truth: str, partition: str) -> list[str]:
    """Audit a store and leave the reports in its `audits` folder; returns their paths."""
    document = _audit(store, truth, partition)
    return _write(document, str(Path(store) / "audits"))


if __name__ == "__main__":
    fairness_audit(*sys.argv[1:4])
