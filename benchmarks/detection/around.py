"""What looking at areas with their neighbours brings: `python -m benchmarks.detection.around`.

Made counties whose areas have positions, replayed twice: with them, and as if nobody knew them. Planted
are incidents of the four shapes of the house, and ones that are spread over a village or township and its
neighbours. Writes `around.md`. Names of counties as arguments run those alone.
"""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.detection.busy import (
    SOME,
    WARM_DAYS,
    Made,
    Planted,
    delay_h,
    instant_us,
    planted_of,
    replayed,
)
from benchmarks.page import asked, noted, provenance, table
from riskwatch.audit.intervals import wilson
from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import DAY_US
from riskwatch.settings import Settings

COMMAND = "python -m benchmarks.detection.around"
SPREAD = {
    "spread_villages": {"level": "village", "duration_hours": 36, "peak_ratio": 3, "min_events": 15},
    "spread_townships": {"level": "township", "duration_hours": 36, "peak_ratio": 2, "min_events": 25},
}
SIGNATURES = ("gastro", "heating", "water")


@dataclass(frozen=True, slots=True)
class Placed(Made):
    """A made county with positions, and incidents that are spread over neighbours."""

    spread: int = 0

    def parameters(self) -> dict[str, object]:
        """As `riskwatch simulate` has them."""
        more = {
            f"{name}_{signature}": {**shape, "spread": True, "signature": signature, "count": self.spread}
            for name, shape in SPREAD.items()
            for signature in SIGNATURES
        }
        return {
            **Made.parameters(self),
            "tree.positions": True,
            "incidents.more": more if self.spread else {},
        }


COUNTIES = {
    "quiet 90": Placed(90, 60, 160_000, 5),
    "quiet 600": Placed(600, 45, 1_000_000, 1),
    "spread 90": Placed(90, 90, 240_000, 31, spread=4),
    "spread 400": Placed(400, 60, 700_000, 32, spread=4),
    "planted 400": Placed(400, 60, 700_000, 12, SOME),
    "spread 90, unseen": Placed(90, 90, 240_000, 41, spread=4),
    "spread 400, unseen": Placed(400, 60, 700_000, 42, spread=4),
    "planted 400, unseen": Placed(400, 60, 700_000, 22, SOME),
}
WAYS = ("areas alone", "with neighbours")


@dataclass(frozen=True, slots=True)
class Heard:
    """Grave false words, incidents found, and what would be found at other cuts, as in the ablation."""

    days: float
    false: int
    any_level: tuple[float | None, ...]
    grave: tuple[float | None, ...]
    shapes: tuple[str, ...]
    ranked_false: tuple[float, ...]
    ranked_found: tuple[float, ...]
    together: int
    changes: int
    took_s: float


def without_positions(settings: Settings) -> Settings:
    """The same county, as if nobody knew where its areas lie."""
    world = settings.world
    tree = AreaTree([replace(area, position=None) for area in world.tree.areas])
    return replace(settings, world=replace(world, tree=tree))


def heard(name: str, way: str) -> Heard:
    """A county replayed one way."""
    with tempfile.TemporaryDirectory() as folder:
        change = without_positions if way == WAYS[0] else lambda settings: settings
        desk, told, took_s = replayed(COUNTIES[name], Path(folder), change)
        begin_us, end_us = instant_us(told["start"]) + WARM_DAYS * DAY_US, instant_us(told["end"])
        risks = [a for a in desk.alerts.find(everything=True) if a.kind is AlertKind.RISK]
        planted = planted_of(desk.settings.world, told)
    mine = [a for a in risks if a.opened_at_us >= begin_us and a.inhibited_by is None]
    shown = [a for a in mine if a.shown]
    counted = [p for p in planted if p.first_us >= begin_us]
    false = [a for a in mine if not any(p.has(a) for p in planted)]
    return Heard(
        (end_us - begin_us) / DAY_US,
        sum(a.shown and a.peak_level <= Level.ORANGE for a in false),
        tuple(delay_h(p, shown, Level.BLUE) for p in counted),
        tuple(delay_h(p, shown, Level.ORANGE) for p in counted),
        tuple(p.shape for p in counted),
        tuple(a.likelihood or 0.0 for a in false),
        tuple(_best(p, mine) for p in counted),
        sum(len(a.around) > 0 for a in shown),
        sum(a.revision for a in risks),
        took_s,
    )


