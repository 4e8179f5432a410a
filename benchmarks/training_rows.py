"""Replays a file through the engine's own extractors and collects feature rows with their outcomes.

Used by `fit_bundle.py` and `likelihood.py`; the labels look ahead, the features never do.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riskwatch.core.clock import HOUR_US, SystemClock
from riskwatch.desk import Desk, Place
from riskwatch.ingest.intake import FileIntake
from riskwatch.learn.outcome import Outcome

EVERY_TICKS = 2
WARM_UP_DAYS = 14


@dataclass(frozen=True)
class Rows:
    """One row an area and signature with surprise at a tick: features, the outcome, and where."""

    features: np.ndarray  # [n, windows + 1]
    outcome: np.ndarray  # [n] bool
    in_progress: np.ndarray  # [n] bool: the outcome held at the decision instant already
    tick: np.ndarray
    area: np.ndarray
    signature: np.ndarray
    places: int  # signatures of areas that the desk looks at


def collect(root: Path, path: Path, source: str, overlay: Path | None = None) -> Rows:
    """The rows of one file, from the end of the warm-up on."""
    with tempfile.TemporaryDirectory() as home:
        desk = Desk.open(Place(root, Path(home)), SystemClock(), sources=[source], overlay=overlay)
        with desk.engine() as pipeline:
            return _collect(desk, pipeline, path, source)


def _collect(desk, pipeline, path: Path, source: str) -> Rows:
    world, outcome = desk.settings.world, Outcome()
    volume = pipeline.volume
    per_hour = HOUR_US // world.grid.tick_us
    horizon, lag = outcome.horizon_h * per_hour, world.grid.lateness_us // world.grid.tick_us + 1
    n, signatures = len(world.registry), len(world.registry.signatures)
    areas, width = len(world.tree), len(volume.windows_h) + 1
    counts, found, start = [], [], []

    def told(panel) -> None:
        if not start:
            start.append(panel.tick)
        totals = np.zeros((areas, signatures), dtype=np.int32)
        area, column = np.divmod(panel.series, n + signatures)
        mine = column >= n
        totals[area[mine], column[mine] - n] = panel.counts[mine]
        counts.append(totals)
        if panel.tick % EVERY_TICKS or panel.tick - start[0] < WARM_UP_DAYS * 24 * per_hour:
            return
        features = volume.read()
        rows = features.values.reshape(len(features.areas), signatures, width)
        at, signature = np.nonzero((rows[:, :, :-1] > 0).any(axis=2))
        area = features.areas[at]
        ahead = [
            volume.expectation.hour_at(panel.start_us + k * world.grid.tick_us)
            for k in range(lag, lag + horizon)
        ]
        shape = volume.expectation.profile.shape[n + signature][:, ahead].sum(axis=1)
        expected = volume.expectation.rate[area, n + signature] * shape
        six = list(volume.windows_h).index(outcome.horizon_h)
        inverse = volume.expectation.inverse_size(six)[area, n + signature]
        bound = outcome.bound(expected, inverse)
        found.append((np.full(len(at), panel.tick), area, signature, rows[at, signature], bound))

    pipeline.on_tick = told
    for _ in FileIntake(world, desk.settings.mappings[source], desk.inbox, desk.clock).read(path):
        pipeline.catch_up()
    tick, area, signature, features, bound = (np.concatenate(part) for part in zip(*found, strict=True))
    total = np.concatenate(
        [np.zeros((1, areas, signatures), np.int32), np.cumsum(counts, axis=0, dtype=np.int32)]
    )
    at = tick - start[0]
    complete = at + lag + horizon < len(total)
    at = np.where(complete, at, 0)
    after = total[at + lag + horizon, area, signature] - total[at + lag, area, signature]
    before = total[at + 1, area, signature] - total[np.maximum(at + 1 - horizon, 0), area, signature]
    keep = complete
    return Rows(
        features[keep],
        (after > bound)[keep],
        (before > bound)[keep],
        tick[keep],
        area[keep],
        signature[keep],
        volume.places(),
    )
