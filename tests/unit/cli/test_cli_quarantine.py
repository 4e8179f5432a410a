"""The quarantine on the command line: what stands there, what can be taken again, and taking it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "acceptance"))  # the town that is made there

from retake_town import calls, configs, opened, written

from riskwatch.core.errors import StoreError
from riskwatch.desk import Desk


@pytest.fixture(scope="session")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose mapping refused every tenth row, and some for good."""
    folder = tmp_path_factory.mktemp("refused")
    rows = [replace(c, iso=n % 10 == 1) for n, c in enumerate(calls())]
    bad = [("x", "SOUTH", "FEVER", "2025-01-20 10:00:00"), ("y", "a", "b")]
    desk = opened(folder / "home", overlay=configs(folder / "wrong", mended=False))
    desk.replay(written(folder / "calls.csv", [*rows, *bad]), "town")
    return folder / "home"


@pytest.fixture
def home(refused: Path, tmp_path: Path) -> Path:
    """A copy of that store whose own mapping was mended."""
    made = Path(shutil.copytree(refused, tmp_path / "refused"))
    configs(made / "configs", mended=True)
    return made


def test_the_list_says_which_rows_cannot_be_taken_again(riskwatch, home):
    """Row by row for machines; a mark and the reason why for people."""
    rows = riskwatch("quarantine", "--store", home, "--json", "--limit", 3).lines
    assert [(r["reason"], r["obstacle"]) for r in rows] == [
        ("wrong_field_count", "no_text"),
        ("unknown_area", None),
        ("bad_time", None),
    ]
    told = riskwatch("quarantine", "--store", home).out
    assert "wrong_field_count*" in told
    assert "* kept without their text" in told
    assert "riskwatch quarantine retake --dry-run" in told
    assert riskwatch("quarantine", "--store", home, "--retaken").out == "No row has left quarantine.\n"


def test_rows_are_tried_then_taken_then_listed_as_gone(riskwatch, home):
    """The dry run foresees it; afterwards each row says when it left and as which receipt."""
    words = ("quarantine", "retake", "--store", home)
    assert "would be taken; nothing was written" in riskwatch(*words, "--dry-run").out
    (dry,) = riskwatch(*words, "--dry-run", "--json").lines
    (made,) = riskwatch(*words, "--json").lines
    assert dry["retaken"] == made["retaken"] > 30
    assert dry["late"] == made["late"]
    assert (dry["duplicate"], made["duplicate"]) == (None, 0)
    assert made["rows"] == made["retaken"] + 2
    assert (made["still"], made["kept_back"]) == ({"unknown_area": 1}, {"no_text": 1})
    assert made["details"] == {"unknown_area": "'SOUTH' (column 'town')"}
    (batch,) = made["batches"]
    left = riskwatch("quarantine", "--retaken", "--store", home, "--json", "--limit", 999).lines
    assert len(left) == made["retaken"]
    assert {row["receipt"] for row in left} == {batch["receipt"]}
    assert all(row["retaken_at"].endswith("Z") for row in left)
    assert str(batch["receipt"]) in riskwatch("quarantine", "--retaken", "--store", home).out
    assert riskwatch(*words, "--source", "town", "--reason", "bad_time").out.startswith("No such row")
    again = riskwatch(*words, "--lang", "zh").out
    assert "没有行通过" in again


def test_people_read_what_became_of_the_rows(riskwatch, home):
    """How many, as which receipt, how many of them late, what fails still and why, and what to do."""
    told = riskwatch("quarantine", "retake", "--store", home).out
    assert "as receipt 2: " in told
    assert " late, 0 duplicate" in told
    assert "still in quarantine, unknown_area: 1 (the first: 'SOUTH' (column 'town'))" in told
    assert "cannot be taken again: 1, kept without their text" in told
    assert "Late rows change no alert, they are counted" in told


def test_a_busy_engine_is_not_waited_for_without_end(riskwatch, home, monkeypatch):
    """What was taken is durable, and the answer says that it is not decided yet."""

    def busy(*_: object, **__: object) -> None:
        raise StoreError("the running engine has not applied it within 10 s")

    monkeypatch.setattr(Desk, "applied", busy)  # the wait itself would take ten seconds
    told = riskwatch("quarantine", "retake", "--store", home)
    assert told.code == 0
    assert "the running engine has not decided about them yet" in told.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("retake", "--reason", "ugly"), "'ugly' is no reason; use one of wrong_field_count"),
        (("retake", "--source", "nowhere"), "nowhere"),
        (("--json", "retake"), "options go behind the command: riskwatch quarantine retake"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(riskwatch, home, monkeypatch, words, told):
    """Nothing is taken then."""
    monkeypatch.setenv("RISKWATCH_HOME", str(home))
    result = riskwatch("quarantine", *words)
    assert result.code == 2
    assert told in " ".join(result.err.split())
