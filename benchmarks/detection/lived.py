"""A made county lived through: what spoke, where, and what was planted; for `shapes` and `compound`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.detection.measures import cell
from benchmarks.page import ROOT
from riskwatch.app import Pipeline
from riskwatch.audit.intervals import wilson
from riskwatch.core.alerts import Assessment
from riskwatch.core.clock import DAY_US, HOUR_US, SystemClock
from riskwatch.core.panels import Panel
from riskwatch.desk import Desk, Place
from riskwatch.ingest.intake import FileIntake
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

LEAST, MIN_CALLS = 0.012, 3  # what is noted of a tick, and what an alert must rest on
GAP_US = 6 * HOUR_US  # quiet for so long, and the next word is a new alert
WARM_DAYS = 14
SHIFTS = (-12, -8, -5, 5, 8, 12)  # days: an incident moved so far is found by chance
_MOST_WORDS = 20_000  # of which a cut is looked for first

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
    planted: list[tuple[str, str, int, int]]  # id, area, first, last; those behind the warm-up
    early: int  # planted in the warm-up, and not counted
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
        len(told["incidents"]) - len(planted),
        (_us(told["end"]) - begin_us) / DAY_US,
        {area: set(tree.below(area)) | set(tree.line(area)[:-1]) for _, area, _, _ in planted},
        {s.id: s.domain for s in world.registry.signatures},
        desk.settings.rules.floor,
    )


def _us(instant: str) -> int:
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
    share = cell((k / n, *wilson(k, n)), 2)
    hours = [d for d in delays if d is not None]
    return share, f"{np.median(hours):.1f}" if hours else "–"


def by_chance(opened: list[Word], one: Lived) -> list[float | None]:
    """What would have been found of the same incidents on other days."""
    delays: list[float | None] = []
    for days in SHIFTS:
        by = days * DAY_US
        planted = [(name, area, first + by, last + by) for name, area, first, last in one.planted]
        delays += found(opened, replace(one, planted=planted))
    return delays


def told_at(lists: list[list[Word]], rate: float, days: float) -> list[list[Word]]:
    """What opens in each county where a common cut lets through so many a day."""
    least = max(_least_of(lists, _MOST_WORDS), LEAST)
    if sum(len(episodes(words, least)) for words in lists) / days <= rate:
        least = LEAST  # too few words are kept to tell so often
    loud = [(n, w) for n, words in enumerate(lists) for w in words if w.likelihood >= least]
    pooled = [replace(w, area=f"{n}/{w.area}") for n, w in loud]
    cut = max(cut_for(pooled, rate, days), LEAST)
    return [episodes(words, cut) for words in lists]


def _least_of(lists: list[list[Word]], most: int) -> float:
    """The likelihood of the so-manieth likeliest word; a cut above it does not depend on the rest."""
    likelihood = np.array([w.likelihood for words in lists for w in words])
    return float(np.partition(likelihood, -most)[-most]) if len(likelihood) > most else 0.0
