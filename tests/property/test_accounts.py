"""The account adds up, and a second replay changes nothing, for any file of a tiny county."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from bounds import examples
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.clock import MovableClock
from riskwatch.core.errors import SourceError
from riskwatch.desk import Desk, Place
from riskwatch.store.codec import dump_alert
from riskwatch.summary import ReplaySummary
from riskwatch.workspace import find_workspace

NAMES = ("id", "area", "code", "at", "value")
HEADER = ",".join(NAMES) + "\n"
NOW = datetime(2017, 1, 1, tzinfo=UTC)
AREAS = "code,name,parent,level,population\nCOUNTY,County,,county,9000\nNORTH,North,COUNTY,town,5000\n"
NewDesk = Callable[[], Desk]


def _configs(folder: Path) -> Path:
    indicators = {
        "signatures": {"harm": {"name": {"en": "harm"}, "domain": "public_health", "owner": "desk"}},
        "indicators": {
            code: {
                "name": {"en": code},
                "domain": "public_health",
                "signature": "harm",
                "harm": {"en": "people come to harm"},
                "response": "medical",
                "owner": "desk",
                "expires": "2100-01-01",
            }
            for code in ("fire", "flood")
        },
    }
    mapping = {
        "source": "tiny",
        "about": {"en": "calls of a tiny county"},
        "areas": "areas/tiny.csv",
        "indicators": "indicators/tiny.yaml",
        "timezone": "America/New_York",
        "lateness_min": 15,
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "%Y-%m-%d %H:%M:%S"},
            "value": {"column": "value", "kind": "number"},
        },
    }
    texts = {
        "areas/tiny.csv": AREAS,
        "indicators/tiny.yaml": yaml.safe_dump(indicators),
        "sources/tiny.yaml": yaml.safe_dump(mapping),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def new_desk(tmp_path: Path) -> NewDesk:
    """Makes desks of the tiny county over empty stores."""
    configs, number = _configs(tmp_path / "configs"), itertools.count()
    workspace = find_workspace({}, Path.cwd())

    def make() -> Desk:
        place = Place(workspace, tmp_path / f"store{next(number)}")
        return Desk.open(place, MovableClock(NOW), sources=["tiny"], overlay=configs)

    return make


SPRING = [
    "2016-03-12 23:50:00",
    "2016-03-13 01:59:59",
    "2016-03-13 02:30:00",  # this hour is left out
    "2016-03-13 03:00:00",
    "2016-03-13 03:10:00",
    "2016-03-13 02:59:59",
    "2016-03-13 05:00:00",
]
AUTUMN = [
    "2016-11-06 01:10:00",  # this hour comes twice
    "2016-11-06 01:50:00",
    "2016-11-06 00:59:59",
    "2016-11-06 01:05:00",
    "2016-11-06 01:20:00",
    "2016-11-06 02:00:00",
    "2016-11-07 12:00:00",
]
NEVER = ["2031-01-01 00:00:00", "2016-02-30 00:00:00", "noon", ""]


def _files(instants: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    """Good rows and rows with every kind of fault, around a change of the clocks."""
    good = st.fixed_dictionaries(
        {
            "id": st.just(""),
            "area": st.sampled_from(["NORTH", "COUNTY"]),
            "code": st.sampled_from(["fire", "flood"]),
            "at": st.sampled_from(instants),
            "value": st.just("1"),
        }
    )
    any_row = st.fixed_dictionaries(
        {
            "id": st.sampled_from(["", "a", "b", "c", "x" * 70, "two words of text"]),
            "area": st.sampled_from(["NORTH", "north ", "COUNTY", "ELSEWHERE", "", "北"]),
            "code": st.sampled_from(["fire", "flood", " fire", "protest", "", "a,b", 'quo"ted']),
            "at": st.sampled_from([*instants, *NEVER]),
            "value": st.sampled_from(
                ["", "1", "2", "0", "-1", "nan", "inf", "1.5", "1e3", "many", "1e300"]
            ),
        }
    )
    return st.lists(st.one_of(good, any_row), min_size=1, max_size=40)


files = st.one_of(_files(SPRING), _files(AUTUMN))


def _write(path: Path, listed: list[dict[str, str]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in listed), encoding="utf-8")
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, NAMES, lineterminator="\n")
        table.writeheader()
        table.writerows(listed)
    return path


def _adds_up(account: Any) -> bool:
    return bool(
        account["rows_read"]
        == account["accepted"] + account["duplicate"] + account["late"] + account["quarantined"]
    )


def _twice(desk: Desk, path: Path) -> tuple[ReplaySummary, ReplaySummary, list[str], list[str]]:
    first = desk.replay(path, "tiny")
    before = [dump_alert(a) for a in desk.alerts.find(everything=True)]
    second = desk.replay(path, "tiny")
    return first, second, before, [dump_alert(a) for a in desk.alerts.find(everything=True)]


@given(listed=files, suffix=st.sampled_from([".csv", ".jsonl"]))
@examples(20)
def test_account_adds_up_for_any_rows(
    new_desk: NewDesk, tmp_path: Path, listed: list[dict[str, str]], suffix: str
) -> None:
    """Every row of the file is read once, and is accepted, a duplicate, late or in quarantine."""
    desk = new_desk()
    path = _write(tmp_path / f"calls{suffix}", listed)
    first, second, before, after = _twice(desk, path)
    assert first.account["rows_read"] == len(listed)
    assert _adds_up(first.account)
    assert len(desk.alerts.quarantined(1000)) == first.account["quarantined"]
    assert second.account == {
        **dict.fromkeys(second.account, 0),
        "rows_read": len(listed),
        "duplicate": len(listed),
    }
    assert after == before


@given(listed=files, cut=st.integers(0, 40))
@examples(12)
def test_file_that_grows_is_continued(
    new_desk: NewDesk, tmp_path: Path, listed: list[dict[str, str]], cut: int
) -> None:
    """Read in two stages, a file gives the account and the alerts of one reading, plus the repeats."""
    whole, grown = new_desk(), new_desk()
    path = tmp_path / "calls.csv"
    part = _write(path, listed[:cut])
    grown.replay(part, "tiny")
    _write(path, listed)
    again = grown.replay(path, "tiny")
    once = whole.replay(path, "tiny")
    assert _adds_up(again.account)
    total = {name: sum(a[name] for a in grown.alerts.accounts().values()) for name in once.account}
    repeated = min(cut, len(listed))
    assert total["rows_read"] == len(listed) + repeated
    assert total["duplicate"] == once.account["duplicate"] + repeated
    for name in ("accepted", "late", "quarantined"):
        assert total[name] == once.account[name], name
    assert [dump_alert(a) for a in grown.alerts.find(everything=True)] == [
        dump_alert(a) for a in whole.alerts.find(everything=True)
    ]


lines = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.just(b",NORTH,fire,2016-03-12 23:50:00,1"),
        st.just(b',NORTH,"fire,2016-03-12 23:50:00,1'),
        st.just(b'"",NORTH,fire,"2016-03-13 04:00:00",1'),
    ),
    max_size=12,
)


@given(content=lines, header=st.booleans(), torn=st.booleans())
@examples(20)
def test_account_adds_up_for_any_bytes(
    new_desk: NewDesk, tmp_path: Path, content: list[bytes], header: bool, torn: bool
) -> None:
    """Bytes that are no proper file are refused by name, or every record of them is accounted for."""
    desk = new_desk()
    path = tmp_path / "calls.csv"
    body = b"\n".join(content) + (b"" if torn else b"\n")
    path.write_bytes(HEADER.encode() * header + body)
    try:
        first, second, before, after = _twice(desk, path)
    except SourceError as error:
        refused = str(error)
    else:
        refused = ""
        assert _adds_up(first.account)
        assert _adds_up(second.account)
        assert second.account["accepted"] == 0
        assert after == before
    assert not refused or "calls.csv" in refused
    assert all(_adds_up(a) for a in desk.alerts.accounts().values())