def _best(planted: Planted, alerts: Sequence[Alert]) -> float:
    """The highest likelihood of a word that found an incident."""
    mine = (a for a in alerts if planted.has(a) and a.opened_at_us <= planted.last_us)
    return max((a.likelihood or 0.0 for a in mine), default=0.0)


def at_equal_words(one: Heard, alone: Heard) -> list[bool]:
    """Which incidents are found over the likelihood that leaves as many words false as areas alone have."""
    false = sorted(one.ranked_false, reverse=True)
    cut = false[alone.false] if len(false) > alone.false else 0.0
    return [likelihood > cut for likelihood in one.ranked_found]


def _found(delays: Sequence[float | None]) -> str:
    hours = [d for d in delays if d is not None]
    return f"{len(hours)} of {len(delays)}" + (f", {np.median(hours):.0f} h" if hours else "")


def _share(found: Sequence[bool]) -> str:
    low, high = wilson(sum(found), len(found))
    return f"{sum(found)} of {len(found)} ({low:.2f}-{high:.2f})"


def main() -> None:
    """Live through the counties, two at once; print, write the page if all were run."""
    chosen = asked(__doc__, COUNTIES)
    cases = list(product(chosen, WAYS))
    with ProcessPoolExecutor(2) as pool:
        results = dict(zip(cases, pool.map(heard, *zip(*cases, strict=True)), strict=True))
    rows: list[list[object]] = []
    for (name, way), one in results.items():
        equal = at_equal_words(one, results[name, WAYS[0]])
        rows.append(
            [
                name,
                way,
                f"{one.false / one.days:.2f}",
                _found(one.any_level) if one.grave else "–",
                _found(one.grave) if one.grave else "–",
                _share(equal) if equal else "–",
                one.together,
                f"{one.changes:,}",
                f"{one.took_s:.0f}",
            ]
        )
    header = ["county (areas)", "looked at", "false orange or red a day", "found at any level"]
    header += ["found at orange or red", "found at as many false words", "shown with neighbours"]
    header += ["changes of alerts", "replay, CPU s"]
    by_shape: list[list[object]] = []
    for shape, way in product(dict.fromkeys(s for one in results.values() for s in one.shapes), WAYS):
        mine = [
            (one.grave[n], at_equal_words(one, results[name, WAYS[0]])[n])
            for (name, as_way), one in results.items()
            if as_way == way
            for n, of in enumerate(one.shapes)
            if of == shape
        ]
        by_shape.append([shape, way, _found([d for d, _ in mine]), _share([e for _, e in mine])])
    shapes = table(["shape", "looked at", "found at orange or red", "at as many false words"], by_shape)
    text = table(header, rows)
    print(text, shapes, sep="\n\n")
    if len(chosen) < len(COUNTIES):
        return
    used_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    parts = [
        "# Areas with their neighbours",
        "Made counties whose areas have positions, each replayed as if nobody knew them (**areas alone**) "
        "and with them (**with neighbours**: an area and those it borders on are a place of their own, "
        "too). False words, what is found and the delay are as in [busy.md](busy.md), after "
        f"{WARM_DAYS} days. *At as many false words*: alerts of any level cut at the likelihood over which "
        "as many are false as areas alone have at orange or red, county by county; Wilson's intervals. "
        "Spread incidents strike a village, or a township, and all its neighbours, in one signature. "
        "What a vicinity has to bring was decided without the counties named planted or unseen.",
        f"{provenance(COMMAND)} {used_s:.0f} s of processor time; load average at the end "
        f"{os.getloadavg()[1]:.1f}.",
        text,
        shapes,
    ]
    parts += noted(__file__)
    Path(__file__).with_name("around.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
