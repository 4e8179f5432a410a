"""Runs a simulation and reads everything back; used by the tests of this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskwatch.simulate.county import Summary, simulate
from riskwatch.simulate.scenario import Scenario, load_scenario


@dataclass(frozen=True)
class Run:
    """What a simulation left behind."""

    scenario: Scenario
    summary: Summary
    out: Path
    events: pd.DataFrame
    truth: dict[str, Any]
    areas: pd.DataFrame

    @property
    def first_copies(self) -> pd.DataFrame:
        """The events without the rows that were sent again."""
        return self.events.drop_duplicates("id")

    def villages_under(self, code: str) -> set[str]:
        """The codes at or under an area."""
        return {c for c in self.areas["code"] if c.startswith(code)}


def run(folder: Path, name: str = "events.parquet", **overrides: object) -> Run:
    """Simulate and read everything back; `__` stands for the dot of an override's key."""
    scenario = load_scenario(None, {key.replace("__", "."): value for key, value in overrides.items()})
    summary = simulate(scenario, folder / name, folder / "truth.json")
    events = pd.read_parquet(folder / name) if name.endswith(".parquet") else pd.DataFrame()
    configs = folder / (name.partition(".")[0] + ".configs")
    areas = pd.read_csv(configs / "areas" / "simulated.csv", dtype={"code": str, "parent": str})
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return Run(scenario, summary, folder / name, events, truth, areas)


NOTHING_SPECIAL: dict[str, object] = {
    **{f"incidents__{shape}__count": 0 for shape in ("storm", "outbreak", "slow", "compound")},
    **{f"outages__{kind}__count": 0 for kind in ("gap", "backlog", "partial")},
    "new_codes__known": 0,
    "new_codes__unknown": 0,
    "planned__count": 0,
}
