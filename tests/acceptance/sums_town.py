"""A made town whose clinic sends sums of visits, sent through the whole desk."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place
from riskwatch.workspace import find_workspace

START = datetime(2025, 1, 6, tzinfo=UTC)
EVERY_H = 4
Report = tuple[float, int]
"""Hours since the start, visits since the report before."""
Changed = Callable[[float, float], float]
"""(hours since the start, visits usual in a report) -> how many to expect."""


def reports(
    days: int,
    changed: Changed = lambda hours, usual: usual,
    *,
    usual: float = 6.0,
    seed: int = 3,
    every_h: int = EVERY_H,
) -> list[Report]:
    """A report every few hours, a few minutes after the hour, of Poisson sums."""
    draw = np.random.default_rng(seed)
    return [
        (hours + float(draw.uniform(0, 10)) / 60, int(draw.poisson(changed(hours, usual))))
        for hours in range(0, days * 24, every_h)
    ]


def run(
    root: Path, sent: Iterable[Report], every_h: float | None = EVERY_H, *, pauses: Sequence[int] = ()
) -> Desk:
    """The desk after these reports; `every_h` is what the mapping says of them.

    After so many reports as each of `pauses` says, the desk is closed and opened again.
    """
    _configs(root / "configs", every_h)
    sent = list(sent)
    for until in pauses:
        _replay(root, sent[:until])
    return _replay(root, sent)


def _replay(root: Path, sent: Sequence[Report]) -> Desk:
    file = root / "visits.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["at", "town", "visits"])
        for hours, visits in sent:
            at = START + timedelta(hours=hours)
            lines.writerow([f"{at:%Y-%m-%dT%H:%M:%SZ}", "T1", visits])
    clock = MovableClock(START + timedelta(hours=sent[-1][0] + 1))
    desk = Desk.open(
        Place(find_workspace({}, Path.cwd()), root / "store"),
        clock,
        sources=["clinic"],
        overlay=root / "configs",
    )
    desk.replay(file, "clinic")
    return desk


def _configs(folder: Path, every_h: float | None) -> None:
    for name in ("sources", "areas", "indicators"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "areas" / "town.csv").write_text(
        "code,name,name_zh,parent,level,population,vulnerability\nTOWN,Town,镇,,county,60000,0.5\n"
        "T1,East,东,TOWN,town,30000,0.5\n",
        encoding="utf-8",
    )
    names = {"name": {"en": "clinic visits", "zh": "就诊"}, "domain": "public_health"}
    indicators = {
        "signatures": {
            "illness": {
                "name": {"en": "illness", "zh": "疾病"},
                "domain": "public_health",
                "owner": {"en": "Health desk", "zh": "卫生值班室"},
            }
        },
        "indicators": {
            "visit": names
            | {
                "signature": "illness",
                "harm": {"en": "an outbreak", "zh": "疫情"},
                "response": "medical",
                "owner": "Health desk",
                "expires": "2999-12-31",
            }
        },
    }
    (folder / "indicators" / "town.yaml").write_text(yaml.safe_dump(indicators), encoding="utf-8")
    mapping = {
        "source": "clinic",
        "about": {"en": "visits to a clinic, summed", "zh": "诊所就诊数"},
        "areas": "areas/town.csv",
        "indicators": "indicators/town.yaml",
        "timezone": "UTC",
        "lateness_min": 15,
        "columns": {
            "area": {"column": "town", "kind": "area"},
            "indicator": {"always": "visit"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
            "value": {"column": "visits", "kind": "number"},
        },
    } | ({} if every_h is None else {"reports_every_h": every_h})
    (folder / "sources" / "clinic.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
