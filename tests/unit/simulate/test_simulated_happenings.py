"""What is planted shows in the rows, where and when truth says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from simulated_run import NOTHING_SPECIAL, Run, run

QUIET: dict[str, object] = {"areas": 30, "days": 20, "events": 20_000}


def _between(run: Run, item: dict[str, object], column: str = "occurred_at") -> pd.DataFrame:
    start, end = pd.Timestamp(str(item["start"])), pd.Timestamp(str(item["end"]))
    return run.events[run.events[column].between(start, end, inclusive="left")]


def test_every_shape_is_planted_after_the_warm_up(month: Run) -> None:
    """Storm, outbreak, slow and compound incidents are there, labelled, after 0.4 of a short run."""
    assert [i["shape"] for i in month.truth["incidents"]] == ["storm", "outbreak", "slow", "compound"]
    warm = pd.Timestamp(month.truth["start"]) + pd.Timedelta(days=12)
    assert all(pd.Timestamp(i["start"]) >= warm for i in month.truth["incidents"])
    assert [len(i["indicators"]) for i in month.truth["incidents"]] == [3, 3, 3, 3]
    assert month.summary.incidents == 4


@pytest.mark.parametrize("shape", ["storm", "outbreak", "slow", "compound"])
def test_incident_adds_its_events_and_changes_no_other(tmp_path: Path, shape: str) -> None:
    """An incident leaves the other rows as they are and adds what truth says, in its area and span."""
    still = {**QUIET, **NOTHING_SPECIAL, "duplicates__share": 0}
    without = run(tmp_path / "without", **still)
    given = {f"incidents__{shape}__count": 1, f"incidents__{shape}__extra_events": 200}
    struck = run(tmp_path / "with", **{**still, **given})
    (incident,) = struck.truth["incidents"]
    extra = struck.events[~struck.events["id"].isin(without.events["id"])]
    assert without.events["id"].isin(struck.events["id"]).all()
    assert len(extra) == incident["extra_events"] > 120
    assert set(extra["indicator"]) == set(incident["indicators"])
    assert set(extra["area"]) <= struck.villages_under(incident["areas"][0])
    assert extra["occurred_at"].min() >= pd.Timestamp(incident["start"])
    first_reports = extra.groupby("incident_ref")["occurred_at"].min()
    assert first_reports.max() < pd.Timestamp(incident["end"])


def test_incident_raises_its_peak_by_its_ratio(tmp_path: Path) -> None:
    """A plateau of ratio 4 makes about four times the usual rows in its town."""
    given = {"incidents__compound__count": 1, "incidents__compound__peak_ratio": 4}
    more = {"incidents__compound__duration_hours": 96, "incidents__compound__start_days": "[8]"}
    made = run(tmp_path, **{**QUIET, "events": 200_000, **NOTHING_SPECIAL, **given, **more})
    (incident,) = made.truth["incidents"]
    assert incident["peak_ratio"] == pytest.approx(4, rel=0.01)
    mine = made.events[
        made.events["area"].isin(made.villages_under(incident["areas"][0]))
        & made.events["indicator"].isin(incident["indicators"])
    ]
    start = pd.Timestamp(incident["start"])
    week = pd.Timedelta(days=7)
    span = pd.Timedelta(hours=96)
    during = mine["occurred_at"].between(start, start + span, inclusive="left").sum()
    usual = mine["occurred_at"].between(start - week, start - week + span, inclusive="left").sum()
    assert 3 < during / usual < 5


def test_compound_shows_in_three_departments(month: Run) -> None:
    """The compound incident touches one code of each department."""
    compound = month.truth["incidents"][3]
    source = month.events.drop_duplicates("indicator").set_index("indicator")["source"]
    assert {source[code] for code in compound["indicators"]} == {"hotline", "emergency", "clinics"}


def test_gap_is_empty(tmp_path: Path) -> None:
    """In a gap its source sends nothing, and nothing of that time ever comes; others go on."""
    made = run(tmp_path, **{**QUIET, **NOTHING_SPECIAL, "outages__gap__count": 2})
    for gap in made.truth["outages"]:
        assert (gap["kind"], gap["catch_up"], gap["indicator"]) == ("gap", False, None)
        for column in ("occurred_at", "received_at"):
            there = _between(made, gap, column)
            assert gap["source"] not in set(there["source"])
            assert len(there) > 0


def test_backlog_arrives_in_a_lump(tmp_path: Path) -> None:
    """Nothing is received in the outage; what it held back comes within 30 minutes after its end."""
    given = {"outages__backlog__count": 1, "outages__backlog__sources": "[hotline]"}
    no_late = {"departments__hotline__late_share": 0, "duplicates__share": 0}
    made = run(tmp_path, **{**QUIET, **NOTHING_SPECIAL, **given, **no_late})
    (gap,) = made.truth["outages"]
    assert gap["catch_up"] is True
    assert "hotline" not in set(_between(made, gap, "received_at")["source"])
    mine = _between(made, gap)
    mine = mine[mine["source"] == "hotline"]
    end = pd.Timestamp(gap["end"])
    assert len(mine) > 20
    assert mine["received_at"].min() >= end
    lump = mine["received_at"] < end + pd.Timedelta(minutes=30)
    assert lump.mean() > 0.9
    assert made.truth["late_rows"]["caught_up"] >= 0.9 * lump.sum()


def test_partial_outage_stops_one_code(tmp_path: Path) -> None:
    """One code of a source is silent, its other codes are not."""
    made = run(tmp_path, **{**QUIET, **NOTHING_SPECIAL, "outages__partial__count": 1})
    (partial,) = made.truth["outages"]
    there = _between(made, partial)
    same_source = there[there["source"] == partial["source"]]
    assert partial["kind"] == "partial"
    assert partial["indicator"] not in set(there["indicator"])
    assert same_source["indicator"].nunique() > 3


def test_new_codes_are_never_seen_before_their_start(month: Run) -> None:
    """A known and an unknown code start mid-way, and truth knows the first row of each."""
    known, unknown = month.truth["new_codes"]
    assert (known["known"], unknown["known"]) == (True, False)
    for code in (known, unknown):
        mine = month.events[month.events["indicator"] == code["code"]]
        assert mine["occurred_at"].min() >= pd.Timestamp(code["starts"])
        assert mine["received_at"].min() == pd.Timestamp(code["first_seen"])
    configured = (month.out.parent / "events.configs/indicators/simulated.yaml").read_text(encoding="utf-8")
    assert f"  {known['code']}:\n" in configured
    assert unknown["code"] not in configured


def test_planned_event_multiplies_the_usual(tmp_path: Path) -> None:
    """A planned event of factor 6 makes about six times the usual rows in its area."""
    given = {
        "planned__count": 1,
        "planned__factor": 6,
        "planned__start_days": "[8.4]",
        "planned__duration_hours": 48,
    }
    flat = {"seasons__weekly_strength": 0}
    made = run(tmp_path, **{**QUIET, "events": 150_000, **NOTHING_SPECIAL, **given, **flat})
    (event,) = made.truth["planned"]
    mine = made.events[
        made.events["area"].isin(made.villages_under(event["area"]))
        & made.events["indicator"].isin(event["indicators"])
    ]
    start, end = pd.Timestamp(event["start"]), pd.Timestamp(event["end"])
    during = mine["occurred_at"].between(start, end, inclusive="left").sum()
    usual = (len(mine) - during) / (20 - 2) * 2
    assert 4.5 < during / usual < 7.5


def test_under_reporting_shows_in_rows_and_truth(tmp_path: Path) -> None:
    """Half the reporting makes half the rows a head, and truth counts what was never reported."""
    given = {
        "areas": 150,
        "days": 10,
        "events": 60_000,
        "reporting": {"elderly": 0.4},
        "variation__area_cv": 0,
    }
    made = run(tmp_path, **{**NOTHING_SPECIAL, **given, "vague_township_share": 0})
    coverage = made.truth["coverage"]["age"]
    assert coverage["elderly"]["reported"] / coverage["elderly"]["happened"] == pytest.approx(0.4, abs=0.02)
    assert coverage["younger"]["reported"] == coverage["younger"]["happened"]
    label = made.areas.set_index("code")["group:age"]
    rows = made.events["area"].map(label).value_counts()
    people = made.areas[made.areas["level"] == "village"].groupby("group:age")["population"].sum()
    a_head = rows / people
    assert a_head["elderly"] / a_head["younger"] == pytest.approx(0.4, abs=0.05)


def test_a_spread_incident_strikes_its_area_and_the_neighbours(tmp_path: Path) -> None:
    """Truth names them all, the rows lie in them, and positions are written only if asked for."""
    still = {**QUIET, "areas": 60, **NOTHING_SPECIAL, "duplicates__share": 0}
    shape = {"count": 1, "level": "village", "spread": True, "extra_events": 300, "signature": "water"}
    without = run(tmp_path / "without", **still)
    struck = run(
        tmp_path / "with", **{**still, "tree__positions": True, "incidents__more": {"near": shape}}
    )
    (incident,) = struck.truth["incidents"]
    assert 3 <= len(incident["areas"]) <= 12
    extra = struck.events[~struck.events["id"].isin(without.events["id"])]
    assert without.events["id"].isin(struck.events["id"]).all()
    villages = set().union(*(struck.villages_under(area) for area in incident["areas"]))
    assert all(any(v.startswith(area) for v in villages) for area in set(extra["area"]))  # some are vague
    assert len(villages & set(extra["area"])) >= 3
    assert "latitude" in struck.areas.columns
    assert "latitude" not in without.areas.columns
