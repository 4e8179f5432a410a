"""Fits the bundle's frozen numbers on simulated counties: `python -m benchmarks.fit_bundle`.

No real record enters, so what the real calls show (`montco911.py`) is out of sample. Prints the
`members:` block of `configs/bundle.yaml`; takes about five minutes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.page import asked
from benchmarks.training_rows import Rows, collect
from models.surprise_odds import SurpriseOdds
from riskwatch.simulate.county import simulate
from riskwatch.simulate.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[1]

COUNTIES = (  # areas, events, seed: from thin to busy, 120 days each
    (90, 150_000, 101),
    (90, 500_000, 102),
    (40, 60_000, 103),
    (160, 120_000, 104),
    (90, 250_000, 105),
    (60, 300_000, 106),
)
INCIDENTS = {"storm": 6, "outbreak": 8, "slow": 5, "compound": 5}


def county_rows(areas: int, events: int, seed: int, folder: Path) -> Rows:
    """The training rows of one made county."""
    counts = {f"incidents.{shape}.count": str(n) for shape, n in INCIDENTS.items()}
    scenario = load_scenario(None, {"areas": areas, "days": 120, "events": events, "seed": seed, **counts})
    out = folder / f"county{seed}.parquet"
    simulate(scenario, out, None)
    return collect(ROOT, out, "simulated", out.with_suffix(".configs"))


def main() -> None:
    """Make, replay, fit, print."""
    asked(__doc__)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for areas, events, seed in COUNTIES:
            found = county_rows(areas, events, seed, Path(folder))
            print(
                f"# county {seed}: {len(found.outcome)} rows, {found.outcome.mean():.4f} with the outcome"
            )
            rows.append(found)
    model = SurpriseOdds().fit(
        np.concatenate([r.features for r in rows]), np.concatenate([r.outcome for r in rows]).astype(int)
    )
    width = len(model.coef_) // 2
    print("      cap:", model.cap)
    print("      intercept:", round(model.intercept_, 4))
    print("      weights:", [round(float(w), 4) for w in model.coef_[:width]])
    print("      size_weights:", [round(float(w), 4) for w in model.coef_[width:]])


if __name__ == "__main__":
    main()
