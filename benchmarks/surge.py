"""How well surges are foreseen: `RISKWATCH_DATA=… python -m benchmarks.surge` writes `surge.md`.

Candidates and baselines on the real year (trained before 2016-09-01, tested after) and on made
counties (the last third of their days), for outcome and onset; and what the engine's own orange
and red alerts were followed by. Intervals resample whole weeks.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.special import expit

from benchmarks.budget_skill import Raised, Scored, at_budget
from benchmarks.fit_bundle import INCIDENTS
from benchmarks.montco911 import FILE
from benchmarks.page import ROOT, asked, provenance, table
from benchmarks.warnings_raised import warnings_raised
from models.isolation import IsolationScore
from models.surge_boosting import SurgeBoosting
from models.surge_linear import SurgeLinear
from models.surprise_odds import SurpriseOdds
from riskwatch.core.clock import DAY_US, HOUR_US, SystemClock, to_us
from riskwatch.desk import Desk, Place
from riskwatch.learn.labels import Sample, load_labels
from riskwatch.learn.splits import split_at
from riskwatch.learn.training_set import TrainingSet, build_training_set
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

EVERY_TICKS = 4  # rows are hourly
SPLIT_US = to_us(datetime(2016, 9, 1, tzinfo=UTC))
COUNTIES = ((60, 150_000, 301), (40, 200_000, 302))  # areas, events, seed: none of them fitted on
SAMPLE = Sample(every_ticks=EVERY_TICKS, negatives=1.0, absent=0.02)

Make = Callable[[], object]
CANDIDATES: dict[str, Make] = {
    "surprise odds, fitted here": SurpriseOdds,
    "surge boosting": SurgeBoosting,
    "surge linear": SurgeLinear,
    "isolation forest": IsolationScore,
}


@dataclass(frozen=True)
class Sets:
    """All rows, those of training, and the rows that come an embargo after them."""

    every: TrainingSet
    train: TrainingSet
    test: TrainingSet


def sets_of(desk: Desk, start_us: int | None) -> Sets:
    """Split at an instant, or after two thirds of the labelled days."""
    found = build_training_set(desk.feature_log(), load_labels(ROOT).labels, SAMPLE)
    first, last = found.window_us
    start = start_us or first + (last - first) * 2 // 3 // DAY_US * DAY_US
    split = split_at(
        found.column("decided_at_us"),
        found.column("known_at_us"),
        start_us=start,
        end_us=last + 1,
        embargo_us=found.labels.embargo_h * HOUR_US,
    )
    return Sets(found, found.take(split.train), found.take(split.test))


def scores(sets: Sets, label: str) -> dict[str, np.ndarray]:
    """The probability that each recipe states of each test row."""
    train, test = sets.train, sets.test
    eligible = ~train.column("in_progress") if label == "onset" else np.ones(train.table.num_rows, bool)
    y, weight = train.column(label)[eligible], train.column("weight")[eligible]
    rows = train.features[eligible]
    stated = {"base rate": np.full(test.table.num_rows, weight @ y / weight.sum())}
    stated["base rate of its place"] = _by_place(train, test, y, weight, eligible)
    for name, column in (("persistence", "in_progress"), ("seasonal naive", "week_ago")):
        if name == "persistence" and label == "onset":
            continue  # nothing is in progress before an onset
        was = train.column(column)[eligible]
        rates = [weight[was == w] @ y[was == w] / weight[was == w].sum() for w in (False, True)]
        stated[name] = np.where(test.column(column), rates[1], rates[0])
    duty = test.column("likelihood")
    stated["on duty"] = np.where(np.isnan(duty), _calm_on_duty(), duty)
    rows, y, weight = _calm_as_two(rows, y, weight)
    for name, make in CANDIDATES.items():
        model = make().fit(rows, y.astype(int), sample_weight=weight)
        stated[name] = model.predict_proba(test.features)[:, 1]
    return stated


def _calm_as_two(
    rows: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The rows without features are all alike: one with the label and one without stand for them."""
    told = (rows > 0).any(axis=1)
    two = np.array([weight[~told & (y == label)].sum() for label in (False, True)])
    nothing = np.zeros((2, rows.shape[1]))
    return (
        np.concatenate([nothing, rows[told]]),
        np.concatenate([[False, True], y[told]]),
        np.concatenate([np.maximum(two, 1e-9), weight[told]]),
    )


def _by_place(
    train: TrainingSet, test: TrainingSet, y: np.ndarray, weight: np.ndarray, eligible: np.ndarray
) -> np.ndarray:
    """The share of training in the same area and signature, drawn to that of all by a thousand rows."""
    keys = [s.column("area").astype(str) + "/" + s.column("signature").astype(str) for s in (train, test)]
    _, place = np.unique(np.concatenate(keys), return_inverse=True)
    mine, n = place[: len(keys[0])][eligible], int(place.max()) + 1
    hit, every = np.bincount(mine, weight * y, n), np.bincount(mine, weight, n)
    share = (hit + 1000.0 * hit.sum() / every.sum()) / (every + 1000.0)
    return share[place[len(keys[0]) :]]


