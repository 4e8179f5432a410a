"""A small town's store: configs over the workspace, seventeen days of calls, a burst at their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place
from riskwatch.store.database import open_database

ROOT = Path(__file__).parents[2]
START = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 17
TOWNS = ("NORTH", "EAST", "WEST")
SOURCE = """\
source: {name}
about: {{en: calls of a town}}
areas: {areas}
indicators: indicators/town.yaml
timezone: UTC
lateness_min: 15
columns:
  area: {{column: town, kind: area, when_empty: COUNTY}}
  indicator: {{column: title, kind: code, codes: {{FEVER: fever, FALL: fall}}}}
  occurred_at: {{column: when, kind: instant, format: "%Y-%m-%d %H:%M:%S"}}
"""
AREAS = "code,name,parent,level,population\nCOUNTY,County,,county,90000\n"
INDICATORS = """\
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


def configs(folder: Path, *, towns: tuple[str, ...] = TOWNS, sources: tuple[str, ...] = ("town",)) -> Path:
    """An overlay of configs for these towns and sources."""
    for name in ("sources", "areas", "indicators"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in sources:
        (folder / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name, areas="areas/town.csv"))
    rows = "".join(f"{t},{t.title()},COUNTY,town,30000\n" for t in towns)
    (folder / "areas" / "town.csv").write_text(AREAS + rows)
    (folder / "indicators" / "town.yaml").write_text(INDICATORS)
    return folder


def parts(folder: Path, n: int = 4) -> list[Path]:
    """The calls in `n` files, one after the other; the burst begins in the last but one."""
    draw = np.random.default_rng(11)
    rows = []
    for town in TOWNS:
        for title, per_day in (("FEVER", 3.0), ("FALL", 6.0)):
            for at in draw.integers(0, DAYS * 86_400, draw.poisson(per_day * DAYS)):
                rows.append((START + timedelta(seconds=int(at)), town, title))
    burst = START + timedelta(days=DAYS - 1, hours=-6)
    rows += [(burst + timedelta(minutes=10 * k), "EAST", "FEVER") for k in range(80)]
    rows.sort()
    days = [0, DAYS - 4, DAYS - 1.1, DAYS - 0.7, DAYS][: n + 1]
    files = []
    for k, (start, end) in enumerate(pairwise(days)):
        mine = [r for r in rows if start <= (r[0] - START) / timedelta(days=1) < end]
        text = "".join(f"{town},{title},{at:%Y-%m-%d %H:%M:%S}\n" for at, town, title in mine)
        files.append(folder / f"part{k}.csv")
        files[-1].write_text("town,title,when\n" + text)
    return files


def clock() -> MovableClock:
    return MovableClock(START + timedelta(days=DAYS))


def opened(home: Path, **given: Any) -> Desk:
    """The desk of a store in that folder."""
    return Desk.open(Place(ROOT, home), clock(), **given)


def outside(home: Path) -> dict[str, list[Any]]:
    """Everything that the engine wrote: what must be the same to the byte."""
    engine = open_database(None, home)
    found = {}
    for name, order in (
        ("alerts", "id"),
        ("changes", "alert, revision"),
        ("record", "seq"),
        ("accounts", "source"),
        ("engine", "id"),
    ):
        with engine.connect() as tx:
            found[name] = tx.execute(sa.text(f"SELECT * FROM {name} ORDER BY {order}")).all()  # noqa: S608
    return found
