"""How does it grow? `RISKWATCH_DATA=… python -m benchmarks.growth` writes `growth.md`; sizes by option.

Time a tick and memory by the number of areas, with 20 indicators, from accepted events to
assessments, and bytes of state where every series has a call in every tick, by the length of a tick;
each in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import ROOT, provenance, table
from features.call_volume import CallVolume
from models.surprise_odds import SurpriseOdds
from riskwatch.alert.rules import AlertRules
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import DAY_US, MINUTE_US
from riskwatch.core.documents import read_document
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import World
from riskwatch.extract.arrivals import Accepted
from riskwatch.extract.expectation import Memory
from riskwatch.extract.panels import PanelBuilder
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import Composite
from riskwatch.score.strongest import StrongestSpeaks
from riskwatch.testing.made import MONDAY_US, made_registry

TICK_US = 900_000_000
DAYS, PER_DAY = 9, 96
STREETS = 41_352
NOTE = (
    "Calls come at one a day of each leaf and indicator, at random. The windows reach a week back, so "
    "nine days were run, with a baseline allowed to speak after three; "
    "times are the processor's, of the last day. "
    "Bytes of state are those of every array of panel builder and extractor; an active series is one "
    "(of any level of the tree, signatures' totals included) that had a call within the longest window. "
    "`fixed` is what a series costs that never had one."
)
AIM = 1_024
DENSE_AREAS, DENSE_DAYS = 1_000, 8
DENSE_NOTE = (
    f"Every leaf and indicator has a call in every tick, for {DENSE_DAYS} days; every series of the tree "
    "counts. Instants are at random, to the microsecond or in whole seconds, as records mostly have "
    f"them. The aim is {AIM:,} bytes a series, all state of panel builder and extractor together. A ring "
    "that held each tick of the longest window by itself, as it was once, takes 16 bytes times the ticks "
    "of a week. What windows, their grains and the hours of a chart ask for is `cells` numbers a series; "
    "`bound` is what no layout comes below that keeps in each a count of a byte and an instant of four. "
    "What is pooled over all series (profiles, exposures by tick) is counted in; in a tree of ten times "
    "as many areas it is a tenth of that a series."
)


def streets() -> AreaTree:
    """The real streets of China under their areas, cities and provinces."""
    folder = Path(os.environ["RISKWATCH_DATA"]) / "cn_admin_divisions"
    areas = [Area("0", "China", None, "country")]
    above = {
        "provinces.csv": "",
        "cities.csv": "provinceCode",
        "areas.csv": "cityCode",
        "streets.csv.gz": "areaCode",
    }
    for file, parent in above.items():
        opened = gzip.open if file.endswith(".gz") else open
        with opened(folder / file, "rt", encoding="utf-8") as text:
            for row in csv.DictReader(text):
                up = f"{parent}{row[parent]}" if parent else "0"
                mine = {"provinces.csv": "provinceCode", "cities.csv": "cityCode", "areas.csv": "areaCode"}
                areas.append(Area(f"{mine.get(file, 'street')}{row['code']}", row["name"], up, file))
    return AreaTree(areas)


def even(n: int) -> AreaTree:
    """About n areas in four levels, each node with as many children as its siblings."""
    each = round(n ** (1 / 3))
    areas = [Area("0", "0", None, "0")]
    level = ["0"]
    for depth in range(3):
        width = each if depth < 2 else (n - len(areas)) // len(level)
        level = [f"{up}.{i}" for up in level for i in range(width)]
        areas += [Area(code, code, code.rpartition(".")[0], str(depth + 1)) for code in level]
    return AreaTree(areas)


def measure(tree: AreaTree) -> dict[str, Any]:
    """Nine days of calls: seconds a tick of the last day, bytes, series."""
    registry: IndicatorRegistry = made_registry(signatures=5, indicators_each=4)
    world = World(tree, registry, TickGrid(TICK_US, TICK_US), "UTC")
    bundle = read_document(ROOT / "configs" / "bundle.yaml", Bundle, "bundle.yaml")
    rules = read_document(ROOT / "configs" / "alerts.yaml", AlertRules, "alerts.yaml")
    volume = CallVolume(world)
    volume.expectation._memory = replace(Memory(), min_days=2, speak_days=3)
    builder = PanelBuilder(world)
    fixed = state_bytes(volume) + state_bytes(builder)
    composite = Composite(
        {n: (m.weight, SurpriseOdds.frozen(**m.frozen)) for n, m in bundle.members.items()}, volume
    )
    strongest = StrongestSpeaks(composite, volume, tree, registry)
    leaf = np.flatnonzero(~np.isin(np.arange(len(tree)), tree.parent))
    draw = np.random.default_rng(7)
    took: list[float] = []
    for tick in range(DAYS * PER_DAY):
        n = draw.poisson(len(leaf) * len(registry) / PER_DAY)
        at = MONDAY_US + tick * TICK_US
        events = Accepted(
            area=draw.choice(leaf, n),
            indicator=draw.integers(0, len(registry), n),
            source=np.zeros(n, np.int64),
            occurred_us=at + draw.integers(0, TICK_US, n),
            count=np.ones(n, np.int64),
        )
        started = time.process_time()
        builder.add(events)
        for panel in builder.close(at + 2 * TICK_US, 1):
            volume.update(panel)
            strongest.assess(composite.score(volume.read()), (), rules)
        took.append(time.process_time() - started)
    last = np.array(took[-PER_DAY:])
    active = int((volume.windows.by_series[:, -1] > 0).sum())
    held = state_bytes(volume) + state_bytes(builder)
    return {
        "areas": len(tree),
        "series": len(tree) * builder.columns,
        "active": active,
        "tick_ms": 1e3 * float(np.median(last)),
        "worst_ms": 1e3 * float(last.max()),
        "state_mib": held / 2**20,
        "per_active": held / active,
        "fixed": fixed / (len(tree) * builder.columns),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measure_dense(tick_min: int, unit_us: int) -> dict[str, Any]:
    """Days of a call in every tick of every leaf and indicator: bytes of state a series."""
    tree, registry = even(DENSE_AREAS), made_registry(signatures=5, indicators_each=4)
    tick_us = tick_min * MINUTE_US
    world = World(tree, registry, TickGrid(tick_us, tick_us), "UTC")
    volume, builder = CallVolume(world), PanelBuilder(world)
    leaf = np.flatnonzero(~np.isin(np.arange(len(tree)), tree.parent))
    area, indicator = (a.ravel() for a in np.meshgrid(leaf, np.arange(len(registry))))
    draw, ones = np.random.default_rng(7), np.ones(len(area), np.int64)
    ticks = DENSE_DAYS * DAY_US // tick_us
    took: list[float] = []
    for tick in range(ticks):
        at = MONDAY_US + tick * tick_us
        when = at + draw.integers(0, tick_us // unit_us, len(area)) * unit_us
        started = time.process_time()
        builder.add(Accepted(area, indicator, 0 * ones, when, ones))
        for panel in builder.close(at + 2 * tick_us, 1):
            volume.update(panel)
        took.append(time.process_time() - started)
    series, rings = len(tree) * builder.columns, state_bytes(volume.windows)
    pooled = state_bytes(volume.expectation.profile)
    reach, cells = 0, 0
    for width, grain in volume.windows.spans.stages:
        cells, reach = cells + (width - reach) // grain, width
    return {
        "tick_min": tick_min,
        "series": series,
        "windows": rings / series,
        "pooled": pooled / series,
        "all": (state_bytes(volume) + state_bytes(builder)) / series,
        "cells": cells,
        "by_tick": 16 * 7 * DAY_US // tick_us,
        "tick_ms": 1e3 * float(np.median(took[-ticks // DENSE_DAYS :])),
    }


def state_bytes(thing: Any, seen: set[int] | None = None) -> int:
    """Bytes of every array that an object of the engine holds, each once; the tree is the world's."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, (AreaTree, IndicatorRegistry, World)):
        return 0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        return int(thing.nbytes) if thing.base is None else state_bytes(thing.base, seen)
    if isinstance(thing, dict):
        return sum(state_bytes(v, seen) for v in thing.values())
    if isinstance(thing, (list, tuple)):
        return sum(state_bytes(v, seen) for v in thing)
    if is_dataclass(thing) and not hasattr(thing, "__dict__"):
        return sum(state_bytes(getattr(thing, f.name), seen) for f in fields(thing))
    held = getattr(thing, "__dict__", None)
    return (
        state_bytes(held, seen)
        if held and type(thing).__module__.startswith(("riskwatch", "features"))
        else 0
    )


