"""The made tree, the files beside the output, the scenario's rules, and how chunks hold together."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from simulated_run import NOTHING_SPECIAL, Run, run

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import ConfigError
from riskwatch.core.indicators import DOMAINS, RESPONSES, refused_kind
from riskwatch.simulate import county as county_module
from riskwatch.simulate.catalogue import listed_entries
from riskwatch.simulate.county import build_world, simulate
from riskwatch.simulate.entries import DEPARTMENTS, ENTRIES, TOPICS, UNKNOWN_CODES
from riskwatch.simulate.profiles import hour_of_week_profile
from riskwatch.simulate.rows import Rows
from riskwatch.simulate.scenario import Scenario, load_scenario
from riskwatch.simulate.streams import Streams

ROOT = Path(__file__).parents[3]
SCENARIOS = sorted((ROOT / "configs" / "scenarios").glob("*.yaml"))


def test_tree_has_four_levels_and_populations_add_up(month: Run) -> None:
    """Every node's population is the sum of its children's, and there are as many nodes as asked for."""
    areas = month.areas
    assert len(areas) == month.summary.areas == 60
    assert list(areas["level"].unique()) == ["county", "district", "township", "village"]
    below = areas.groupby("parent")["population"].sum()
    inner = areas[areas["level"] != "village"].set_index("code")["population"]
    pd.testing.assert_series_equal(below.sort_index(), inner.sort_index(), check_names=False)
    assert areas["name"].is_unique
    assert areas["name_zh"].is_unique
    assert areas["vulnerability"].between(0, 1).all()
    tree = AreaTree(
        Area(a.code, a.name, None if pd.isna(a.parent) else a.parent, a.level)
        for a in areas.itertuples(index=False)
    )
    assert len(tree) == 60
    assert set(month.events["area"]) <= set(tree.codes)


def test_groups_have_the_shares_asked_for() -> None:
    """Labels of villages have the shares of the scenario."""
    county = build_world(load_scenario(None, {"areas": 1000})).county
    elderly = county.label["age"][county.leaf_first :] == county.partitions["age"].index("elderly")
    assert elderly.mean() == pytest.approx(0.3, abs=0.01)


def test_sidecar_is_what_the_engine_reads(month: Run) -> None:
    """Mapping, indicators and calendar have the keys that ingest expects, and name each other."""
    folder = month.out.parent / "events.configs"
    mapping = yaml.safe_load((folder / "sources/simulated.yaml").read_text(encoding="utf-8"))
    assert mapping["local_timezone"] == "America/New_York"
    assert list(mapping["columns"]) == list(month.events.columns)
    assert all((folder / mapping[key]).is_file() for key in ("areas", "indicators", "calendar"))
    document = yaml.safe_load((folder / mapping["indicators"]).read_text(encoding="utf-8"))
    assert len(document["indicators"]) == month.summary.indicators == 24
    for indicator in document["indicators"].values():
        assert indicator["signature"] in document["signatures"]
        assert indicator["expires"] == date(2030, 12, 31)
    calendar = yaml.safe_load((folder / "calendar.yaml").read_text(encoding="utf-8"))
    assert calendar["planned"] == month.truth["planned"]
    assert calendar["holidays"] == []


def test_catalogue_obeys_the_second_law() -> None:
    """No text of an indicator names a refused kind; domains, responses and departments are known ones."""
    for entry in ENTRIES:
        topic = TOPICS[entry.signature]
        for text in (entry.id, entry.en, entry.zh, topic.en, topic.zh, topic.harm_en, topic.harm_zh):
            assert refused_kind(text) is None, text
        assert topic.domain in DOMAINS
        assert entry.response in RESPONSES
        assert entry.department in DEPARTMENTS
        hour_of_week_profile(entry.profile)
    assert all(refused_kind(code) is None for code, _ in UNKNOWN_CODES)
    assert {TOPICS[e.signature].domain for e in ENTRIES} == set(DOMAINS)
    assert len({e.id for e in listed_entries(100)}) == 100


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"areas": 3}, "options: areas: 3 is not accepted; input should be greater than or equal to 4"),
        (
            {"reporting.eldery": 0.6},
            "options: reporting.eldery: group 'eldery' is unknown; use rural, urban",
        ),
        ({"incidents.strom.count": 1}, "options: incidents.strom: is not a known key; remove it or fix"),
        ({"timezone": "Mars/Base"}, "options: timezone: 'Mars/Base' is not a time zone; use an IANA name"),
        ({"incidents.slow.start_days": "[80]"}, "day 80 is not within the run of 75 days; lower it"),
        ({"incidents.slow.indicators": "[x]"}, "indicator 'x' is not one of the 24; raise indicators"),
        (
            {"incidents.storm.signature": "snow"},
            "options: incidents.storm.signature: signature 'snow' is unknown",
        ),
        ({"tree.districts": 60}, "options: tree.districts: needs at least 181 areas; raise areas"),
        ({"incidents.more": {"slow": {}}}, "options: incidents.more.slow: is a shape of the house"),
    ],
)
def test_mistakes_are_refused_with_a_fix(overrides: dict[str, object], message: str) -> None:
    """A wrong option says where, what and what to do."""
    with pytest.raises(ConfigError) as raised:
        load_scenario(None, overrides)
    assert message in str(raised.value)


def test_all_mistakes_are_listed_at_once() -> None:
    """Two wrong options give two faults."""
    with pytest.raises(ConfigError) as raised:
        load_scenario(None, {"days": 0, "seed": -1})
    assert len(raised.value.faults) == 2


def test_unknown_suffix_and_area_are_refused_before_writing(tmp_path: Path) -> None:
    """Nothing is left behind when the output's suffix or an area's code is wrong."""
    with pytest.raises(ConfigError, match=r"end it in \.parquet, \.csv"):
        simulate(load_scenario(None, {}), tmp_path / "events.txt", None)
    with pytest.raises(ConfigError, match="area 'X' is not in the tree"):
        simulate(load_scenario(None, {"incidents.slow.areas": "[X]"}), tmp_path / "events.csv", None)
    assert not list(tmp_path.iterdir())


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    """An option replaces one value; its neighbours in the file and the defaults stay."""
    path = tmp_path / "mine.yaml"
    path.write_text("days: 20\nincidents: {storm: {count: 3, peak_ratio: 9}}\n", encoding="utf-8")
    scenario = load_scenario(path, {"incidents.storm.count": "2", "reporting.elderly": "0.5", "seed": None})
    assert (scenario.days, scenario.seed) == (20, 7)
    assert (scenario.incidents.storm.count, scenario.incidents.storm.peak_ratio) == (2, 9)
    assert scenario.incidents.storm.signature == "storm"
    assert scenario.reporting == {"rural": 0.9, "elderly": 0.5}


def test_scenario_of_truth_gives_the_same_county_again(tmp_path: Path, month: Run) -> None:
    """The parameters in the truth file, taken as a scenario file, make the same events."""
    path = tmp_path / "again.yaml"
    path.write_text(json.dumps(month.truth["scenario"]), encoding="utf-8")
    assert load_scenario(path, {}) == month.scenario


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_committed_scenarios_load_and_run(tmp_path: Path, path: Path) -> None:
    """Each file of configs/scenarios is valid, and a small version of it runs."""
    full = load_scenario(path, {})
    small = load_scenario(path, {"events": 2000, "areas": 20})
    if full.days <= 75 and full.events <= 300_000:
        assert simulate(small, tmp_path / "events.csv", None).rows > 1500
    assert full.about.keys() == {"en", "zh"}


def test_quiet_scenario_plants_nothing() -> None:
    """quiet.yaml has no incident of any shape."""
    quiet = load_scenario(ROOT / "configs/scenarios/quiet.yaml", {})
    assert sum(s.count for s in quiet.incidents.shapes().values()) == 0


def test_a_shape_of_ones_own_is_planted(tmp_path: Path) -> None:
    """A scenario may add shapes by name, on any codes, level and day."""
    mine = {
        "level": "village",
        "curve": "pulse",
        "indicators": ["fire_alarm"],
        "extra_events": 50,
        "start_days": [4],
    }
    given = {**NOTHING_SPECIAL, "incidents__more": {"blaze": mine}}
    made = run(tmp_path, areas=20, days=8, events=5000, **given)
    (incident,) = made.truth["incidents"]
    assert (incident["id"], incident["indicators"]) == ("blaze-1", ["fire_alarm"])
    assert incident["start"] == "2025-01-10T05:00:00Z"
    assert 20 < incident["extra_events"] < 120


def test_progress_and_chunks_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dense day is cut into chunks, each written as it is done, none holding more than its hours."""
    sizes: list[int] = []
    done: list[tuple[int, int]] = []
    real = county_module.join

    def spy(parts: list[Rows]) -> Rows:
        sizes.append(sum(len(p) for p in parts))
        return real(parts)

    monkeypatch.setattr(county_module, "join", spy)
    scenario = load_scenario(None, {"areas": 20, "days": 1, "events": 900_000})
    assert scenario.chunk_hours == 8
    summary = simulate(scenario, tmp_path / "events.parquet", None, lambda now, of: done.append((now, of)))
    assert done == [(8, 24), (16, 24), (24, 24)]
    assert max(sizes) < 0.75 * summary.rows


