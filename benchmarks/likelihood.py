"""Is the likelihood right? `RISKWATCH_DATA=… python -m benchmarks.likelihood` writes `likelihood.md`.

Stated against come true on the real year and on a made county whose seed the fit never saw. The
Brier skill is against the base rate; onsets are outcomes that did not hold at the decision instant.
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
from benchmarks.page import ROOT, provenance, table
from benchmarks.training_rows import Rows, collect
from models.surprise_odds import SurpriseOdds
from riskwatch.core.documents import read_document
from riskwatch.score.bundle import Bundle

BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
TOO_FEW = 250
HELD_OUT = (90, 250_000, 201)


def reliability(rows: Rows, model: SurpriseOdds) -> tuple[str, float]:
    """A table of stated against true by bin, and the Brier skill against the base rate."""
    stated, true = expit(model.log_odds(rows.features)), rows.outcome
    lines: list[list[object]] = []
    for low, high in pairwise(BINS):
        here = (stated >= low) & (stated < high)
        n = int(here.sum())
        if n:
            onset = rows.outcome[here & ~rows.in_progress]
            lines.append(
                [
                    f"{low:g} to {high:g}",
                    f"{n:,}" + (" (too few)" if n < TOO_FEW else ""),
                    f"{stated[here].mean():.3f}",
                    f"{true[here].mean():.3f}",
                    f"{onset.mean():.3f}" if len(onset) else "",
                ]
            )
    base = true.mean()
    skill = 1.0 - float(np.mean((stated - true) ** 2) / (base * (1.0 - base)))
    return table(["likelihood", "rows", "stated", "came true", "of onsets"], lines), skill


def main() -> None:
    """Collect, compare, write the page."""
    bundle = read_document(ROOT / "configs" / "bundle.yaml", Bundle, "bundle.yaml")
    model = SurpriseOdds.frozen(**bundle.members["surprise_odds"].frozen)
    year = collect(ROOT, Path(os.environ["RISKWATCH_DATA"]) / "montco911" / FILE, "montco911")
    with tempfile.TemporaryDirectory() as folder:
        made = county_rows(*HELD_OUT, Path(folder))
    parts = [
        "# Is the likelihood right?",
        f"Bundle {bundle.version}, fitted on {bundle.fitted}. A row is an area's signature at every second "
        "tick, where there is any surprise; rows of one day are not independent, so the counts flatter "
        f"the precision. Bins under {TOO_FEW} rows are marked.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.likelihood"),
    ]
    for name, rows in (
        ("The real year", year),
        (f"A made county, seed {HELD_OUT[2]}, not fitted on", made),
    ):
        text, skill = reliability(rows, model)
        parts += [
            f"## {name}",
            f"{len(rows.outcome):,} rows, outcome in {rows.outcome.mean():.4f}; Brier skill {skill:.4f}.",
            text,
        ]
    page = "\n\n".join(parts) + "\n"
    (ROOT / "benchmarks" / "likelihood.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
