"""How often does the gate err? `python -m benchmarks.fairness_gate` writes `fairness_gate.md`.

300 seeded tables a row, drawn with the spread that replayed counties show, each judged by the gate and
by the two rules of thumb that are often used instead.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.page import ROOT, asked, provenance, table
from riskwatch.audit.counts import gate_evidence
from riskwatch.audit.happenings import load_truth
from riskwatch.audit.intervals import wilson
from riskwatch.core.alerts import AlertKind
from riskwatch.core.clock import SystemClock
from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.desk import Desk, Place
from riskwatch.learn.deviation import Chance, of_burdens, of_shares
from riskwatch.learn.gate import FairnessGate
from riskwatch.learn.group_counts import GroupCounts
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

TRIALS = 300
GROUPS, INCIDENTS, WEEKS = 8, 150, 40
SHARED_WEEK_SD = 0.3
SIZES = (60, 100, 300)
COUNTIES = ((1.0, 101), (1.0, 102), (1.0, 103), (1.0, 104), (0.4, 101))
BUNDLES: tuple[tuple[str, dict[str, float]], ...] = (
    ("fair", {}),
    ("one group detected 20 points worse", {"worse": 0.2}),
    ("one group with twice the false alerts", {"burden": 2.0}),
    ("fair, weeks a tenth alike", {"within": 0.1}),
    ("20 points worse, weeks a tenth alike", {"within": 0.1, "worse": 0.2}),
)


@dataclass(frozen=True)
class Spread:
    """What replayed counties show: detection and its correlation within a group's week, false alerts."""

    detection: float
    within: float
    false_per_area_month: float
    false_cv2: float


def county(folder: Path, seed: int, rural: float) -> GroupCounts:
    """One made county through the whole engine: its count table by settlement."""
    given = {"seed": seed, "reporting.rural": rural}
    scenario = load_scenario(ROOT / "configs" / "scenarios" / "audit.yaml", given)
    events, truth = folder / "events.parquet", folder / "truth.json"
    simulate(scenario, events, truth)
    overlay = folder / "events.configs"
    desk = Desk.open(Place(ROOT, folder / "store"), SystemClock(), sources=["simulated"], overlay=overlay)
    desk.replay(events, "simulated")
    world = desk.settings.world
    alerts = desk.alerts.find(everything=True, kind=AlertKind.RISK, shown_only=True)
    outside = load_truth(truth, world.tree, world.registry)
    return gate_evidence(alerts, outside, world.tree, world.registry, group_key="settlement")


def spread_of(tables: list[GroupCounts]) -> Spread:
    """The mean over counties in which both groups report alike."""
    detection, within, rate, cv2 = [], [], [], []
    for t in tables:
        full = t.incidents.sum(axis=0) > 0  # the warm-up plants nothing
        part, whole = t.detected[:, full].astype(float), t.incidents[:, full].astype(float)
        phi = of_shares(part, whole, Chance(0.05, 1)).overdispersion
        detection.append(part.sum() / whole.sum())
        within.append(max(phi - 1, 0.0) / ((whole**2).sum() / whole.sum() - 1))
        false, months = t.false_alerts.astype(float), t.area_months
        phi = of_burdens(false, months, Chance(0.05, 1)).overdispersion
        rate.append(false.sum() / months.sum())
        mean = rate[-1] * months
        cv2.append(max(phi - 1, 0.0) / ((mean**2).sum() / mean.sum()))
    return Spread(*(float(np.mean(x)) for x in (detection, within, rate, cv2)))


