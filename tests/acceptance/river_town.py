"""A made valley with river gauges and calls in one file, sent through the whole desk."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place
from riskwatch.workspace import find_workspace

TOWNS = ("T1", "T2", "T3", "T4")
START = datetime(2025, 1, 6, tzinfo=UTC)
DAYS, STEP_MIN = 30, 15
Changed = Callable[[str, float, float], float | None]
"""(town, hours since the start, ordinary level in m) -> the reading, or None where none is sent."""


def ordinary(seed: int = 5) -> dict[str, list[tuple[float, float]]]:
    """By town (hours since the start, level in m): 3 m, a daily wave, slow noise."""
    draw = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float]]] = {}
    for town in TOWNS:
        slow = 0.0
        for n in range(DAYS * 24 * 60 // STEP_MIN):
            hours = n * STEP_MIN / 60
            slow = 0.97 * slow + float(draw.normal(0, 0.03))
            level = 3.0 + 0.2 * np.sin(hours / 24 * 2 * np.pi) + slow
            found.setdefault(town, []).append((hours, round(level, 3)))
    return found


def calls(seed: int = 6) -> list[tuple[float, str, str]]:
    """(hours since the start, town, code): half a call a day of each code in each town."""
    draw = np.random.default_rng(seed)
    return [
        (float(at), town, code)
        for town in TOWNS
        for code in ("flooding", "chest_pain")
        for at in draw.uniform(0, DAYS * 24, draw.poisson(0.5 * DAYS))
    ]


def run(
    root: Path,
    changed: Changed = lambda town, hours, level: level,
    more: list[tuple[float, str, str]] | None = None,
    *,
    calls_of: str = "flood",
) -> Desk:
    """The desk after the whole month; `calls_of` is the signature that flooding calls belong to."""
    rows: list[tuple[float, str, str, str]] = []
    for town, levels in ordinary().items():
        for hours, level in levels:
            shown = changed(town, hours, level)
            if shown is not None:
                rows.append((hours + 1 / 60, town, "river_level", str(shown)))
    rows += [(at, town, code, "1") for at, town, code in (*calls(), *(more or []))]
    _configs(root / "configs", calls_of)
    file = root / "valley.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["at", "town", "code", "value"])
        for hours, town, code, value in sorted(rows):
            lines.writerow([f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}", town, code, value])
    clock = MovableClock(START + timedelta(days=DAYS + 1))
    place = Place(find_workspace({}, Path.cwd()), root / "store")
    desk = Desk.open(place, clock, sources=["valley"], overlay=root / "configs")
    desk.replay(file, "valley")
    return desk


def _configs(folder: Path, calls_of: str) -> None:
    for name in ("sources", "areas", "indicators"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    people = [("VALLEY", "", "county", 240_000), *((t, "VALLEY", "town", 60_000) for t in TOWNS)]
    areas = "".join(f"{c},Place {c},{p},{level},{n},0.6\n" for c, p, level, n in people)
    (folder / "areas" / "valley.csv").write_text(
        "code,name,parent,level,population,vulnerability\n" + areas, encoding="utf-8"
    )

    def indicator(en: str, zh: str, signature: str, **more: object) -> dict[str, object]:
        return {
            "name": {"en": en, "zh": zh},
            "domain": "natural_hazard",
            "signature": signature,
            "harm": {"en": "people come to harm"},
            "response": "rescue",
            "owner": "duty desk",
            "expires": "2100-01-01",
            **more,
        }

    gauge = {"unit": {"en": "m", "zh": "米"}, "lowest": -2, "highest": 15}
    document: dict[str, object] = {
        "signatures": {
            s: {"name": {"en": s}, "domain": "natural_hazard", "owner": "duty desk"}
            for s in ("flood", "heart")
        },
        "indicators": {
            "river_level": indicator(
                "river level", "河道水位", "flood", measure="gauge", gauge=gauge, gravity=0.9
            ),
            "flooding": indicator("flooding calls", "积水求助", calls_of),
            "chest_pain": indicator("chest pain calls", "胸痛求助", "heart"),
        },
    }
    _write(folder / "indicators" / "valley.yaml", document)
    _write(
        folder / "sources" / "valley.yaml",
        {
            "source": "valley",
            "about": {"en": "a made valley"},
            "areas": "areas/valley.csv",
            "indicators": "indicators/valley.yaml",
            "timezone": "UTC",
            "lateness_min": 15,
            "columns": {
                "area": {"column": "town", "kind": "area"},
                "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
                "indicator": {"column": "code", "kind": "code", "codes": "same"},
                "value": {"column": "value", "kind": "number"},
            },
        },
    )


def _write(path: Path, document: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