def main() -> None:
    """Measure each size in a process of its own, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, nargs="*", default=[1_000, 10_000, STREETS, 100_000])
    parser.add_argument(
        "--ticks", type=int, nargs="*", default=[15, 5, 1], help="minutes a tick, where dense"
    )
    parser.add_argument("--one", type=int, help="measure one size and print it")
    parser.add_argument("--dense", type=int, nargs=2, help="measure dense series: minutes, microseconds")
    parser.add_argument("--at-once", type=int, default=1, help="how many to measure beside each other")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(streets() if options.one == STREETS else even(options.one))))
        return
    if options.dense:
        print(json.dumps(measure_dense(*options.dense)))
        return
    sizes: list[list[object]] = []
    dense: list[list[object]] = []
    units = {"microseconds": 1, "seconds": 1_000_000}
    each = [(tick_min, instants) for tick_min in options.ticks for instants in units]
    with ThreadPoolExecutor(options.at_once) as pool:
        of_size = [pool.submit(alone, "--one", size) for size in options.areas]
        of_dense = [pool.submit(alone, "--dense", tick_min, units[text]) for tick_min, text in each]
        for size, told in zip(options.areas, of_size, strict=True):
            sizes.append(_of_size(size, told.result()))
            write(sizes, dense)  # after each, so that a large one may be stopped
        for (_, instants), told in zip(each, of_dense, strict=True):
            dense.append(_of_dense(instants, told.result()))
            write(sizes, dense)


def alone(*given: object) -> dict[str, Any]:
    """What a process of its own measured."""
    command = [sys.executable, "-m", "benchmarks.growth", *map(str, given)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    print(measured, flush=True)
    return measured


def _of_size(size: int, got: dict[str, Any]) -> list[object]:
    return [
        f"{got['areas']:,}" + (" (streets of China)" if size == STREETS else ""),
        *(f"{got[k]:,}" for k in ("series", "active")),
        *(f"{got[k]:,.1f}" for k in ("tick_ms", "worst_ms")),
        *(f"{got[k]:,.0f}" for k in ("state_mib", "per_active", "fixed", "peak_mib")),
    ]


def _of_dense(instants: str, got: dict[str, Any]) -> list[object]:
    return [
        got["tick_min"],
        instants,
        f"{got['series']:,}",
        f"{got['windows']:,.0f}",
        f"{got['pooled']:,.0f}",
        f"**{got['all']:,.0f}**",
        f"{AIM:,}",
        got["cells"],
        f"{5 * got['cells']:,}",
        f"{got['by_tick']:,}",
        f"{got['tick_ms']:,.1f}",
    ]


def write(sizes: list[list[object]], dense: list[list[object]]) -> None:
    """The page of what was measured so far."""
    of_size = [
        *("areas", "series", "active", "median tick, CPU ms", "worst tick, CPU ms"),
        *("state, MiB", "bytes an active series", "fixed bytes a series", "peak RSS, MiB"),
    ]
    of_dense = [
        *("minutes a tick", "instants", "series", "windows, bytes a series"),
        *("pooled, shared by all", "all state, bytes a series"),
        *("aim", "cells", "bound", "a ring of ticks", "median tick, CPU ms"),
    ]
    command = " ".join(["python -m benchmarks.growth", *sys.argv[1:]])
    said = f"{provenance(command)} Load at the end: {os.getloadavg()[0]:.1f}."
    parts = ["# Growth with the number of areas", NOTE, said, table(of_size, sizes)]
    if dense:
        parts += ["## Where every series has a call in every tick", DENSE_NOTE, table(of_dense, dense)]
    text = "\n\n".join([*parts, ""])
    (ROOT / "benchmarks" / "growth.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
