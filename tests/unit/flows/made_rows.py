"""A made training set whose true likelihoods are known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.surprise_odds import SurpriseOdds
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.learn.labels import Labels, Sample
from riskwatch.learn.training_set import TrainingSet

NAMES = ("1h", "3h", "6h", "12h", "24h", "72h", "168h", "size")
TRUE = SurpriseOdds.frozen(
    intercept=-4.0, weights=[0.0, 0.1, 0.3, 0.1, 0.0, 0.0, 0.0], size_weights=[0.0] * 7, cap=20
)


def made_rows(n: int = 3000, weeks: int = 24, seed: int = 0, *, chance: bool = False) -> TrainingSet:
    """Rows in the order of time; with `chance`, the outcome has nothing to do with the features."""
    draw = np.random.default_rng(seed)
    features = np.column_stack([draw.exponential(3.0, (n, 7)), draw.uniform(0, 3, n)])
    true = TRUE.predict_proba(features)[:, 1]
    outcome = draw.random(n) < (true.mean() if chance else true)
    at = np.sort(draw.integers(0, weeks * 7 * DAY_US, n))
    busy = draw.random(n) < 0.1
    columns = {
        "tick": at // (15 * 60 * 1_000_000),
        "decided_at_us": at,
        "known_at_us": at + 7 * HOUR_US,
        "area": pa.array(["A"] * n).dictionary_encode(),
        "signature": pa.array(["s"] * n).dictionary_encode(),
        **{name: features[:, i] for i, name in enumerate(NAMES)},
        "likelihood": true,
        "outcome": outcome,
        "onset": outcome & ~busy,
        "in_progress": busy,
        "week_ago": draw.random(n) < 0.05,
        "weight": np.where(outcome, 1.0, 4.0),
        "bundle": ["b"] * n,
        "config": ["c"] * n,
        "verdict": pa.nulls(n, pa.string()),
    }
    return TrainingSet(pa.table(columns), Labels(), Sample())
