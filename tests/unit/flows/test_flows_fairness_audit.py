"""The fairness audit as a flow does what the command does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from riskwatch.core.clock import SystemClock
from riskwatch.desk import Desk, Place
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_flow_leaves_reports_in_the_store(tmp_path, monkeypatch):
    """One JSON and a page in each language; the plain functions behind the tasks, without a server."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    flows = pytest.importorskip("flows.fairness_audit", reason="needs the extra 'analyst'")
    events, truth, store = (tmp_path / name for name in ("events.parquet", "truth.json", "store"))
    simulate(load_scenario(None, {"areas": 12, "days": 8, "events": 1500, "seed": 3}), events, truth)
    place = Place(ROOT, store)
    desk = Desk.open(place, SystemClock(), sources=["simulated"], overlay=tmp_path / "events.configs")
    desk.replay(events, "simulated")
    document = flows.audit_store(str(store), str(truth), "settlement")
    written = [Path(p) for p in flows.write_report(document, str(store))]
    assert sorted(p.name.split(".", 1)[1] for p in written) == ["en.html", "json", "zh.html"]
    kept = next(p for p in written if p.suffix == ".json")
    assert json.loads(kept.read_text(encoding="utf-8")) == document
    assert flows.audit_store(str(store), str(truth), "settlement") == document
    shutil.rmtree(tmp_path / "prefect", ignore_errors=True)
