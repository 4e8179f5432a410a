"""Gauges through the whole desk, real and made, and what they cost: `python -m benchmarks.gauges`.

Hourly PM2.5 of twelve stations in Beijing (RISKWATCH_DATA names the folder of real records), and made
rivers with planted floods, both replayed as any source is. Writes `gauges.md`.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from benchmarks.page import ROOT, asked, provenance, table
from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.clock import MovableClock, from_us
from riskwatch.core.gauges import Gauge
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.desk import Desk, Place
from riskwatch.extract.gauge_health import GaugeHealth
from riskwatch.extract.gauges import Gauges
from riskwatch.testing.made import made_panels, made_world

ZONE = "Asia/Shanghai"
UNHEALTHY, HAZARDOUS = 150, 250  # µg/m³ over a day: heavily and severely polluted (HJ 633-2012)
RIVERS, DAYS, LEARNING_DAYS, SEED = 40, 80, 30, 11
HEIGHTS_M = (0.5, 1.0, 2.0)
RISE_H, STANDS_H = 12, 12


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of gauge: indicator, unit, range, time zone, places and people in each."""

    code: str
    unit: str
    lowest: float
    highest: float
    timezone: str
    places: tuple[str, ...]
    people: int


def replayed(source: Source, rows: pd.DataFrame, root: Path) -> tuple[Desk, float]:
    """(desk, wall seconds) after rows with the columns at, place, code, value."""
    configs = root / "configs"
    for name in ("sources", "areas", "indicators"):
        (configs / name).mkdir(parents=True)
    places = "".join(f"{p},{p},ALL,place,{source.people},0.5\n" for p in source.places)
    head = f"code,name,parent,level,population,vulnerability\nALL,All,,county,{source.people},0.5\n"
    (configs / "areas" / "a.csv").write_text(head + places, encoding="utf-8")
    about = {"domain": "natural_hazard", "owner": "desk"}
    gauge = {"unit": source.unit, "lowest": source.lowest, "highest": source.highest}
    indicator = {
        "name": {"en": source.code},
        "signature": "harm",
        "harm": {"en": "people come to harm"},
        "response": "rescue",
        "expires": "2100-01-01",
        "measure": "gauge",
        "gauge": gauge,
        **about,
    }
    document = {
        "signatures": {"harm": {"name": {"en": "harm"}, **about}},
        "indicators": {source.code: indicator},
    }
    mapping = {
        "source": "gauges",
        "about": {"en": "gauges"},
        "areas": "areas/a.csv",
        "indicators": "indicators/a.yaml",
        "timezone": source.timezone,
        "lateness_min": 15,
        "columns": {
            "area": {"column": "place", "kind": "area"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "%Y-%m-%d %H:%M:%S"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "value": {"column": "value", "kind": "number"},
        },
    }
    (configs / "indicators" / "a.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (configs / "sources" / "gauges.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    file = root / "rows.csv"
    rows.to_csv(file, index=False)
    clock = MovableClock(datetime(2026, 1, 1, tzinfo=UTC))
    desk = Desk.open(Place(ROOT, root / "store"), clock, sources=["gauges"], overlay=configs)
    started = time.perf_counter()
    desk.replay(file, "gauges")
    return desk, time.perf_counter() - started


def risks(desk: Desk) -> list[Alert]:
    """Every risk alert, by opening."""
    return sorted(desk.alerts.find(everything=True, kind=AlertKind.RISK), key=lambda a: a.opened_at_us)


def levels(alerts: list[Alert]) -> str:
    """How many peaked at each level."""
    return ", ".join(f"{level.word} {sum(a.peak_level is level for a in alerts)}" for level in Level)


def beijing(data: Path) -> list[list[object]]:
    """Rows of the page on four years of twelve stations."""
    read = pd.read_csv(next((data / "beijing_prsa").glob("*.csv.gz")))
    read["at"] = pd.to_datetime(read[["year", "month", "day", "hour"]])
    read = read.sort_values(["at", "station"], kind="stable")
    rows = read[["at", "station", "PM2.5"]].set_axis(["at", "place", "value"], axis=1).assign(code="pm25")
    source = Source("pm25", "µg/m³", 0, 1000, ZONE, tuple(sorted(read["station"].unique())), 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        desk, wall_s = replayed(source, rows, Path(folder))
        alerts, account = risks(desk), desk.alerts.accounts()["gauges"]
        notices = desk.alerts.find(everything=True, kind=AlertKind.DATA_HEALTH)
    day = rows.groupby(rows["at"].dt.floor("D"))["value"].mean()
    one = pd.Timedelta(days=1)
    opened = [pd.Timestamp(from_us(a.opened_at_us)).tz_convert(ZONE).tz_localize(None) for a in alerts]
    days = sorted({t.floor("D") for t in opened})
    bad = set(day[day >= UNHEALTHY].index)
    onsets = [t for t, v in day.items() if v >= HAZARDOUS and day.get(t - one, np.inf) < HAZARDOUS]
    found = sum(any(t - 1.5 * one <= o <= t + one for o in opened) for t in onsets)
    confirmed = sum(bool({d, d + one} & bad) for d in days)
    return [
        ["rows read, accepted, quarantined (no value)",
         ", ".join(f"{account[name]:,}" for name in ("rows_read", "accepted", "quarantined"))],
        ["risk alerts in 1,461 days, by peak level", f"{len(alerts)}: {levels(alerts)}"],
        ["days with a new alert", len(days)],
        [f"of them with a mean of the stations of {UNHEALTHY} or more on that day or the next", confirmed],
        [f"first days of a mean of {HAZARDOUS} or more, with an alert up to 36 h before or on the day",
         f"{len(onsets)}, {found}"],
        ["notices: station silent, station stuck, all silent",
         ", ".join(str(n) for n in _kinds(notices))],
        ["wall time (s)", f"{wall_s:.0f}"],
    ]  # fmt: skip


def _kinds(notices: list[Alert]) -> tuple[int, int, int]:
    stuck = sum(a.signature == "stuck" for a in notices)
    station = sum("@" in a.detail for a in notices) - stuck
    return station, stuck, len(notices) - station - stuck


def rivers() -> tuple[list[list[object]], list[list[object]]]:
    """(false alerts on calm rivers, planted floods by height)."""
    draw, per_day, start = np.random.default_rng(SEED), 96, datetime(2025, 1, 6, tzinfo=UTC)
    n = DAYS * per_day
    hours = np.arange(n) / 4
    frames, planted = [], {}
    for r in range(RIVERS):
        slow, noise = np.zeros(n), draw.normal(0, 0.03, n)
        for k in range(1, n):
            slow[k] = 0.985 * slow[k - 1] + noise[k]
        level = 3 + 0.2 * np.sin(hours / 24 * 2 * np.pi) + 0.3 * np.sin(hours / 24 / 180 * np.pi) + slow
        if r % 2:  # every other river rises once
            height = HEIGHTS_M[r // 2 % len(HEIGHTS_M)]
            begins = float(draw.uniform(LEARNING_DAYS, DAYS - 3) * 24)
            since = hours - begins
            shape = np.clip(since / RISE_H, 0, 1) * np.exp(
                -np.clip(since - RISE_H - STANDS_H, 0, None) / 12
            )
            level = level + height * shape
            planted[f"R{r}"] = (begins, height)
        at = [start + timedelta(minutes=15 * k + 1) for k in range(n)]
        frames.append(pd.DataFrame({"at": at, "place": f"R{r}", "value": level.round(2), "code": "river"}))
    rows = pd.concat(frames).sort_values("at", kind="stable")
    rows["at"] = rows["at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    source = Source("river", "m", -5, 30, "UTC", tuple(f"R{r}" for r in range(RIVERS)), 50_000)
    with tempfile.TemporaryDirectory() as folder:
        desk, wall_s = replayed(source, rows, Path(folder))
        alerts = [(a, (from_us(a.opened_at_us) - start).total_seconds() / 3600) for a in risks(desk)]
    calm, delays = [], dict[str, float]()
    for alert, at_h in alerts:
        begins, _ = planted.get(alert.area, (np.inf, 0.0))
        if begins <= at_h <= begins + 96:
            delays.setdefault(alert.area, at_h - begins)
        else:
            calm.append(alert)
    gauge_days = RIVERS * (DAYS - 14)
    false = [
        ["rivers, days, readings", f"{RIVERS}, {DAYS}, {len(rows):,}"],
        ["alerts outside of floods, by peak level", f"{len(calm)}: {levels(calm)}"],
        ["a thousand gauge-days (after the first 14 days), yellow or graver",
         f"{1000 * sum(a.peak_level <= Level.YELLOW for a in calm) / gauge_days:.1f}"],
        ["wall time (s)", f"{wall_s:.0f}"],
    ]  # fmt: skip
    floods: list[list[object]] = []
    for height in HEIGHTS_M:
        mine = [p for p, (_, h) in planted.items() if h == height]
        seen = [delays[p] for p in mine if p in delays]
        median = f"{np.median(seen):.1f}" if seen else "none"
        floods.append([f"{height:g} m", len(mine), len(seen), median])
    return false, floods


def cost() -> list[list[object]]:
    """What a tick of 4,096 gauges takes, every one of them read."""
    world = made_world(levels=5, children=8, signatures=1, indicators_each=1)
    river = Gauge(unit="m", lowest=-99, highest=99)
    measured = [replace(i, measure="gauge", gauge=river) for i in world.registry.indicators]
    registry = IndicatorRegistry(measured, world.registry.signatures)
    world, columns = replace(world, registry=registry), 2
    series = np.arange(len(world.tree) - 4096, len(world.tree)) * columns
    gauges, health = Gauges(world, [4, 12, 24, 48, 96, 288, 672]), GaugeHealth(world)
    base = made_panels(made_world(levels=1), days=1)[0]
    draw, level, took = np.random.default_rng(SEED), np.zeros(len(series)), []
    for k in range(1_000):
        level = 0.97 * level + draw.normal(0, 0.03, len(level))
        panel = replace(base, tick=k, gauges=series, readings=3 + level, blind_since=np.full(columns, -1))
        started = time.perf_counter()
        gauges.update(health.look(panel), k // 4 % 168)
        gauges.speaking()
        took.append(1e3 * (time.perf_counter() - started))
    state = sum(a.nbytes for held in (gauges, health) for a in held.state()["of"].values())
    p50, p99 = np.quantile(took[50:], [0.5, 0.99])
    return [
        ["a tick of 4,096 gauges, p50, p99 (ms)", f"{p50:.1f}, {p99:.1f}"],
        ["state a gauge (bytes)", f"{state / len(series):,.0f}"],
    ]


def main() -> None:
    """Run, and write the page."""
    asked(__doc__)
    where = os.environ.get("RISKWATCH_DATA")
    air = beijing(Path(where)) if where else [["not run", "RISKWATCH_DATA names no folder"]]
    false, floods = rivers()
    page = "\n\n".join(
        (
            "# Gauges: what comes of readings",
            provenance("python -m benchmarks.gauges"),
            "## PM2.5 of twelve stations in Beijing, hourly, March 2013 to February 2017\n\n"
            "Replayed as a source with the bundle and the rules that ship; a station's 672 first readings "
            "are learnt in silence. Alerts are of stations, held against their own last 12 weeks, so that "
            "the tenth smog of a winter is no news while the ninth is remembered: what is found is what is "
            "new, and a hazard that is usual in its season is not.",
            table(["what", "value"], air),
            f"## {RIVERS} made rivers, every 15 minutes\n\n"
            f"A daily wave, a slow season and autocorrelated noise; every other river rises once within "
            f"{RISE_H} h, stands for {STANDS_H} h and falls. Seed {SEED}. A calm river's range is "
            "about 1.3 m.",
            table(["what", "value"], false),
            table(
                ["height of the flood", "planted", "found", "hours after it begins to rise, median"], floods
            ),
            "## Cost",
            table(["what", "value"], cost()),
        )
    )
    (ROOT / "benchmarks" / "gauges.md").write_text(page + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
