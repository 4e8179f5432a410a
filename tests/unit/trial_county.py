"""A small made county in a store, its truth beside it, for trials of candidates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import parquet

from riskwatch.core.clock import MovableClock, from_us
from riskwatch.desk import Desk, Place
from riskwatch.score.bundle import Bundle
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

ROOT = Path(__file__).parents[2]
NOW = from_us(1_780_000_000_000_000)


@dataclass(frozen=True)
class County:
    """The home of a replayed store, and the truth about its records."""

    home: Path
    truth: Path

    def desk(self, home: Path | None = None) -> Desk:
        """The store, or a copy of it."""
        return Desk.open(Place(ROOT, home or self.home), MovableClock(NOW))


def made_county(folder: Path) -> County:
    """Twelve areas over 22 days, with four storms and four outbreaks."""
    events, truth = folder / "events.parquet", folder / "truth.json"
    counts = {"incidents.storm.count": "4", "incidents.outbreak.count": "4"}
    scenario = load_scenario(None, {"areas": 12, "days": 22, "events": 4400, "seed": 3, **counts})
    simulate(scenario, events, truth)
    place = Place(ROOT, folder / "store")
    desk = Desk.open(place, MovableClock(NOW), sources=["simulated"], overlay=folder / "events.configs")
    table = parquet.read_table(events)  # sent in two parts, so that the inbox has two entries
    parquet.write_table(table.slice(0, len(table) // 2), folder / "first.parquet")
    for file in ("first.parquet", "events.parquet"):
        desk.replay(folder / file, "simulated", stream="events")
    return County(place.home, truth)


def bundle(desk: Desk, version: str, **frozen: Any) -> Bundle:
    """The configuration's bundle with another version and other numbers."""
    made = desk.settings.bundle.model_dump(mode="json")
    member = made["members"]["surprise_odds"]
    made["version"] = member["version"] = version
    member["frozen"] |= frozen
    return Bundle.model_validate(made)
