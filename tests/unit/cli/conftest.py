"""Runs the command line in this process, over one small county that is made and replayed once."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from cli_run import ROOT, Result, run_main

from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario
from riskwatch.workspace import enter_workspace


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the caller's environment, and a folder of one's own to stand in."""
    for name in [n for n in os.environ if n.startswith("RISKWATCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("RISKWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    enter_workspace(ROOT)


@pytest.fixture
def riskwatch(capsys: pytest.CaptureFixture[str]):
    """Call it with the words of a command line."""

    def call(*words: object) -> Result:
        capsys.readouterr()
        return run_main(capsys, [str(word) for word in words])

    return call


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The events of twenty areas over twenty days, with their configs beside them."""
    out = tmp_path_factory.mktemp("county") / "events.parquet"
    small = {"areas": 20, "days": 20, "events": 6000, "seed": 3}
    storm = {"incidents.storm.start_days": [19.7], "incidents.storm.extra_events": 300}
    scenario = load_scenario(None, small | storm)  # a storm at the end leaves alerts open
    simulate(scenario, out, out.with_name("truth.json"))
    return out


@pytest.fixture(scope="session")
def replayed(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store into which the county was replayed; not to be changed."""
    from riskwatch.core.clock import SystemClock
    from riskwatch.desk import Desk, Place

    home = tmp_path_factory.mktemp("replayed") / "store"
    place = Place(ROOT, home)
    desk = Desk.open(
        place, SystemClock(), sources=["simulated"], overlay=county.with_name("events.configs")
    )
    desk.replay(county, "simulated")
    return home


@pytest.fixture
def store(replayed: Path, tmp_path: Path) -> Path:
    """A copy of that store, to be changed at will."""
    return Path(shutil.copytree(replayed, tmp_path / "store"))
