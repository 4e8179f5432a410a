"""Shapes on the simulator: `python -m benchmarks.detection.shapes` writes `shapes.md`.

The engine against each single-domain detector at common rates of alerts, on the scenario file of
every shape and on two of other kinds. Names of scenarios as arguments run those alone, and write no page.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.detection.lived import WARM_DAYS, Lived, Word, by_chance, found, lived, told, told_at
from benchmarks.page import ROOT, asked, noted, provenance, table
from riskwatch.core.indicators import DOMAINS

SHAPES = {
    "storm": (301, 302, 303),
    "outbreak": (301, 302),
    "slow": (301, 302, 303),
    "compound": (301, 302, 303),
    "crossing_unseen": (301, 302),
    "audit": (301,),
}
RATES = (1.0, 0.3)  # alerts a day of a county, beside the rate of the engine's shown alerts
SHOWN, WHOLE = "engine, shown alerts", "engine, all domains"
TWICE = 2.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one detector found of a shape's incidents at one rate, and at other days by chance."""

    rate: float
    delays: list[float | None]
    chance: list[float | None]

    @property
    def share(self) -> float:
        """Of the incidents planted, those found."""
        return float(np.mean([d is not None for d in self.delays]))

    def cell(self) -> str:
        """As the page has it."""
        share, delay = told(self.delays)
        chance = float(np.mean([d is not None for d in self.chance]))
        return f"{share}, {chance:.2f}, {delay} h ({self.rate:.2g})"


def measured(opened: list[list[Word]], counties: list[Lived]) -> Measured:
    """What opened in each county, held against what was planted there."""
    days = sum(one.days for one in counties)
    return Measured(
        sum(map(len, opened)) / days,
        [d for words, one in zip(opened, counties, strict=True) for d in found(words, one)],
        [d for words, one in zip(opened, counties, strict=True) for d in by_chance(words, one)],
    )


def detectors(counties: list[Lived]) -> dict[str, list[Measured]]:
    """Each detector at the rate of the shown alerts and at RATES."""
    days = sum(one.days for one in counties)
    shown = measured([one.shown for one in counties], counties)
    rates = (shown.rate, *RATES)
    lists = {WHOLE: [one.words for one in counties]} | {
        f"{domain} alone": [[w for w in one.words if one.domain[w.signature] == domain] for one in counties]
        for domain in DOMAINS
    }
    return {SHOWN: [shown]} | {
        name: [measured(told_at(words, rate, days), counties) for rate in rates]
        for name, words in lists.items()
    }


def rows_of(shape: str, every: dict[str, list[Measured]]) -> list[list[object]]:
    """The lines of a shape."""
    blank = ["–"] * len(RATES)
    return [
        [shape, name, *[m.cell() for m in mine], *(blank if name == SHOWN else [])]
        for name, mine in every.items()
    ]


def times(shape: str, every: dict[str, list[Measured]]) -> list[object]:
    """The line of a shape: over the best domain, and how many domains find half as much or less."""
    line: list[object] = [shape, len(every[WHOLE][0].delays)]
    for n, whole in enumerate(every[WHOLE]):
        alone = [mine[n].share for name, mine in every.items() if name not in (SHOWN, WHOLE)]
        half = sum(whole.share >= TWICE * share and whole.share > 0 for share in alone)
        ratio = f"{whole.share / max(alone):.2f}" if max(alone) else "–"
        line.append(f"{ratio}; {half} of {len(alone)}")
    return line


def main() -> None:
    """Live through the counties of the shapes given (none: all), one process; print, write the page."""
    chosen = asked(__doc__, SHAPES)
    rows, ratios, early = [], [], []
    # A process a county: what one has taken of memory is given back.
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, max_tasks_per_child=1) as pool,
    ):
        for shape in chosen:
            counties = list(
                pool.map(
                    lived, [shape] * len(SHAPES[shape]), SHAPES[shape], [Path(folder)] * len(SHAPES[shape])
                )
            )
            every = detectors(counties)
            rows += rows_of(shape, every)
            ratios.append(times(shape, every))
            early.append(f"{shape} {sum(one.early for one in counties)}")
            print(*(" | ".join(map(str, line)) for line in rows_of(shape, every)), sep="\n", flush=True)
    used_s = sum(
        resource.getrusage(who).ru_utime for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )
    rates = [f"{rate:g} a day" for rate in RATES]
    twice = table(["shape", "planted", "at the shown rate", *rates], ratios)
    print(twice)
    if sys.argv[1:]:
        return
    page = [
        *opening(early),
        f"{provenance('python -m benchmarks.detection.shapes')} {used_s:.0f} s of processor time.",
        twice,
        table(["shape", "detector", "at the shown rate", *rates], rows),
        *noted(__file__),
    ]
    (ROOT / "benchmarks" / "detection" / "shapes.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


def opening(early: list[str]) -> list[str]:
    """What was done, before the numbers."""
    seeds = "; ".join(f"{shape} {', '.join(map(str, mine))}" for shape, mine in SHAPES.items())
    return [
        "# Shapes on the simulator",
        f"The scenario files of `configs/scenarios`, by seed: {seeds}. crossing_unseen "
        f"has other parameters throughout, audit is the scenario of the fairness audit. The first "
        f"{WARM_DAYS} days are left out, and with them the incidents planted there: {', '.join(early)}.",
        "**Engine, shown alerts**: those of the alert store as configured, with hysteresis, inhibition, "
        "attention. **Engine, all domains**: its likelihood and strongest nodes, cut at the rate a column "
        "names; the first column is the rate of the shown alerts. **A domain alone**: the same over the "
        "signatures of one domain, its cut lowered until it tells as often: the fairest rival.",
        "A cell: found (Wilson's interval), found by chance (the same incidents moved by 5 to 12 days), "
        "middle delay of the found, and in brackets the alerts a day of a county in fact. Found is a word "
        "in the incident's area, below it or above it (the root only if it is the incident's), within the "
        "incident. Alerts a day count everything told, planted or not: runs of an area's signature that "
        "end after six quiet hours.",
        "The first table: what the engine finds over all domains, over what the best single domain finds "
        "(best in hindsight, for each shape and rate), and against how many of the domains it finds "
        "twice as much or more.",
    ]


if __name__ == "__main__":
    main()
