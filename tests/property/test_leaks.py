"""Leaks: later news moves nothing as of an instant, and a planted leak is caught by the public check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from engine import settings

from features.call_volume import CallVolume
from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Features, World
from riskwatch.learn.labels import Labels, Sample, SeasonSpec
from riskwatch.learn.training_set import TrainingSet, build_training_set
from riskwatch.store.alerts import AlertStore
from riskwatch.store.codec import dump_alert
from riskwatch.store.database import open_database
from riskwatch.store.feature_log import FeatureLog
from riskwatch.store.inbox import EntryKind, Inbox, StreamPlace
from riskwatch.store.snapshots import Snapshots
from riskwatch.testing.leaks import PERTURBATIONS, check_no_leak, check_nothing_moves, leaky_rows
from riskwatch.testing.made import Row, made_batch, made_world

WORLD = settings().world
LABELS = Labels(min_history_days=4, season=SeasonSpec(half_life_days=7))
SAMPLE = Sample(every_ticks=2, negatives=0.5, absent=0.5)
ROWS = leaky_rows(WORLD, days=18)
T = ROWS[0][5] + 16 * DAY_US + 5 * 3_600_000_000 + 17


# --- what the project really does --------------------------------------------------------------------


def volume(world: World) -> CallVolume:
    """The extractor of the workspace, with the windows of a small world."""
    return CallVolume(world, windows_h=(1, 3, 6, 24))


def test_perturb_moves_no_feature_of_the_workspace() -> None:
    """Dropped, scaled, shuffled, backdated news and a new area, all received after t."""
    check_no_leak(volume, world=WORLD, rows=ROWS, instants_us=[T])


def lived(folder: Path, rows: Sequence[Row]) -> tuple[FeatureLog, AlertStore]:
    """A pipeline's life over these rows, to a day after their last."""
    folder.mkdir()
    database = open_database(None, folder)
    inbox, alerts, log = Inbox(database), AlertStore(database), FeatureLog(folder, WORLD)
    pipeline = Pipeline(settings(), inbox, alerts, Snapshots(database, folder), log=log)
    body = {"source": "made", "rows": len(rows), "duplicate": 0, "quarantined": 0, "new_codes": []}
    inbox.append_batch(body, made_batch(rows), StreamPlace("made", "made", {}), [])
    inbox.append(EntryKind.CLOCK, {"at_us": rows[-1][5] + 2 * DAY_US})
    pipeline.restore()
    return log, alerts


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Lives by their rows; each stream is lived through once for all tests."""
    kept: dict[int, tuple[FeatureLog, AlertStore]] = {}

    def life(rows: Sequence[Row]) -> tuple[FeatureLog, AlertStore]:
        key = hash(tuple(rows))
        if key not in kept:
            kept[key] = lived(tmp_path_factory.mktemp("life") / "store", rows)
        return kept[key]

    return life


def training(lives: Any, rows: Sequence[Row], t: int | None) -> TrainingSet:
    return build_training_set(lives(rows)[0], LABELS, SAMPLE, as_of_us=t)


def test_perturb_moves_no_label_training_row_or_score(lives: Any) -> None:
    """Features, labels, weights, likelihoods and alerts as of t are the same in each other future."""

    def as_of(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
        found = training(lives, rows, t)
        changes = [
            f"{c.at_us} {c.reason} {dump_alert(c.alert)}"
            for a in lives(rows)[1].find(everything=True)
            for c in lives(rows)[1].changes(a.id)
            if c.at_us <= t
        ]
        return {"rows": found.table, "hash": found.hash, "alerts": changes}

    found = training(lives, ROWS, T)
    assert found.column("outcome").sum() > 10
    assert np.isfinite(found.column("likelihood")).sum() > 5
    check_nothing_moves(as_of, world=WORLD, rows=ROWS, instants_us=[T])


def test_perturb_does_move_what_comes_after(lives: Any) -> None:
    """The other futures are other ones: as of the end, each of them makes another training set."""
    whole = training(lives, ROWS, None).hash
    known, future = [r for r in ROWS if r[5] <= T], [r for r in ROWS if r[5] > T]
    for name, perturb in PERTURBATIONS.items():
        other = [*known, *perturb(list(future), WORLD, np.random.default_rng(1))]
        assert training(lives, other, None).hash != whole, name


def test_leak_of_a_training_set_that_does_not_ask_when_a_label_is_known(lives: Any) -> None:
    """Rows decided by t with labels that look beyond it: caught."""

    def as_of(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
        table = training(lives, rows, None).table
        return {"rows": table.filter(table.column("decided_at_us").to_numpy() <= t)}

    with pytest.raises(AssertionError, match=f"^({'|'.join(PERTURBATIONS)}): rows moved"):
        check_nothing_moves(as_of, world=WORLD, rows=ROWS, instants_us=[T])


def test_leak_of_a_training_set_that_is_scaled_by_all_of_its_rows(lives: Any) -> None:
    """Features divided by their spread over the whole log, later days included: caught."""

    def as_of(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
        whole = training(lives, rows, None).features
        return {"features": training(lives, rows, t).features / whole.std(axis=0).max()}

    with pytest.raises(AssertionError, match=r"^drop: features moved"):
        check_nothing_moves(as_of, world=WORLD, rows=ROWS, instants_us=[T])


# --- planted leaks, each from the events themselves --------------------------------------------------

HOUR = 3_600_000_000


def hourly(rows: Sequence[Row]) -> pd.DataFrame:
    """Counts by hour of occurrence and area, of everything that was ever received."""
    frame = pd.DataFrame(
        rows, columns=["id", "source", "area", "indicator", "occurred", "received", "value"]
    )
    return frame.pivot_table(
        index=frame.occurred // HOUR, columns="area", values="value", aggfunc="sum", fill_value=0.0
    ).sort_index()


def by_hour(table: pd.DataFrame, t: int) -> dict[str, Any]:
    """A table's values of hours that were over by an instant."""
    return {f"hour {h}": row.to_dict() for h, row in table[(table.index + 1) * HOUR <= t].iterrows()}