def draw(
    spread: Spread,
    seed: int,
    *,
    incidents: int = INCIDENTS,
    worse: float = 0.0,
    burden: float = 1.0,
    within: float | None = None,
    groups: int = GROUPS,
) -> GroupCounts:
    """One table; group g0 is detected `worse` less and has `burden` times the false alerts."""
    rng = np.random.default_rng(seed)
    busy = rng.gamma(4.0, 0.25, WEEKS)
    n = np.stack([rng.multinomial(incidents, busy / busy.sum()) for _ in range(groups)])
    share = np.full((groups, 1), spread.detection)
    share[0] -= worse
    odds = np.log(share / (1 - share)) + rng.normal(0, SHARED_WEEK_SD, WEEKS)
    share = 1 / (1 + np.exp(-odds))
    scale = 1 / max(spread.within if within is None else within, 1e-3) - 1
    detected = rng.binomial(n, rng.beta(share * scale, (1 - share) * scale))
    areas = np.full((groups, WEEKS), 12 * 7 / 30.44)
    mean = spread.false_per_area_month * areas
    mean[0] *= burden
    cv2 = max(spread.false_cv2, 1e-3)
    false = rng.poisson(mean * rng.gamma(1 / cv2, cv2, mean.shape))
    names = tuple(f"g{i:02d}" for i in range(groups))
    weeks = tuple(f"w{w:02d}" for w in range(WEEKS))
    return GroupCounts(names, weeks, n, detected, detected + false, false, areas, np.zeros(areas.shape))


def gap_over_a_tenth(t: GroupCounts) -> str | None:
    """The worst group if the largest gap in detection exceeds 0.1."""
    rate = t.detected.sum(axis=1) / t.incidents.sum(axis=1)
    return t.groups[int(rate.argmin())] if rate.max() - rate.min() > 0.1 else None


def four_fifths(t: GroupCounts) -> str | None:
    """The worst group if its detection is under four fifths of the best one's."""
    rate = t.detected.sum(axis=1) / t.incidents.sum(axis=1)
    return t.groups[int(rate.argmin())] if rate.min() < 0.8 * rate.max() else None


def of_trials(count: int) -> str:
    """A share of the trials with its Wilson interval."""
    low, high = wilson(count, TRIALS)
    return f"{count / TRIALS:.3f} ({low:.3f} to {high:.3f})"


def judged(make: Callable[[int], GroupCounts]) -> dict[str, int]:
    """How many of the trials each rule blocked, and blocked with g00 named first."""
    found = dict.fromkeys(
        ("fail", "named", "alone", "not_enough", "tenth", "tenth_named", "fifths", "fifths_named"), 0
    )
    gate = FairnessGate()
    for seed in range(TRIALS):
        t = make(seed)
        verdict: GateVerdict = gate.decide(t)
        failed = verdict.decision is GateDecision.FAIL
        found["fail"] += failed
        found["named"] += failed and verdict.groups[0] == "g00"
        found["alone"] += failed and verdict.groups == ("g00",)
        found["not_enough"] += verdict.decision is GateDecision.NOT_ENOUGH_EVIDENCE
        for name, rule in (("tenth", gap_over_a_tenth), ("fifths", four_fifths)):
            worst = rule(t)
            found[name] += worst is not None
            found[f"{name}_named"] += worst == "g00"
    return found


def bundle_rows(spread: Spread, name: str, given: dict[str, float]) -> list[list[object]]:
    """The gate and the two rules of thumb on the trials of one kind of bundle."""
    r = judged(lambda seed: draw(spread, seed, **given))  # type: ignore[arg-type] - only numbers are given
    return [
        [name, "the gate", of_trials(r["fail"]), of_trials(r["named"]), of_trials(r["not_enough"])],
        [name, "gap over 0.1", of_trials(r["tenth"]), of_trials(r["tenth_named"]), ""],
        [name, "four fifths", of_trials(r["fifths"]), of_trials(r["fifths_named"]), ""],
    ]


def size_row(spread: Spread, size: int) -> list[object]:
    """A fair bundle and one with a group detected 20 points worse, at so many incidents a group."""
    f = judged(lambda seed: draw(spread, seed, incidents=size))
    w = judged(lambda seed: draw(spread, seed, incidents=size, worse=0.2))
    told = (f["fail"], w["named"], w["not_enough"], f["tenth"], f["fifths"])
    return [size, *map(of_trials, told)]


