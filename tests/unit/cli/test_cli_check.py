"""Check: every mistake of a workspace has its sentence, and all of them come at once."""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from cli_run import ROOT
from cli_town import write_town

from riskwatch.cli.check import Inspection

BAD = ROOT / "tests" / "bad_configs"
PLACE = {
    "areas": "areas/town.csv",
    "indicators": "indicators/town.yaml",
    "features": "features.yaml",
    "bundle": "bundle.yaml",
    "alerts": "alerts.yaml",
    "routes": "routes.yaml",
    "desk": "desk.yaml",
    "maintenance": "maintenance.yaml",
    "calendar": "calendar.yaml",
    "release": "release.yaml",
    "receivers": "receivers.yaml",
    "partitions": "partitions.yaml",
}
FILES = [path for kind in PLACE for path in sorted((BAD / kind).iterdir())]


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The good workspace; what it imports is forgotten afterwards."""
    root = write_town(tmp_path / "town")
    monkeypatch.syspath_prepend(root)
    yield root
    sys.modules.pop("town_models", None)


def faults(root: Path) -> list[str]:
    """What the inspection says, each fault once."""
    inspection = Inspection(root, date(2026, 6, 1))
    inspection.everything()
    return list(dict.fromkeys(map(str, inspection.faults)))


def without_expectations(path: Path) -> str:
    """The file as a desk would have written it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("# expect: "))


def test_the_good_town_has_no_fault(town):
    """Or the mistakes below would not stand alone."""
    assert faults(town) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_mistake_is_told_in_these_words(path, town):
    """One file a mistake; its first lines hold the messages, all at once and in order."""
    expected = re.findall(r"^# expect: (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    broken = without_expectations(path)
    (town / "configs" / PLACE[path.parent.name]).write_text(broken, encoding="utf-8")
    assert faults(town) == expected
    assert expected


def test_there_are_mistakes_of_every_kind():
    """An empty folder would pass."""
    assert {kind: len(list((BAD / kind).iterdir())) > 5 for kind in PLACE} == dict.fromkeys(PLACE, True)


def test_one_broken_file_does_not_hide_the_others(town):
    """Mistakes in six files are told in one run."""
    for path in (
        BAD / "areas" / "listed_twice.csv",
        BAD / "indicators" / "expired.yaml",
        BAD / "features" / "unknown_module.yaml",
        BAD / "bundle" / "unknown_class.yaml",
        BAD / "alerts" / "test_that_does_not_hold.yaml",
    ):
        (town / "configs" / PLACE[path.parent.name]).write_text(
            without_expectations(path), encoding="utf-8"
        )
    (town / "configs" / "scenarios").mkdir()
    (town / "configs" / "scenarios" / "odd.yaml").write_text("days: -3\n")
    told = "\n".join(faults(town))
    for file in (
        "areas/town.csv",
        "indicators/town.yaml",
        "features.yaml",
        "bundle.yaml",
        "alerts.yaml",
        "odd.yaml",
    ):
        assert f"{file}: " in told
    assert told.count("is listed twice") == 1


def test_a_workspace_without_sources_is_told_so(town):
    """There would be nothing to read."""
    (town / "configs" / "sources" / "town.yaml").unlink()
    assert faults(town) == ["configs/sources: holds no source; add one; docs/sources.md says how"]


def test_the_checkout_is_in_order(riskwatch):
    """The content that is shipped passes; so do its tests."""
    result = riskwatch("check")
    assert (result.code, result.err) == (0, "")
    assert "montco911" in result.out


def test_faults_are_told_as_lines_or_objects(riskwatch, town, monkeypatch):
    """Exit code 1; the count comes last."""
    path = BAD / "alerts" / "unknown_key.yaml"
    (town / "configs" / "alerts.yaml").write_text(without_expectations(path), encoding="utf-8")
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(town))
    result = riskwatch("check")
    assert result.code == 1
    assert "alerts.yaml: sound: is not a known key; remove it or fix its spelling" in result.err
    assert "1 fault" in result.err
    result = riskwatch("check", "--json")
    assert result.code == 1
    assert json.loads(result.out) == {
        "file": "alerts.yaml",
        "where": "sound",
        "what": "is not a known key",
        "fix": "remove it or fix its spelling",
    }