def in_time(rows: Sequence[Row], t: int) -> list[Row]:
    """What had been received by the end of the hour it is about, as someone sees it at t."""
    return [r for r in rows if r[5] < (r[4] // HOUR + 1) * HOUR and r[5] <= t]


def sound(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
    """A mean of the last three hours, of what was received in time."""
    return by_hour(hourly(in_time(rows, t)).rolling(3, min_periods=1).mean(), t)


def centred_window(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
    kept = hourly([r for r in rows if r[5] < (r[4] // HOUR + 1) * HOUR])
    return by_hour(kept.rolling(5, min_periods=1, center=True).mean(), t)


def global_z_score(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
    kept = hourly([r for r in rows if r[5] < (r[4] // HOUR + 1) * HOUR])
    return by_hour((kept - kept.mean()) / kept.std(), t)


def full_history_quantile(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
    kept = hourly([r for r in rows if r[5] < (r[4] // HOUR + 1) * HOUR])
    return by_hour((kept > kept.quantile(0.99)).astype(float), t)


def ignores_received_at(rows: Sequence[Row], t: int) -> Mapping[str, Any]:
    return by_hour(hourly([r for r in rows if r[4] <= t]).rolling(3, min_periods=1).mean(), t)


PLANTED = {
    centred_window: "drop|scale|shuffle",
    global_z_score: "drop|scale|shuffle",
    full_history_quantile: "drop|scale|shuffle|backdate",
    ignores_received_at: "backdate",
}
"""Each leak with what it is caught by: only backdated news tells of an instant that was over."""


@pytest.mark.parametrize("leak", PLANTED, ids=lambda f: f.__name__)
def test_planted_leak_is_caught_by_name(leak: Any) -> None:
    """A centred window, a global z-score, a quantile of all history, a feature blind to received_at."""
    rows = prompt_after(leaky_rows(made_world(), days=10))
    with pytest.raises(AssertionError, match=f"^({PLANTED[leak]}): .* moved with what was received after"):
        check_nothing_moves(leak, rows=rows)


def test_no_leak_is_found_where_there_is_none() -> None:
    """The same kind of feature made of what was received in time passes."""
    check_nothing_moves(sound, rows=prompt_after(leaky_rows(made_world(), days=10)))


def prompt_after(rows: list[Row]) -> list[Row]:
    """The rows without old news, so that only backdated ones tell of hours before they are received."""
    return [r for r in rows if r[5] - r[4] < HOUR // 60]


class CentredExtractor:
    """An extractor whose instances share a table of panels: it answers with the tick that follows."""

    table: ClassVar[dict[int, float]] = {}
    names = ("around",)

    def __init__(self, world: World) -> None:
        self._tick = -1

    def update(self, panel: Panel) -> None:
        self._tick = panel.tick
        self.table[panel.tick] = float(panel.counts.sum())

    def read(self) -> Features:
        around = np.array([[self.table.get(self._tick + 1, 0.0)]])
        return Features(self._tick, np.zeros(1, np.int32), self.names, around)

    def state(self) -> Any:
        return {}

    def load(self, state: Any) -> None: ...


def test_leak_of_an_extractor_is_caught_by_name() -> None:
    """A centred window in an extractor, known to the other run: news that is dropped moves the past."""
    CentredExtractor.table.clear()
    with pytest.raises(AssertionError, match=r"^drop: tick "):
        check_no_leak(CentredExtractor)


def test_a_check_that_sees_nothing_fails() -> None:
    """Nothing said is nothing proved."""
    with pytest.raises(AssertionError, match="nothing is said"):
        check_nothing_moves(lambda rows, t: {})
