"""A town whose mapping is wrong at first: rows stand in quarantine until somebody mends it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place

ROOT = Path(__file__).parents[2]
START = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 17
TOWNS = ("NORTH", "EAST", "WEST")

_SOURCE = """\
source: town
about: {{en: calls of a town}}
areas: areas/town.csv
indicators: indicators/town.yaml
timezone: UTC
lateness_min: {lateness_min}
{more}columns:
{id}  area: {{column: town, kind: area, when_empty: COUNTY}}
  indicator: {{column: title, kind: code, codes: {{{codes}}}}}
  occurred_at: {{column: when, kind: instant, format: "{format}"}}
"""
_INDICATORS = """\
signatures:
  illness: {name: {en: illness}, domain: public_health, owner: Health desk}
  injury: {name: {en: injuries}, domain: accident_and_safety, owner: Health desk}
indicators:
  fever:
    {name: {en: fever}, domain: public_health, signature: illness, harm: {en: infection},
     response: medical, owner: Health desk, expires: 2100-01-01}
  fall:
    {name: {en: fall}, domain: accident_and_safety, signature: injury, harm: {en: injury},
     response: medical, owner: Health desk, expires: 2100-01-01}
"""


@dataclass(frozen=True)
class Call:
    """One row: `iso` if its instant has a T, `coded` if its code is the new one of the clinic."""

    id: str
    at: datetime
    town: str
    title: str
    iso: bool = False
    coded: bool = False

    def fields(self) -> tuple[str, str, str, str]:
        """As the file has it."""
        title = "PYREXIA" if self.coded else self.title
        return (
            self.id,
            self.town,
            title,
            f"{self.at:%Y-%m-%dT%H:%M:%SZ}" if self.iso else f"{self.at:%F %T}",
        )


def configs(
    folder: Path, *, mended: bool, lateness_min: int = 15, ids: bool = True, corrections: bool = False
) -> Path:
    """An overlay of configs; the mended mapping reads every row, the other not all."""
    for name in ("sources", "areas", "indicators"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{t},{t.title()},COUNTY,town,30000\n" for t in TOWNS)
    areas = "code,name,parent,level,population\nCOUNTY,County,,county,90000\n" + rows
    (folder / "areas" / "town.csv").write_text(areas)
    (folder / "indicators" / "town.yaml").write_text(_INDICATORS)
    told = _SOURCE.format(
        lateness_min=lateness_min,
        more="corrections: true\n" if corrections else "",
        id="  id: {column: id, kind: id}\n" if ids else "",
        codes="FEVER: fever, FALL: fall" + (", PYREXIA: fever" if mended else ""),
        format="iso" if mended else "%Y-%m-%d %H:%M:%S",
    )
    (folder / "sources" / "town.yaml").write_text(told)
    return folder


def calls(seed: int = 11) -> list[Call]:
    """Seventeen days, and eighty fevers in one town within fourteen hours at their end."""
    draw = np.random.default_rng(seed)
    found = []
    for town in TOWNS:
        for title, per_day in (("FEVER", 3.0), ("FALL", 6.0)):
            seconds = draw.integers(0, DAYS * 86_400, draw.poisson(per_day * DAYS))
            found += [Call("", START + timedelta(seconds=int(s)), town, title) for s in seconds]
    burst = START + timedelta(days=DAYS, hours=-14)
    found += [Call("", burst + timedelta(minutes=10 * k), "EAST", "FEVER") for k in range(80)]
    ordered = sorted(found, key=lambda c: (c.at, c.town, c.title))
    return [replace(c, id=f"c{n}") for n, c in enumerate(ordered)]


def written(path: Path, rows: Iterable[Call | Sequence[str]]) -> Path:
    """A file of them."""
    with path.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(["id", "town", "title", "when"])
        lines.writerows(row.fields() if isinstance(row, Call) else row for row in rows)
    return path


def opened(home: Path, *, days: float = DAYS, **given: Any) -> Desk:
    """The desk of a store in that folder, so many days after the first call."""
    clock = MovableClock(START + timedelta(days=days))
    return Desk.open(Place(ROOT, home), clock, sources=["town"], **given)


def account(desk: Desk) -> dict[str, int]:
    """The town's account, which must add up."""
    found = desk.alerts.accounts()["town"]
    parts = ("accepted", "duplicate", "late", "quarantined")
    assert found["rows_read"] == sum(found[part] for part in parts)
    assert min(found.values()) >= 0
    return found
