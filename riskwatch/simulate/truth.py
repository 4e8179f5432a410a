"""The truth: what was planted, lost, delayed and doubled, counted while it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import SECOND_US, iso
from riskwatch.simulate.incidents import Incident
from riskwatch.simulate.outages import Outage
from riskwatch.simulate.planned import PlannedEvent
from riskwatch.simulate.plants import Occurrences
from riskwatch.simulate.rows import Rows
from riskwatch.simulate.world import World

_NEVER = np.iinfo(np.int64).max


@dataclass(slots=True)
class Tally:
    """Counts of the rows written; `happened` and `reported` [villages] count occurrences."""

    happened: NDArray[np.int64]
    reported: NDArray[np.int64]
    first_seen_s: NDArray[np.int64]
    per_code: NDArray[np.int64]
    lateness_s: float
    rows: int = 0
    duplicates: int = 0
    late: int = 0
    caught_up: int = 0
    over_lateness: int = 0
    planted: dict[str, dict[str, int]] = field(default_factory=dict)

    def count_occurrences(self, seen: Occurrences, leaves: NDArray[np.int64] | None) -> None:
        """Add occurrences of a draw over some villages (all of them if None)."""
        where = slice(None) if leaves is None else leaves
        self.happened[where] += seen.happened
        self.reported[where] += seen.reported

    def count_planted(self, name: str, seen: Occurrences, rows: Rows) -> None:
        """Add what an incident planted."""
        counts = self.planted.setdefault(name, {"extra_events": 0, "occurrences": 0, "reported": 0})
        counts["extra_events"] += int((~rows.copy).sum())
        counts["occurrences"] += int(seen.happened.sum())
        counts["reported"] += int(seen.reported.sum())

    def count_rows(self, rows: Rows) -> None:
        """Add rows that are being written."""
        own = ~rows.copy
        self.rows += len(rows)
        self.duplicates += int(rows.copy.sum())
        self.late += int(rows.late.sum())
        self.caught_up += int((rows.caught_up & own).sum())
        self.over_lateness += int((own & (rows.received_s - rows.occurred_s > self.lateness_s)).sum())
        self.per_code += np.bincount(rows.indicator, minlength=len(self.per_code))
        np.minimum.at(self.first_seen_s, rows.indicator, rows.received_s)


def tally_of(world: World) -> Tally:
    """A tally that stands at zero."""
    codes, leaves = len(world.catalogue.entries), world.county.leaves
    return Tally(
        happened=np.zeros(leaves, dtype=np.int64),
        reported=np.zeros(leaves, dtype=np.int64),
        first_seen_s=np.full(codes, _NEVER, dtype=np.int64),
        per_code=np.zeros(codes, dtype=np.int64),
        lateness_s=world.scenario.lateness_minutes * 60,
    )


def truth_document(
    world: World,
    tally: Tally,
    *,
    incidents: list[Incident],
    outages: list[Outage],
    planned: list[PlannedEvent],
) -> dict[str, Any]:
    """Everything an evaluation may know and the engine may not."""
    scenario, hours = world.scenario, world.hours
    labels = {label for labels in world.county.partitions.values() for label in labels}
    return {
        "scenario": scenario.model_dump(mode="json"),
        "seed": scenario.seed,
        "start": hours.iso(0),
        "end": hours.iso(hours.count),
        "rows": tally.rows,
        "incidents": [_incident(world, incident, tally) for incident in incidents],
        "outages": [outage.truth() for outage in outages],
        "new_codes": _new_codes(world, tally),
        "planned": [p.document() for p in planned],
        "reporting": {k: v for k, v in sorted(scenario.reporting.items()) if k in labels},
        "coverage": _coverage(world, tally),
        "duplicates": tally.duplicates,
        "late_rows": {
            "planted": tally.late,
            "caught_up": tally.caught_up,
            "over_lateness": tally.over_lateness,
            "lateness_minutes": scenario.lateness_minutes,
        },
        "base_rates": _base_rates(world),
        "rows_per_indicator": dict(zip(world.catalogue.codes, tally.per_code.tolist(), strict=True)),
    }


def _incident(world: World, incident: Incident, tally: Tally) -> dict[str, Any]:
    plant = incident.plant
    counts = tally.planted.get(incident.id, {"extra_events": 0, "occurrences": 0, "reported": 0})
    return {
        "id": incident.id,
        "shape": incident.shape,
        "areas": [incident.area, *incident.around],
        "indicators": [world.catalogue.codes[i] for i in plant.indicators],
        "signature": incident.signature,
        "start": world.hours.iso(plant.first_hour),
        "end": world.hours.iso(plant.end_hour),
        "extra_events": counts["extra_events"],
        "expected_occurrences": round(float(plant.mass.sum()), 3),
        "occurrences": counts["occurrences"],
        "reported": counts["reported"],
        "peak_ratio": round(incident.peak_ratio, 3),
    }


def _new_codes(world: World, tally: Tally) -> list[dict[str, Any]]:
    found = []
    for i, code in enumerate(world.catalogue.codes):
        known = i < world.catalogue.listed
        if known and world.catalogue.first_days[i] <= 0:
            continue
        seen = int(tally.first_seen_s[i])
        first = None if seen == _NEVER else iso(seen * SECOND_US)
        starts = world.hours.iso(int(world.rates.first_hour[i]))
        found.append({"code": code, "known": known, "starts": starts, "first_seen": first})
    return found


def _coverage(world: World, tally: Tally) -> dict[str, dict[str, dict[str, int]]]:
    """Per partition and label: population, occurrences that happened, occurrences reported."""
    county = world.county
    people = county.population[county.leaf_first :]
    table: dict[str, dict[str, dict[str, int]]] = {}
    for name, labels in county.partitions.items():
        mine = county.label[name][county.leaf_first :]
        table[name] = {
            label: {
                "population": int(people[mine == k].sum()),
                "happened": int(tally.happened[mine == k].sum()),
                "reported": int(tally.reported[mine == k].sum()),
            }
            for k, label in enumerate(labels)
        }
    return table


def _base_rates(world: World) -> dict[str, Any]:
    """Occurrences a day at a shape of 1: county-wide, and the spread over villages."""
    a_day = world.rates.level * 24
    quantiles = np.quantile(a_day, [0.1, 0.5, 0.9], axis=1)
    return {
        "unit": "occurrences a day, reported or not",
        "county": {
            c: round(float(x), 6) for c, x in zip(world.catalogue.codes, a_day.sum(axis=1), strict=True)
        },
        "village_p10_p50_p90": {
            c: [round(float(x), 6) for x in quantiles[:, i]] for i, c in enumerate(world.catalogue.codes)
        },
    }
