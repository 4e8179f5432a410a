"""Do weak signs of several domains add up? `python -m benchmarks.detection.compound` writes `compound.md`.

The trial statistic of `cross_domain.py` beside the engine's signatures, at common rates of alerts.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.detection.cross_domain import WINDOWS_H, CrossDomain, nats_now
from benchmarks.detection.lived import WARM_DAYS, Lived, Word, by_chance, found, lived, told, told_at
from benchmarks.page import ROOT, asked, provenance, table
from riskwatch.core.indicators import DOMAINS

COUNTIES = {
    "compound": (301, 302),
    "crossing": (301, 302),
    "crossing_even": (301, 302),
    "crossing_unseen": (301, 302),
}
RATES = (0.5, 1.0, 2.0)  # alerts a day of a county
SHARE = 0.3  # of the alerts that the compound may have where both speak
LEAST_SURPRISE, WHOLE = 2.0, 40.0  # nats; a Word's likelihood is surprise over the latter
COMPOUND = "compound"


def both(shape: str, seed: int, folder: Path) -> tuple[Lived, list[Word]]:
    """A county lived through, and what the compound says of it every hour."""
    trial: list[CrossDomain] = []
    words: list[Word] = []

    def also(pipeline, panel) -> None:
        volume, world = pipeline.volume, pipeline._settings.world
        if panel.tick % volume._per_hour or not volume.expectation.ready:
            return
        if not trial:
            trial.append(CrossDomain(world.tree, world.registry))
        windows = [volume.windows_h.index(h) for h in WINDOWS_H]
        surprise = trial[0].look(*nats_now(volume, windows))
        at_us = panel.decided_at_us
        words.extend(
            Word(at_us, world.tree.codes[a], COMPOUND, min(float(surprise[a]) / WHOLE, 1.0))
            for a in np.flatnonzero(surprise > LEAST_SURPRISE)
        )

    one = lived(shape, seed, folder, also)
    begin_us = min((w.at_us for w in one.words), default=0)
    return one, [w for w in words if w.at_us >= begin_us]


def lines(shape: str, counties: list[tuple[Lived, list[Word]]]) -> list[list[object]]:
    """A line a detector: found, found by chance and delay at each rate."""
    days = sum(one.days for one, _ in counties)
    whole = [one.words for one, _ in counties]
    crossing = [words for _, words in counties]
    alone = {
        f"{domain} alone": [
            [w for w in one.words if one.domain[w.signature] == domain] for one, _ in counties
        ]
        for domain in DOMAINS
    }
    detectors = {"engine, without": whole, **alone, "compound alone": crossing}
    rows = [
        _line(shape, name, counties, [told_at(lists, rate, days) for rate in RATES])
        for name, lists in detectors.items()
    ]
    joined = [
        [
            mine + theirs
            for mine, theirs in zip(
                told_at(whole, (1 - SHARE) * rate, days), told_at(crossing, SHARE * rate, days), strict=True
            )
        ]
        for rate in RATES
    ]
    return [*rows, _line(shape, "engine, with", counties, joined)]


def _line(
    shape: str, name: str, counties: list[tuple[Lived, list[Word]]], at_rates: list[list[list[Word]]]
) -> list[object]:
    row: list[object] = [shape, name]
    for opened in at_rates:
        share, delay = told(
            [d for o, (one, _) in zip(opened, counties, strict=True) for d in found(o, one)]
        )
        chance = [d for o, (one, _) in zip(opened, counties, strict=True) for d in by_chance(o, one)]
        row.append(f"{share}, {np.mean([d is not None for d in chance]):.2f}, {delay} h")
    return row


def main() -> None:
    """Live through every county, two at once; print, write the page."""
    chosen = asked(__doc__, COUNTIES)
    every = [(shape, seed) for shape in chosen for seed in COUNTIES[shape]]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        done = list(pool.map(both, *zip(*every, strict=True), [Path(folder)] * len(every)))
    rows, planted = [], []
    for shape in chosen:
        mine = [one for (name, _), one in zip(every, done, strict=True) if name == shape]
        planted.append(f"{shape} {sum(len(one.planted) for one, _ in mine)}")
        rows += lines(shape, mine)
    used_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    text = table(["shape", "detector", *(f"{rate:g} a day" for rate in RATES)], rows)
    print(text)
    command = " ".join(["python -m benchmarks.detection.compound", *sys.argv[1:]])
    notes = Path(__file__).with_name("compound_notes.md").read_text(encoding="utf-8").strip()
    page = [
        "# Weak signs of several domains",
        "Found (Wilson's interval), found by chance (the same incidents moved by 5 to 12 days) and middle "
        f"delay, at common rates of alerts a day of a county; the first {WARM_DAYS} days left out. Planted "
        f"and counted: {', '.join(planted)}. Scenario files: `configs/scenarios`. *Compound alone* is "
        "`cross_domain.py`, looked at every hour; *engine, with* gives it "
        f"{SHARE:.0%} of the alerts and the engine's signatures the rest.",
        f"{provenance(command)} {used_s:.0f} s of processor time.",
        text,
        notes,
    ]
    (ROOT / "benchmarks" / "detection" / "compound.md").write_text(
        "\n\n".join(page) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
