"""Shapes on the simulator: `python -m benchmarks.detection.shapes` writes `shapes.md`.

The engine as configured against each single-domain detector at the same rate of alerts.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.detection.measures import cell
from benchmarks.page import ROOT, asked, noted, provenance, table
from riskwatch.app import Pipeline
from riskwatch.core.alerts import Assessment
from riskwatch.core.clock import DAY_US, HOUR_US, SystemClock
from riskwatch.core.indicators import DOMAINS
from riskwatch.core.panels import Panel
from riskwatch.desk import Desk, Place
from riskwatch.ingest.intake import FileIntake
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

SHAPES = {
    "storm": (301, 302, 303),
    "outbreak": (301, 302),
    "slow": (301, 302, 303),
    "compound": (301, 302, 303),
}
LEAST, MIN_CALLS = 0.012, 3  # what is noted of a tick, and what an alert must rest on
GAP_US = 6 * HOUR_US  # quiet for so long, and the next word is a new alert
WARM_DAYS = 14
RATES = (1.0, 0.3)  # alerts a day of a county, beside the engine's own rate
ABOUT = (
    "A single-domain detector is the engine's own likelihood and strongest node over the signatures of one "
    "domain, its cut lowered until it tells as often as the engine does over all: the fairest rival."
)

Look = Callable[[Pipeline, Panel], None]


@dataclass(frozen=True, slots=True)
class Word:
    """What spoke for itself at a tick: place, signature and likelihood."""

    at_us: int
    area: str
    signature: str
    likelihood: float


@dataclass(frozen=True, slots=True)
class Lived:
    """One county that was lived through: what spoke, what was shown, and what was planted."""

    words: list[Word]
    shown: list[Word]
    planted: list[tuple[str, str, int, int]]  # id, area, first, last
    days: float
    near: dict[str, set[str]]
    domain: dict[str, str]
    floor: float


class _Floor:
    """Grading that lets through all that is noted."""

    floor = LEAST

    def of(self, area: str, signature: str) -> _Floor:
        """The same everywhere."""
        del area, signature
        return self

    def notable(self, likelihood: float, impact: float) -> bool:
        """Whether it would be graded at all."""
        del impact
        return likelihood >= LEAST


def lived(shape: str, seed: int, folder: Path, also: Look | None = None) -> Lived:
    """Make the county of a shape's scenario and replay it through the engine as configured.

    `also` is called at every tick too, with the pipeline and the panel.
    """
    scenario = load_scenario(ROOT / "configs" / "scenarios" / f"{shape}.yaml", {"seed": seed})
    out, truth = folder / f"{shape}{seed}.parquet", folder / f"{shape}{seed}.json"
    simulate(scenario, out, truth)
    told = json.loads(truth.read_text(encoding="utf-8"))
    place = Place(ROOT, folder / f"store{shape}{seed}")
    place.home.mkdir()
    desk = Desk.open(place, SystemClock(), sources=["simulated"], overlay=out.with_suffix(".configs"))
    words: list[Word] = []
    world, everywhere = desk.settings.world, _Floor()
    with desk.engine(tell=False) as pipeline:

        def look(panel) -> None:
            features = pipeline.volume.read()
            found: list[Assessment] = pipeline.duty.assess(
                features, pipeline.duty.score(features), {}, everywhere
            )
            words.extend(
                Word(panel.decided_at_us, a.area, a.signature, a.likelihood)
                for a in found
                if a.inhibited_by is None and a.calls >= MIN_CALLS and a.likelihood >= LEAST
            )
            if also:
                also(pipeline, panel)

        pipeline.on_tick = look
        for taken in FileIntake(world, desk.settings.mappings["simulated"], desk.inbox, desk.clock).read(
            out
        ):
            pipeline.catch_up(taken.seq)
    begin_us = _us(told["start"]) + WARM_DAYS * DAY_US
    tree = world.tree
    planted = [
        (i["id"], i["areas"][0], _us(i["start"]), _us(i["end"]))
        for i in told["incidents"]
        if _us(i["start"]) >= begin_us
    ]
    alerts = desk._shown_risks()
    return Lived(
        [w for w in words if w.at_us >= begin_us],
        [Word(a.opened_at_us, a.area, a.signature, 1.0) for a in alerts if a.opened_at_us >= begin_us],
        planted,
        (_us(told["end"]) - begin_us) / DAY_US,
        {area: set(tree.below(area)) | set(tree.line(area)[:-1]) for _, area, _, _ in planted},
        {s.id: s.domain for s in world.registry.signatures},
        desk.settings.rules.floor,
    )


def _us(instant: str) -> int:
    from datetime import datetime

    return round(datetime.fromisoformat(instant).timestamp() * 1_000_000)


def episodes(words: list[Word], cut: float) -> list[Word]:
    """The first word of each run of an area's signature over a cut."""
    last: dict[tuple[str, str], int] = defaultdict(lambda: -(10**18))
    opened = []
    for word in words:
        if word.likelihood >= cut:
            key = (word.area, word.signature)
            if word.at_us - last[key] > GAP_US:
                opened.append(word)
            last[key] = word.at_us
    return opened


