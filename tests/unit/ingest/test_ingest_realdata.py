"""The 911 calls of Montgomery County, whole."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import MovableClock
from riskwatch.core.indicators import DOMAINS, RESPONSES, refused_kind
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.mapped import Mapper
from riskwatch.ingest.mapping import load_mapping
from riskwatch.ingest.reader import open_stream

CONFIGS = Path(__file__).parents[3] / "configs"
DATA = os.environ.get("RISKWATCH_DATA")
realdata = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA, reason="RISKWATCH_DATA names no folder with the real data"),
]


@pytest.fixture(scope="module")
def mapping():
    return load_mapping(CONFIGS / "sources" / "montco911.yaml", "sources/montco911.yaml")


@pytest.fixture(scope="module")
def areas():
    with (CONFIGS / "areas" / "montco911.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def indicators():
    return yaml.safe_load((CONFIGS / "indicators" / "montco911.yaml").read_text(encoding="utf-8"))


def test_the_areas_are_a_county_of_62_and_the_edges_of_six(areas):
    """Municipal populations of the 2010 census add up to the county's."""
    tree = AreaTree(
        Area(
            row["code"],
            row["name"],
            row["parent"] or None,
            row["level"],
            int(row["population"] or 0) or None,
        )
        for row in areas
    )
    children = tree.below("MONTGOMERY COUNTY")[1:]
    assert (len(tree), len(children)) == (69, 62)
    assert (
        sum(tree[code].population or 0 for code in children)
        == tree["MONTGOMERY COUNTY"].population
        == 799_874
    )
    assert Counter(row["group:settlement"] for row in areas) == {
        "township": 38,
        "borough": 24,
        "neighbour": 6,
        "county": 1,
    }
    assert all(row["population"] == "" for row in areas if row["group:settlement"] == "neighbour")


def test_every_indicator_watches_a_harm_and_leads_to_help(indicators, mapping):
    """Each is fed by a code, belongs to a signature of its domain, and is of no refused kind."""
    signatures, listed = indicators["signatures"], indicators["indicators"]
    assert 10 <= len(signatures) <= 16
    assert 40 <= len(listed) <= 60
    assert set(mapping.columns.indicator.codes.values()) == set(listed)
    assert {spec["signature"] for spec in listed.values()} == set(signatures)
    for name, spec in listed.items():
        assert spec["domain"] == signatures[spec["signature"]]["domain"]
        assert spec["domain"] in DOMAINS
        assert spec["response"] in RESPONSES
        assert spec["expires"] == date(2030, 12, 31)
        assert 0 <= spec["gravity"] <= 1
        assert refused_kind(" ".join([name, *spec["name"].values(), *spec["harm"].values()])) is None


def test_the_public_file_is_read_too(mapping, areas, indicators, tmp_path):
    """Of its nine columns three are read; address, coordinates and text never are."""
    path = tmp_path / "911.csv"
    path.write_text(
        "lat,lng,desc,zip,title,timeStamp,twp,addr,e\n"
        '40.1,-75.2,"1 MADE UP ST; Station 9, x",19426,EMS: NAUSEA/VOMITING,'
        '2016-02-09 19:14:05,COLLEGEVILLE,"1 MADE UP ST",1\n'
    )
    mapper = Mapper(
        mapping,
        [row["code"] for row in areas],
        list(indicators["indicators"]),
        MovableClock(datetime(2020, 8, 1, tzinfo=UTC)),
    )
    (block,) = open_stream(path, mapping)
    assert "MADE UP" not in str(block)
    mapper.map(block)
    (event,) = mapper.finish().events.to_pylist()
    assert (event["area"], event["indicator"]) == ("COLLEGEVILLE", "nausea_vomiting")
    assert event["occurred_at"] == datetime(2016, 2, 10, 0, 14, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def calls(mapping, areas, indicators):
    (path,) = (Path(DATA or "") / "montco911").glob("calls_*.csv.gz")
    clock = MovableClock(datetime(2017, 1, 1, 6, tzinfo=UTC))

    def run(limits):
        mapper = Mapper(mapping, [row["code"] for row in areas], list(indicators["indicators"]), clock)
        blocks = [mapper.map(block) for block in open_stream(path, mapping, limits=limits)]
        blocks.append(mapper.finish())
        events = pa.concat_tables([block.events for block in blocks]).unify_dictionaries()
        return events, [q for block in blocks for q in block.quarantined]

    return run


class TestCalls:
    """What becomes of the file."""

    pytestmark = realdata

    def test_only_what_is_not_watched_is_set_aside(self, calls):
        """150,276 rows, 584 of them administrative or matters of enforcement."""
        events, quarantined = calls(None)
        assert Counter(q.reason for q in quarantined) == {"not_watched": 584}
        assert events.num_rows == 150_276 - 584

    def test_calls_without_a_township_are_the_county_s(self, calls):
        """48 of them; two of these are not watched."""
        events, quarantined = calls(None)
        of_county = pc.equal(events.column("area").cast(pa.string()), "MONTGOMERY COUNTY")
        set_aside = [q for q in quarantined if q.raw["twp"] == ""]
        assert (pc.sum(of_county).as_py(), len(set_aside)) == (46, 2)

    def test_both_daylight_saving_hours_are_right(self, calls):
        """The hour that came twice has calls in both passes; the one that never came has none."""
        events, _ = calls(None)
        occurred = events.column("occurred_at").cast(pa.int64()).to_numpy()

        def between(start: str, end: str) -> int:
            low, high = (
                int(datetime.fromisoformat(t).replace(tzinfo=UTC).timestamp() * 1e6) for t in (start, end)
            )
            return int(((occurred >= low) & (occurred < high)).sum())

        assert between("2016-11-06T05:00", "2016-11-06T06:00") >= 4  # first pass of 01:00 to 02:00
        assert between("2016-11-06T06:00", "2016-11-06T07:00") >= 4  # second pass
        assert between("2016-11-06T05:00", "2016-11-06T07:00") == 18
        assert between("2016-03-13T06:00", "2016-03-13T07:00") > 0  # 01:00 to 02:00 before the change
        assert between("2016-03-13T07:00", "2016-03-13T08:00") > 0  # 03:00 to 04:00 after it

    def test_received_never_falls_and_blocks_do_not_matter(self, calls):
        """Small blocks give the same events."""
        events, _ = calls(None)
        received = events.column("received_at").cast(pa.int64()).to_numpy()
        assert (np.diff(received) >= 0).all()
        assert (received >= events.column("occurred_at").cast(pa.int64()).to_numpy()).all()
        small, _ = calls(Limits(block_bytes=50_000, record_bytes=10_000))
        for name in events.column_names:
            kind = pa.string() if pa.types.is_dictionary(events.schema.field(name).type) else None
            one, other = events.column(name), small.column(name)
            assert (one.cast(kind) if kind else one).equals(other.cast(kind) if kind else other)
