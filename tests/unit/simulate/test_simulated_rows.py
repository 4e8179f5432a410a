"""What the rows of a simulation hold to, whatever is planted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_run import NOTHING_SPECIAL, Run, run

SMALL: dict[str, object] = {"areas": 20, "days": 8, "events": 4000}


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["events.parquet", "events.csv", "events.jsonl.gz"])
def test_same_seed_gives_same_bytes(tmp_path: Path, name: str) -> None:
    """Two runs of one scenario leave the same files, byte for byte; another seed does not."""
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        run(tmp_path / folder, name, **SMALL, seed=seed)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a")[name] != _bytes(tmp_path / "c")[name]


def test_total_is_near_the_events_asked_for(month: Run) -> None:
    """Rows come within 3% of `events`, with incidents, outages and duplicates in."""
    assert len(month.events) == month.summary.rows == month.truth["rows"]
    assert abs(len(month.events) / month.scenario.events - 1) < 0.03


def test_rows_are_sorted_by_receipt(month: Run) -> None:
    """received_at never falls, and no row is known before it happened."""
    assert month.events["received_at"].is_monotonic_increasing
    assert (month.events["received_at"] >= month.events["occurred_at"]).all()


def test_events_occur_within_the_run(month: Run) -> None:
    """Every occurred_at lies in the run, from the first local midnight on."""
    start, end = pd.Timestamp(month.truth["start"]), pd.Timestamp(month.truth["end"])
    assert start == pd.Timestamp("2025-01-06 05:00", tz="UTC")
    assert month.events["occurred_at"].between(start, end, inclusive="left").all()


def test_columns_are_the_events_fields(month: Run) -> None:
    """Parquet holds plain strings, timestamp[us, UTC] and a value, and no null."""
    fields = ["id", "source", "area", "indicator", "occurred_at", "received_at", "value", "incident_ref"]
    assert list(month.events.columns) == fields
    assert str(month.events["occurred_at"].dtype) == "datetime64[us, UTC]"
    assert not month.events.isna().to_numpy().any()
    assert set(month.events["source"]) == {"hotline", "emergency", "clinics"}


def test_duplicates_in_file_are_those_of_truth(month: Run) -> None:
    """Rows less distinct ids are the duplicates of truth; a copy differs in received_at alone."""
    copies = month.events[month.events.duplicated("id")]
    assert len(copies) == month.truth["duplicates"] > 300
    both = copies.merge(month.first_copies, on="id", suffixes=("", "_first"))
    for column in ("source", "area", "indicator", "occurred_at", "incident_ref"):
        assert (both[column] == both[f"{column}_first"]).all()
    assert (both["received_at"] > both["received_at_first"]).all()


def test_late_rows_in_file_are_those_of_truth(month: Run) -> None:
    """Rows behind by more than the allowed lateness are as many as truth says."""
    behind = month.first_copies["received_at"] - month.first_copies["occurred_at"]
    late = month.truth["late_rows"]
    assert (behind > pd.Timedelta(minutes=15)).sum() == late["over_lateness"]
    assert 0.6 * late["over_lateness"] < late["planted"] + late["caught_up"] < 1.2 * late["over_lateness"]


def test_ninety_nine_in_a_hundred_are_in_time(tmp_path: Path) -> None:
    """With no late rows, 1% of the reports or less take more than 15 minutes."""
    shares = {f"departments__{d}__late_share": 0 for d in ("hotline", "emergency", "clinics")}
    events = run(tmp_path, **SMALL, **NOTHING_SPECIAL, **shares, duplicates__share=0).events
    behind = events["received_at"] - events["occurred_at"]
    assert (behind > pd.Timedelta(minutes=15)).mean() < 0.02
    assert behind.min() >= pd.Timedelta(seconds=1)


def test_repeats_share_an_incident_ref(month: Run) -> None:
    """Further reports of one incident carry its incident_ref, code and time within hours."""
    groups = month.first_copies.groupby("incident_ref")
    sizes = groups.size()
    assert 1.1 < sizes.mean() < 1.4
    assert (groups["indicator"].nunique() == 1).all()
    spread = groups["occurred_at"].max() - groups["occurred_at"].min()
    assert spread.max() < pd.Timedelta(hours=8)


def test_formats_hold_the_same_rows(tmp_path: Path) -> None:
    """CSV, JSON lines, their gzip and Parquet of one scenario hold the same rows in the same order."""
    for suffix in ("parquet", "csv", "jsonl", "csv.gz", "jsonl.gz"):
        run(tmp_path, f"events.{suffix}", **SMALL)
    events = pd.read_parquet(tmp_path / "events.parquet")
    for column in ("occurred_at", "received_at"):
        events[column] = events[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table = pd.read_csv(tmp_path / "events.csv", dtype={"id": str, "incident_ref": str, "value": float})
    pd.testing.assert_frame_equal(table, events, check_dtype=False)
    lines = [json.loads(x) for x in (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == events.to_dict("records")
    for text in ("events.csv", "events.jsonl"):
        assert gzip.decompress((tmp_path / f"{text}.gz").read_bytes()) == (tmp_path / text).read_bytes()


def test_hour_of_week_follows_the_local_clock(tmp_path: Path) -> None:
    """Office calls keep their local hour when daylight-saving time begins, and move an hour in UTC."""
    events = run(tmp_path, areas=20, days=12, events=90_000, start="2025-03-03", **NOTHING_SPECIAL).events
    office = events[
        events["indicator"].isin(["food_complaint", "road_defect", "wages_unpaid", "gastro_visits"])
    ]
    change = pd.Timestamp("2025-03-09 07:00", tz="UTC")
    before, after = (
        office[(office["occurred_at"] < change) == side]["occurred_at"] for side in (True, False)
    )

    def mean_hour(instants: pd.Series) -> float:
        return float((instants.dt.hour + instants.dt.minute / 60).mean())

    local = [mean_hour(x.dt.tz_convert("America/New_York")) for x in (before, after)]
    assert local[0] == pytest.approx(local[1], abs=0.2)
    daytime = [x[x.dt.hour.between(10, 22)] for x in (before, after)]
    assert mean_hour(daytime[0]) - mean_hour(daytime[1]) > 0.5


def test_counts_are_overdispersed(tmp_path: Path) -> None:
    """Daily counts vary more than Poisson by default, and like Poisson where all cvs are 0."""

    def dispersion(folder: Path, cv: float) -> float:
        flat = {
            "seasons__weekly_strength": 0,
            "seasons__yearly_strength": 0,
            "departments__hotline__repeat_mean": 0,
        }
        given = {"variation__county_day_cv": cv, "variation__area_day_cv": cv}
        events = run(folder, areas=10, days=60, events=60_000, **NOTHING_SPECIAL, **flat, **given).events
        mine = events[events["source"] == "hotline"].drop_duplicates("id")
        days = (mine["occurred_at"] - pd.Timestamp("2025-01-06 05:00", tz="UTC")).dt.days
        table = mine.groupby([mine["indicator"], days]).size().unstack(fill_value=0)
        return float(np.median(table.var(axis=1) / table.mean(axis=1)))

    assert dispersion(tmp_path / "flat", 0) == pytest.approx(1.0, abs=0.25)
    assert dispersion(tmp_path / "wild", 0.4) > 2


def test_no_row_is_left_out_at_chunk_boundaries(tmp_path: Path) -> None:
    """Every hour of a run has rows, the hours around each chunk's boundary included."""
    events = run(
        tmp_path, areas=20, days=4, events=20_000, **NOTHING_SPECIAL, seasons__weekly_strength=0
    ).events
    hour = (events["occurred_at"] - pd.Timestamp("2025-01-06 05:00", tz="UTC")) // pd.Timedelta(hours=1)
    counts = np.bincount(hour, minlength=96)
    assert len(counts) == 96
    assert counts.min() > 0.6 * counts.mean()