def county_row(rural: float, seed: int) -> tuple[list[object], GroupCounts]:
    """A whole county through the engine, and what the gate says of it."""
    with tempfile.TemporaryDirectory() as folder:
        t = county(Path(folder), seed, rural)
    totals = t.incidents.sum(axis=1)
    rates = t.detected.sum(axis=1) / totals
    told = [f"{g} {r:.2f} of {n}" for g, r, n in zip(t.groups, rates, totals, strict=True)]
    verdict = FairnessGate().decide(t)
    named = ", ".join(verdict.groups) if verdict.decision is GateDecision.FAIL else ""
    return [f"{rural:g}", seed, "; ".join(told), str(verdict.decision), named], t


def main() -> None:
    """Live through the counties, then run the trials with their spread; write the page after each part."""
    asked(__doc__)
    main_rows: list[list[object]] = []
    sizes: list[list[object]] = []
    with ProcessPoolExecutor(2) as pool:
        lived = list(pool.map(county_row, *zip(*COUNTIES, strict=True)))
        spread = spread_of(
            [counts for (rural, _), (_, counts) in zip(COUNTIES, lived, strict=True) if rural == 1.0]
        )

        def write() -> None:
            text = _page(spread, main_rows, sizes, [row for row, _ in lived])
            (ROOT / "benchmarks" / "fairness_gate.md").write_text(text, encoding="utf-8")

        for rows in pool.map(partial(bundle_rows, spread), *zip(*BUNDLES, strict=True)):
            main_rows += rows
            write()
        for row in pool.map(partial(size_row, spread), SIZES):
            sizes.append(row)
            write()


def _page(
    spread: Spread, main_rows: list[list[object]], sizes: list[list[object]], counties: list[list[object]]
) -> str:
    header = ["bundle", "rule", "blocked", "blocked, and that group named first", "not enough evidence"]
    size_header = [
        "incidents a group",
        "gate fails a fair bundle",
        "gate fails and names, 20 points worse",
        "not enough evidence, 20 points worse",
        "gap over 0.1 fails a fair bundle",
        "four fifths fails a fair bundle",
    ]
    parts = [
        "# How often does the fairness gate err?",
        f"{TRIALS} seeded count tables a row: {GROUPS} groups, {INCIDENTS} incidents a group over {WEEKS} "
        "weeks, 12 areas a group; shares of trials with 95% Wilson intervals. The spread is that of the "
        "fair counties below, replayed through the whole engine in this run: detection "
        f"{spread.detection:.2f}, correlation within a group's week {spread.within:.3f}, "
        f"{spread.false_per_area_month:.2f} false alerts an area-month with a squared coefficient of "
        f"variation of {spread.false_cv2:.2f}. On top of it, all groups share a week effect (standard "
        f"deviation {SHARED_WEEK_SD} in log-odds). Sought: a fair bundle failed in at most 0.07 of the "
        "trials, one group detected 20 points worse blocked and named in at least 0.90.",
        provenance("python -m benchmarks.fairness_gate"),
        "## The gate and two rules of thumb on the same tables",
        table(header, main_rows),
        "The rules of thumb look at detection alone; for false alerts they are blind by construction. "
        'On a fair bundle "blocked, and named" counts trials in which chance picked the first group.',
        *(["## By group size", table(size_header, sizes)] if sizes else []),
    ]
    parts += [
        "## Whole counties",
        "The scenario `audit` (60 areas, 84 days, 300 planted incidents in villages) through the "
        "engine, by settlement. `rural` is the share of what happens in rural areas that is ever "
        "reported: at 1 all report alike, at 0.4 the engine hears too little of them to tell.",
        table(["rural", "seed", "detected", "verdict", "named"], counties),
        "A county has two groups of different size and places of different kind, so rates differ also "
        "where reporting does not; its weeks are few, and the verdicts show what that is worth.",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
