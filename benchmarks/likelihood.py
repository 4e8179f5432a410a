"""Is the likelihood right? `RISKWATCH_DATA=… python -m benchmarks.likelihood` writes `likelihood.md`.

Stated against come true on the real year and on a made county whose seed the fit never saw. The
Brier skill is against climatology and persistence; onsets are outcomes that did not hold at the decision
instant.
"""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import expit

from benchmarks.fit_bundle import county_rows
from benchmarks.montco911 import FILE
from benchmarks.page import ROOT, asked, provenance, table
from benchmarks.training_rows import Rows, collect
from riskwatch.core.documents import read_document
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import duty_log_odds
from riskwatch.workspace import resolve

BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
TOO_FEW = 250
TICKS_A_DAY = 96
PRIOR = 200  # rows that the first guess of a reference counts for
HELD_OUT = (90, 250_000, 201)


def prequential(rows: Rows, key: np.ndarray) -> np.ndarray:
    """[n] how often the outcome came in rows of the same key until two days before, 1% to begin with."""
    day = rows.tick // TICKS_A_DAY
    first, last = int(day.min()), int(day.max())
    shape = (int(key.max()) + 1, last - first + 1)
    seen, true = np.zeros(shape), np.zeros(shape)
    np.add.at(seen, (key, day - first), 1.0)
    np.add.at(true, (key, day - first), rows.outcome)
    at = np.maximum(day - first - 2, 0)
    known = day - first >= 2
    before, so_far = np.cumsum(true, axis=1)[key, at] * known, np.cumsum(seen, axis=1)[key, at] * known
    return (before + PRIOR * 0.01) / (so_far + PRIOR)


def reliability(rows: Rows, bundle: Bundle) -> tuple[str, str]:
    """A table of stated against true by bin, and one of the Brier skill against each reference.

    Intervals draw weeks of all series together again, 2,000 times.
    """
    odds = duty_log_odds(bundle.build(resolve), bundle.prior, rows.places, rows.features)
    stated, true = expit(odds), rows.outcome
    week = rows.tick // (7 * TICKS_A_DAY)
    week = week - week.min()
    weeks = int(week.max()) + 1
    drawn = np.random.default_rng(0).multinomial(weeks, np.full(weeks, 1 / weeks), size=2000)
    lines: list[list[object]] = []
    for low, high in pairwise(BINS):
        here = (stated >= low) & (stated < high)
        n = int(here.sum())
        if n:
            onset = here & ~rows.in_progress
            lines.append(
                [
                    f"{low:g} to {high:g}",
                    f"{n:,}" + (" (too few)" if n < TOO_FEW else ""),
                    f"{stated[here].mean():.3f}",
                    _share(true, here, week, drawn),
                    _share(true, onset, week, drawn) if onset.any() else "",
                ]
            )
    references = {
        "base rate of the file itself (looks ahead)": np.full(len(true), true.mean()),
        "climatology: the signature's rate until then": prequential(rows, rows.signature),
        "persistence: the rate until then of what goes on, or not": prequential(
            rows, rows.in_progress.astype(np.int64)
        ),
    }
    mine = np.bincount(week, (stated - true) ** 2, weeks)
    skills: list[list[object]] = []
    for name, reference in references.items():
        theirs = np.bincount(week, (reference - true) ** 2, weeks)
        skill = 1.0 - mine.sum() / theirs.sum()
        low, high = np.quantile(1.0 - (drawn @ mine) / (drawn @ theirs), [0.025, 0.975])
        skills.append([name, f"{theirs.sum() / len(true):.5f}", f"{skill:.4f} ({low:.4f} to {high:.4f})"])
    header = ["likelihood", "rows", "stated", "came true", "of onsets"]
    return table(header, lines), table(["reference", "its Brier score", "Brier skill"], skills)


def _share(true: np.ndarray, here: np.ndarray, week: np.ndarray, drawn: np.ndarray) -> str:
    """How often it came true, with the interval of drawn weeks."""
    weeks = drawn.shape[1]
    found, n = (np.bincount(week[here], w, weeks) for w in (true[here], np.ones(int(here.sum()))))
    of = drawn @ n
    low, high = np.quantile((drawn @ found)[of > 0] / of[of > 0], [0.025, 0.975])
    return f"{true[here].mean():.3f} ({low:.3f}-{high:.3f})"


def main() -> None:
    """Collect, compare, write the page."""
    asked(__doc__)
    bundle = read_document(ROOT / "configs" / "bundle.yaml", Bundle, "bundle.yaml")
    year = collect(ROOT, Path(os.environ["RISKWATCH_DATA"]) / "montco911" / FILE, "montco911")
    with tempfile.TemporaryDirectory() as folder:
        made = county_rows(*HELD_OUT, Path(folder))
    parts = [
        "# Is the likelihood right?",
        f"Bundle {bundle.version}, fitted on {bundle.fitted}. A row is an area's signature at every second "
        "tick, where there is any surprise; rows of one week are not independent, so intervals draw whole "
        f"weeks of all series again. Bins under {TOO_FEW} rows are marked. References are prequential: "
        "they know what came true until two days before.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.likelihood"),
    ]
    for name, rows in (
        ("The real year", year),
        (f"A made county, seed {HELD_OUT[2]}, not fitted on", made),
    ):
        text, skills = reliability(rows, bundle)
        parts += [
            f"## {name}",
            f"{len(rows.outcome):,} rows, outcome in {rows.outcome.mean():.4f}.",
            skills,
            text,
        ]
    page = "\n\n".join(parts) + "\n"
    (ROOT / "benchmarks" / "likelihood.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