def _calm_on_duty() -> float:
    from riskwatch.core.documents import read_document
    from riskwatch.score.bundle import Bundle

    bundle = read_document(ROOT / "configs" / "bundle.yaml", Bundle, "bundle.yaml")
    return float(expit(bundle.members["surprise_odds"].frozen["intercept"]))


def compared(sets: Sets, label: str) -> str:
    """One table: every recipe held to one label on the test rows."""
    test = sets.test
    week = (test.column("decided_at_us") - test.column("decided_at_us").min()) // (7 * DAY_US)
    eligible = ~test.column("in_progress") if label == "onset" else np.ones(test.table.num_rows, bool)
    area, signature = (np.unique(test.column(n), return_inverse=True)[1] for n in ("area", "signature"))
    place, tick = area * 1000 + signature, test.column("tick")
    first, last = test.window_us
    hold = test.labels.horizon_h * EVERY_TICKS
    lines: list[list[object]] = []
    base = None
    for name, stated in scores(sets, label).items():
        rows = Scored(stated, test.column(label), test.column("weight"), week).where(eligible)
        base = rows.share()
        raised: Raised | None = None
        if name != "base rate":
            raised = at_budget(
                rows, tick[eligible], place[eligible], hold=hold, days=(last - first) / DAY_US
            )
        lines.append(
            [
                name,
                rows.average_precision(),
                rows.brier_skill(),
                raised.accuracy if raised else "",
                raised.recall if raised else "",
            ]
        )
    head = ["recipe", "average precision", "Brier skill", "right of one alert a day", "recall at it"]
    n, hits = int(eligible.sum()), int((test.column(label) & eligible).sum())
    return f"{n:,} test rows, {hits:,} with the {label}; base rate {base}.\n\n" + table(head, lines)


def section(title: str, desk: Desk, start_us: int | None) -> list[str]:
    """One world: both labels, then what its alerts were followed by."""
    sets = sets_of(desk, start_us)
    logged = Sample(every_ticks=1, negatives=1.0, absent=0.0)
    finest = build_training_set(desk.feature_log(), sets.train.labels, logged)
    span = [f"{datetime.fromtimestamp(us / 1e6, UTC):%Y-%m-%d}" for us in sets.test.window_us]
    return [
        f"## {title}",
        f"Trained on {sets.train.table.num_rows:,} rows (set {sets.train.hash}), tested from {span[0]} to "
        f"{span[1]} (set {sets.test.hash}).",
        "### Outcome",
        compared(sets, "outcome"),
        "### Onset",
        compared(sets, "onset"),
        "### Warnings",
        "What the engine's own orange and red alerts were followed by, over all labelled days: the bundle "
        "on duty was fitted on neither these rows nor this world.",
        warnings_raised(desk, finest, sets.every),
    ]


def main() -> None:
    """Replay, train, compare, write the page."""
    asked(__doc__)
    parts = opening()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        desk = Desk.open(Place(ROOT, home / "year"), SystemClock(), sources=["montco911"])
        desk.replay(Path(os.environ["RISKWATCH_DATA"]) / "montco911" / FILE, "montco911")
        parts += section("The real year", desk, SPLIT_US)
        for areas, events, seed in COUNTIES:
            desk = made(areas, events, seed, home)
            parts += section(f"A made county of {areas} areas, seed {seed}", desk, None)
    page = "\n\n".join(parts) + "\n"
    (ROOT / "benchmarks" / "surge.md").write_text(page, encoding="utf-8")
    print(page)


def opening() -> list[str]:
    """What the page measures, and where."""
    labels = load_labels(ROOT).labels
    return [
        "# How well surges are foreseen",
        f"Labels {labels.hash}: the sum of the next {labels.horizon_h} hours after the decision instant "
        f"exceeds the {labels.quantile:g} quantile of its season (`configs/labels.yaml`); an onset was not "
        "in progress at that instant. A row is an area and signature at a full hour; areas and signatures "
        f"without features are a sample of {SAMPLE.absent:g}, weighted. Intervals are 95 %, from "
        "resampling weeks. One alert a day is over the whole county; it stands for six hours, is right if "
        "its own label holds, and recalls the rows at which it stands.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.surge"),
    ]


def made(areas: int, events: int, seed: int, folder: Path) -> Desk:
    """The store of a made county of 120 days."""
    counts = {f"incidents.{shape}.count": str(2 * n) for shape, n in INCIDENTS.items()}
    scenario = load_scenario(None, {"areas": areas, "days": 120, "events": events, "seed": seed, **counts})
    out = folder / f"county{seed}.parquet"
    simulate(scenario, out, None)
    place = Place(ROOT, folder / f"store{seed}")
    desk = Desk.open(place, SystemClock(), sources=["simulated"], overlay=out.with_suffix(".configs"))
    desk.replay(out, "simulated")
    return desk


if __name__ == "__main__":
    main()
