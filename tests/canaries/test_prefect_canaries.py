"""Canaries of two breakages that no installer tells of: Prefect runs a flow; a deployment gets its runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
pytest.importorskip("prefect", reason="the layer 'analyst' is not installed")

SCRIPT = """
import asyncio, json, os, sys
from datetime import timedelta
from pathlib import Path

import flows
from docket import Perpetual
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.server.services.scheduler import schedule_deployments
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.testing.utilities import prefect_test_harness
import yaml
from flows.steps import step

def added(numbers):
    return sum(numbers)

@flow(persist_result=False)
def adds():
    return step(added, [1, 2])

told = {}
with prefect_test_harness(server_startup_timeout=120), \
     temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
    told["sum"] = adds()
    deployed, = yaml.safe_load(Path("prefect.yaml").read_text())["deployments"]
    retrain = load_flow_from_entrypoint(deployed["entrypoint"])
    state = retrain(store=sys.argv[1], return_state=True)
    told["retrain"] = [retrain.name, state.type.value, state.message]
    with get_client(sync_client=True) as client:
        schedule, = deployed["schedules"]
        cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        made = client.create_deployment(
            flow_id=client.create_flow(retrain), name=deployed["name"], entrypoint=deployed["entrypoint"],
            path=".", parameters=deployed["parameters"],
            schedules=[DeploymentScheduleCreate(schedule=cron, active=True)],
        )
        asyncio.run(schedule_deployments(perpetual=Perpetual(every=timedelta(minutes=1))))
        mine = DeploymentFilter(id=DeploymentFilterId(any_=[made]))
        told["runs"] = [run.state.type.value for run in client.read_flow_runs(deployment_filter=mine)]
        told["tasks"] = [run.name for run in client.read_task_runs()]
print("TOLD" + json.dumps(told))
"""
"""A process of its own: Prefect's server, settings and threads stay out of the other tests."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What one process with a temporary server says: a flow run, a failed retraining, a schedule."""
    folder = tmp_path_factory.mktemp("prefect")
    from riskwatch.core.clock import SystemClock
    from riskwatch.desk import Desk, Place

    Desk.open(Place(ROOT, folder / "store"), SystemClock(), sources=["montco911"])
    environ = os.environ | {
        "PREFECT_HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "store")],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("TOLD")]
    assert found, done.stderr[-4000:]
    return dict(json.loads(found[0].removeprefix("TOLD")))


def test_prefect_imports_its_server_and_runs_a_flow(told):
    """With a fastapi that is too new it crashes at the first flow; a step becomes a task of the run."""
    assert told["sum"] == 3
    assert any(str(name).startswith("added") for name in told["tasks"])


def test_a_scheduled_deployment_gets_a_run(told):
    """With sqlalchemy 2.1 the scheduler silently makes none; the deployment is that of prefect.yaml."""
    assert told["runs"]
    assert set(told["runs"]) == {"SCHEDULED"}


def test_a_failed_retraining_is_a_failed_run(told):
    """The flow of prefect.yaml is found by its entrypoint, and says why it failed."""
    name, state, message = told["retrain"]
    assert (name, state) == ("retrain", "FAILED")
    assert "the feature log has no labelled row" in message


def test_flows_are_offline_by_default():
    """Importing them turns telemetry off, unless a person has set it."""
    import flows

    assert flows.SETTINGS["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert all(os.environ.get(name) for name in flows.SETTINGS)