def cut_for(words: list[Word], rate: float, days: float) -> float:
    """The lowest cut at which words are told no oftener than so many a day."""
    low, high = LEAST, 1.0
    if len(episodes(words, low)) / days <= rate:
        return low
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if len(episodes(words, middle)) / days <= rate else (middle, high)
    return high


def found(opened: list[Word], one: Lived) -> list[float | None]:
    """For each planted incident the hours until its first word near it, None if there was none."""
    delays: list[float | None] = []
    for _, area, first, last in one.planted:
        mine = [w.at_us - first for w in opened if first <= w.at_us <= last and w.area in one.near[area]]
        delays.append(min(mine) / HOUR_US if mine else None)
    return delays


def told(delays: list[float | None]) -> tuple[str, str]:
    """Share found with a Wilson interval, and the middle delay in hours."""
    n, k = len(delays), sum(d is not None for d in delays)
    p, z = k / n, 1.96
    middle, half = (p + z * z / 2 / n), z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    share = cell((p, (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)), 2)
    hours = [d for d in delays if d is not None]
    return share, f"{np.median(hours):.1f}" if hours else "–"


def section(shape: str, counties: list[Lived]) -> list[list[object]]:
    """The lines of one shape: as configured, then all and each domain at the engine's rate and at RATES."""
    days = sum(one.days for one in counties)
    own = sum(len(episodes(one.words, one.floor)) for one in counties) / days
    rows = [_line(shape, "engine, shown alerts", [(one.shown, one) for one in counties], days)]
    for rate in (own, *RATES):
        for domain in (None, *DOMAINS):
            mine = [[w for w in one.words if domain in (None, one.domain[w.signature])] for one in counties]
            pooled = [replace(w, area=f"{n}/{w.area}") for n, words in enumerate(mine) for w in words]
            cut = cut_for(pooled, rate, days)
            opened = [(episodes(words, cut), one) for words, one in zip(mine, counties, strict=True)]
            rows.append(_line(shape, f"{domain} alone" if domain else "all domains", opened, days))
    return rows


def _line(shape: str, name: str, opened: list[tuple[list[Word], Lived]], days: float) -> list[object]:
    share, delay = told([d for words, one in opened for d in found(words, one)])
    rate = sum(len(words) for words, _ in opened) / days
    return [shape, name, sum(len(one.planted) for _, one in opened), f"{rate:.2f}", share, delay]


def main() -> None:
    """Live through the counties of the shapes given (none: all), two at once; print, write the page."""
    chosen = asked(__doc__, SHAPES)
    counties = [(shape, seed) for shape in chosen for seed in SHAPES[shape]]
    rows = []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        every = pool.map(lived, *zip(*counties, strict=True), [Path(folder)] * len(counties))
        by_shape = dict.fromkeys(chosen, ())
        for (shape, _), one in zip(counties, every, strict=True):
            by_shape[shape] = (*by_shape[shape], one)
        for shape, mine in by_shape.items():
            rows += section(shape, list(mine))
    used_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    text = table(["shape", "detector", "planted", "alerts a day", "found", "delay (h)"], rows)
    print(text)
    command = " ".join(["python -m benchmarks.detection.shapes", *sys.argv[1:]])
    page = "\n\n".join(
        [*opening(), f"{provenance(command)} {used_s:.0f} s of processor time.", text, *noted(__file__)]
    )
    (ROOT / "benchmarks" / "detection" / "shapes.md").write_text(page + "\n", encoding="utf-8")


def opening() -> list[str]:
    """What was done, before the numbers."""
    seeds = "; ".join(f"{shape}: seeds {', '.join(map(str, mine))}" for shape, mine in SHAPES.items())
    return [
        "# Shapes on the simulator",
        f"Every shape's scenario file (`configs/scenarios`; {seeds}), 90 days of 240,000 events, the first "
        f"{WARM_DAYS} days left out. {ABOUT}",
        "Found is a word in the incident's area, below it or above it (the root only if it is the "
        "incident's), within the incident; intervals are Wilson's. Alerts a day count everything told, "
        "planted or not: runs of an area's signature that end after six quiet hours. Shown alerts are "
        "those of the alert store, with hysteresis, inhibition and attention.",
    ]


if __name__ == "__main__":
    main()
