"""`riskwatch bench nab`: from a folder to scores and what they are worth."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta

import pytest
from cli_run import ROOT

STAMPS = [str(datetime(2024, 3, 1) + timedelta(minutes=5 * n)) for n in range(1000)]  # noqa: DTZ001 - local


@pytest.fixture
def folder(tmp_path):
    """A category with a stream that leaps for good and one that does not, and a category of calm alone."""
    calm = [1.0 + n % 12 for n in range(1000)]
    leaps = [*calm[:700], *(v + 50.0 for v in calm[700:])]
    for name, values in (("realMade/leaps", leaps), ("realMade/calm", calm), ("artificialCalm/calm", calm)):
        file = tmp_path / "data" / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = (f"{at},{value}\n" for at, value in zip(STAMPS, values, strict=True))
        file.write_text("".join(["timestamp,value\n", *rows]))
    windows = {"realMade/leaps.csv": [[STAMPS[690], STAMPS[760]]]}
    windows |= {"realMade/calm.csv": [], "artificialCalm/calm.csv": []}
    (tmp_path / "data" / "combined_windows.json").write_text(json.dumps(windows))
    return tmp_path / "data"


def test_categories_and_all_are_judged_at_both_thresholds(riskwatch, folder, tmp_path):
    """A table at the threshold of the recipe, and one at the best."""
    result = riskwatch("bench", "nab", folder, "--out", tmp_path / "out")
    assert result.code == 0
    assert "3 files, 3,000 rows" in result.out
    lines = [line.split() for line in result.out.splitlines()]
    assert ["all", "3", "1", "1", "0"] in [line[:5] for line in lines]
    assert sum(line[:1] == ["realMade"] for line in lines) == 2
    assert (tmp_path / "out" / "riskwatch" / "realMade" / "riskwatch_leaps.csv").is_file()


def test_json_says_all_of_it(riskwatch, folder, tmp_path):
    """One object, with every profile at both thresholds; `--profile` leaves one."""
    (told,) = riskwatch("bench", "nab", folder, "--out", tmp_path / "out", "--json").lines
    assert (told["files"], told["rows"]) == (3, 3000)
    assert told["recipe"] == "models.gauge_surprise:GaugeSurprise"
    names = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
    for verdicts in told["verdicts"].values():
        assert [v["profile"] for v in verdicts] == names
    standard = told["verdicts"]["shipped"][0]
    assert standard["threshold"] == 0.5
    assert standard["categories"]["realMade"]["found"] == 1
    assert standard["categories"]["artificialCalm"]["score"] is None
    words = ("--json", "--profile", "reward_low_FN_rate")
    (one,) = riskwatch("bench", "nab", folder, "--out", tmp_path / "out", *words).lines
    assert [v["profile"] for v in one["verdicts"]["best"]] == names[2:]


def test_without_windows_scores_are_written_and_nothing_is_judged(riskwatch, folder, tmp_path):
    """The sentence says how to have them judged."""
    (folder / "combined_windows.json").unlink()
    result = riskwatch("bench", "nab", folder, "--out", tmp_path / "out")
    assert result.code == 0
    assert "name one with --windows" in result.out
    assert (tmp_path / "out" / "riskwatch" / "realMade" / "riskwatch_calm.csv").is_file()


def test_bad_folder_is_one_sentence(riskwatch, tmp_path):
    """No traceback, exit code 1."""
    result = riskwatch("bench", "nab", tmp_path, "--out", tmp_path / "out")
    assert result.code == 1
    assert "has no categories; name the folder" in result.err


def test_workspace_without_a_recipe_of_gauges_says_what_to_name(riskwatch, folder, tmp_path, monkeypatch):
    """`gauges` of bundle.yaml is needed by this command alone."""
    desk = tmp_path / "desk"
    shutil.copytree(ROOT / "configs", desk / "configs")
    bundle = desk / "configs" / "bundle.yaml"
    kept = [line for line in bundle.read_text().splitlines() if not line.startswith("gauges:")]
    bundle.write_text("\n".join(kept))
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(desk))
    result = riskwatch("bench", "nab", folder, "--out", tmp_path / "out")
    assert result.code == 1
    assert "bundle.yaml: gauges: is missing; name the recipe of gauges" in result.err
