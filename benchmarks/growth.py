"""How does it grow? `RISKWATCH_DATA=… python -m benchmarks.growth` writes `growth.md`; sizes by option.

Time a tick and memory by the number of areas, with 20 indicators, from accepted events to
assessments; each size in a process of its own.
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
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import ROOT, provenance, table
from features.call_volume import CallVolume
from models.surprise_odds import SurpriseOdds
from riskwatch.alert.rules import AlertRules
from riskwatch.core.areas import Area, AreaTree
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
    parser.add_argument("--one", type=int, help="measure one size and print it")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(streets() if options.one == STREETS else even(options.one))))
        return
    lines: list[list[object]] = []
    for size in options.areas:
        command = [sys.executable, "-m", "benchmarks.growth", "--one", str(size)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        got = json.loads(done.stdout)
        lines.append(
            [
                f"{got['areas']:,}" + (" (streets of China)" if size == STREETS else ""),
                *(f"{got[k]:,}" for k in ("series", "active")),
                *(f"{got[k]:,.1f}" for k in ("tick_ms", "worst_ms")),
                *(f"{got[k]:,.0f}" for k in ("state_mib", "per_active", "fixed", "peak_mib")),
            ]
        )
        text = page(lines)  # after each size, so that a large one may be stopped
        (ROOT / "benchmarks" / "growth.md").write_text(text, encoding="utf-8")
        print(lines[-1], flush=True)


def page(lines: list[list[object]]) -> str:
    """The page of the sizes measured so far."""
    header = [
        *("areas", "series", "active", "median tick, CPU ms", "worst tick, CPU ms"),
        *("state, MiB", "bytes an active series", "fixed bytes a series", "peak RSS, MiB"),
    ]
    said = f"{provenance('python -m benchmarks.growth')} Load at the end: {os.getloadavg()[0]:.1f}."
    return "\n\n".join(["# Growth with the number of areas", NOTE, said, table(header, lines), ""])


if __name__ == "__main__":
    main()
