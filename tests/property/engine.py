"""A small engine to hold properties against: one world, one bundle, a store, streams of rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from riskwatch.alert.rules import AlertRules
from riskwatch.app import Pipeline
from riskwatch.core.calendar import Calendar
from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import World
from riskwatch.score.bundle import Bundle, MemberSpec
from riskwatch.settings import FeatureSpec, Settings
from riskwatch.store.alerts import AlertStore
from riskwatch.store.codec import dump_alert
from riskwatch.store.database import open_database
from riskwatch.store.inbox import EntryKind, Inbox, StreamPlace
from riskwatch.store.snapshots import Snapshots, pack
from riskwatch.testing.made import MONDAY_US, Row, base_load, burst, leaves, made_batch, made_world

WORLD: World = made_world(levels=3, children=2, signatures=2, indicators_each=2)
BASE_DAYS = 20
BASE_END_US = MONDAY_US + BASE_DAYS * DAY_US
END_US = BASE_END_US + 2 * DAY_US
TICK_US = WORLD.grid.tick_us
NOTHING_PLANNED = Calendar()


def settings(calendar: Calendar = NOTHING_PLANNED) -> Settings:
    """Windows of an hour to a day, weights under which a burst of eight calls is orange."""
    member = MemberSpec(
        uses="models.surprise_odds:SurpriseOdds",
        version="test",
        frozen={
            "intercept": -5.0,
            "weights": [0.08, 0.08, 0.08, 0.08],
            "size_weights": [0.1, 0.1, 0.1, 0.1],
            "cap": 20,
        },
    )
    rules = AlertRules.model_validate(
        {
            "likelihood": [0.05, 0.10, 0.40],
            "impact": [3.0, 5.0, 7.0],
            "matrix": [
                ["blue", "blue", "yellow", "yellow"],
                ["yellow", "orange", "orange", "orange"],
                ["orange", "orange", "red", "red"],
            ],
            "clear": {"factor": 0.6, "dwell_h": 2},
            "tests": [{"likelihood": 0.01, "impact": 9, "expect": "none"}],
        }
    )
    return Settings(
        root=Path(),
        world=replace(WORLD, calendar=calendar),
        mappings={},
        features={
            "call_volume": FeatureSpec(
                uses="features.call_volume:CallVolume", given={"windows_h": [1, 3, 6, 24]}
            )
        },
        bundle=Bundle(
            version="test",
            fitted="by hand",
            members={"surprise_odds": member},
            verdicts="models.verdict_memory:VerdictMemory",
        ),
        rules=rules,
        config_hash="test",
    )


@cache
def base_rows() -> tuple[Row, ...]:
    """Twenty quiet days: one call a day of every indicator in every leaf."""
    return tuple(base_load(WORLD, days=BASE_DAYS, per_day=1.0, seed=3))


@cache
def last_day() -> tuple[Row, ...]:
    """The day after: ordinary calls, a burst in one leaf, and a smaller one over its parent's leaves."""
    rows = base_load(WORLD, days=1, per_day=1.0, seed=4, start_us=BASE_END_US)
    at = BASE_END_US + 8 * HOUR_US + 7 * MINUTE_US
    rows += burst(WORLD, area=leaves(WORLD.tree)[0], indicator="s0_0", start_us=at, n=8, over_h=1.5)
    for n, area in enumerate(leaves(WORLD.tree)):
        start = at + 4 * HOUR_US + n * 3 * MINUTE_US
        rows += burst(WORLD, area=area, indicator="s1_1", start_us=start, n=4, over_h=1.0)
    return tuple((f"d{n}", *row[1:]) for n, row in enumerate(sorted(rows, key=lambda r: r[4:6])))


@dataclass
class Seen:
    """What an engine showed on its way: features and scores of every tick, as bytes."""

    features: dict[int, bytes] = field(default_factory=dict)
    likelihoods: dict[int, bytes] = field(default_factory=dict)