def test_streams_do_not_depend_on_each_other() -> None:
    """A named stream gives the same numbers whatever was drawn before, and ids never meet."""
    streams = Streams(5)
    first = streams.at("storm", 0).random(3)
    streams.at("outbreak", 0).random(100)
    assert np.array_equal(first, Streams(5).at("storm", 0).random(3))
    ids = [streams.ids("event", slot=s, hour=h, count=500) for s in (0, 1, 3072) for h in (0, 24)]
    assert len(np.unique(np.concatenate(ids))) == 3000


def _dotted(model: type[BaseModel], prefix: str = "") -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += _dotted(kind, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def test_every_parameter_is_documented() -> None:
    """docs/simulate.md names every key that a scenario may hold."""
    text = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    shapes = ("incidents.storm.", "incidents.outbreak.", "incidents.slow.", "incidents.compound.")
    for name in _dotted(Scenario):
        for shape in shapes:
            name = name.replace(shape, "incidents.SHAPE.")  # noqa: PLW2901 - the four share one table
        name = name.replace("departments.hotline.", "departments.NAME.")  # noqa: PLW2901 - likewise
        name = name.replace("departments.emergency.", "departments.NAME.")  # noqa: PLW2901 - likewise
        name = name.replace("departments.clinics.", "departments.NAME.")  # noqa: PLW2901 - likewise
        assert f"`{name}`" in text, name


_SIZES = st.fixed_dictionaries(
    {
        "areas": st.integers(4, 60),
        "indicators": st.integers(1, 60),
        "days": st.integers(1, 9),
        "events": st.integers(1, 4000),
        "seed": st.integers(0, 2**32),
        "timezone": st.sampled_from(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
        "incidents__storm__count": st.integers(0, 3),
        "outages__gap__count": st.integers(0, 3),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=_SIZES)
def test_any_small_scenario_holds_the_rules(
    tmp_path_factory: pytest.TempPathFactory, sizes: dict[str, object]
) -> None:
    """Whatever the sizes: sorted, known after they happen, ids distinct but for copies, truth adds up."""
    made = run(tmp_path_factory.mktemp("any"), **sizes)
    rows = made.events
    assert len(rows) == made.truth["rows"] == sum(made.truth["rows_per_indicator"].values())
    assert rows["received_at"].is_monotonic_increasing
    assert (rows["received_at"] >= rows["occurred_at"]).all()
    assert len(rows) - rows["id"].nunique() == made.truth["duplicates"]
    assert set(rows["area"]) <= set(made.areas["code"])
    assert len(made.areas) == sizes["areas"]
    assert len(made.truth["incidents"]) == 3 + int(str(sizes["incidents__storm__count"]))


def test_rows_keep_their_columns_together() -> None:
    """Every column of Rows is taken along when rows are chosen and sorted."""
    n = np.arange(4)
    rows = Rows(*(n[::-1].astype(np.int64) for _ in fields(Rows)))
    taken = rows.by_receipt().take(np.array([True, False, True, False]))
    assert all(getattr(taken, f.name).tolist() == [0, 2] for f in fields(Rows))