class Engine:
    """A pipeline over a store in a folder; rows go in, alerts come out."""

    def __init__(self, folder: Path, calendar: Calendar = NOTHING_PLANNED) -> None:
        self.folder, self.calendar = folder, calendar
        database = open_database(None, folder)
        self.inbox, self.alerts = Inbox(database), AlertStore(database)
        self.snapshots = Snapshots(database, folder)
        self.seen = Seen()
        self.pipeline = self._started()

    def _started(self) -> Pipeline:
        pipeline = Pipeline(settings(self.calendar), self.inbox, self.alerts, self.snapshots)
        pipeline.on_tick = lambda panel: self._look(pipeline, panel)
        pipeline.restore()
        return pipeline

    def restart(self) -> None:
        """A new process: what is not in the store is gone."""
        self.pipeline = self._started()

    def _look(self, pipeline: Pipeline, panel: Panel) -> None:
        read = pipeline.volume.read()
        scores = pipeline.duty.score(read)
        self.seen.features[panel.tick] = pack({"areas": read.areas, "values": read.values})
        self.seen.likelihoods[panel.tick] = pack(
            {"areas": scores.areas, "signatures": scores.signatures, "likelihood": scores.likelihood}
        )

    def send(self, rows: Iterable[Row], new_codes: Sequence[Sequence[Any]] = ()) -> None:
        """Append one batch and apply it."""
        self.append(rows, new_codes)
        self.pipeline.catch_up()

    def append(self, rows: Iterable[Row], new_codes: Sequence[Sequence[Any]] = ()) -> None:
        """Append one batch to the inbox."""
        batch = made_batch(rows)
        body = {
            "source": "made",
            "rows": batch.num_rows,
            "duplicate": 0,
            "quarantined": 0,
            "new_codes": list(new_codes),
        }
        self.inbox.append_batch(body, batch, StreamPlace("made", "made", {}), [])

    def tick_to(self, at_us: int) -> None:
        """Let the clock reach an instant."""
        self.inbox.append(EntryKind.CLOCK, {"at_us": at_us})
        self.pipeline.catch_up()

    def live(self, steps: Iterable[list[Row] | int], restart: int) -> None:
        """Send rows and reach instants in turn; snapshot before step `restart`, a new process after it."""
        for n, step in enumerate(steps):
            if n == restart:
                self.pipeline.snapshot()
            if n == restart + 1:
                self.restart()
            if isinstance(step, int):
                self.tick_to(step)
            else:
                self.send(step)

    def state(self) -> bytes:
        """The whole state, but for the place in the inbox."""
        return pack({k: v for k, v in self.pipeline._state().items() if k != "position"})

    def dump(self) -> list[str]:
        """Every alert of the store as it stands."""
        return [dump_alert(a) for a in self.alerts.find(everything=True)]

    def life(self, until_us: int | None = None) -> list[str]:
        """Every change of every alert up to an instant, in the order of alerts and revisions."""
        return [
            f"{c.at_us} {c.reason} {c.actor} {dump_alert(c.alert)}"
            for a in self.alerts.find(everything=True)
            for c in self.alerts.changes(a.id)
            if until_us is None or c.at_us <= until_us
        ]


def received(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of receipt; `received_at` never falls."""
    return sorted(rows, key=lambda r: (r[5], r[0] or ""))


def cut(rows: Sequence[Row], at: Iterable[int]) -> list[Sequence[Row]]:
    """The rows in batches that end at these places."""
    places = [0, *sorted({min(p, len(rows)) for p in at} - {0, len(rows)}), len(rows)]
    return [rows[a:b] for a, b in itertools.pairwise(places)]


def decided(seen: dict[int, bytes], until_us: int) -> dict[int, bytes]:
    """What was seen of ticks decided at or before an instant."""
    return {tick: b for tick, b in seen.items() if WORLD.grid.decided_at(tick) <= until_us}


def delayed(rows: Iterable[Row], delays: Callable[[int], int]) -> list[Row]:
    """Each row received so much later than it occurred, but before its tick is decided."""
    found = []
    for n, (key, source, area, indicator, occurred, _, value) in enumerate(rows):
        latest = WORLD.grid.decided_at(WORLD.grid.tick_of(occurred)) - 1
        found.append((key, source, area, indicator, occurred, min(occurred + delays(n), latest), value))
    return received(found)


def random_delays(seed: int, top_us: int) -> Callable[[int], int]:
    """Delays that a seed makes."""
    drawn = np.random.default_rng(seed).integers(0, top_us + 1, 100_000)
    return lambda n: int(drawn[n % len(drawn)])
