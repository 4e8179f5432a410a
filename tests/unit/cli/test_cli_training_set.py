"""`riskwatch training-set export`: one file with everything an analyst needs."""

from __future__ import annotations

from pathlib import Path

from riskwatch.learn.training_set import TrainingSet

ROOT = Path(__file__).parents[3]


def test_a_store_is_exported_with_its_hashes(riskwatch, store, tmp_path):
    """The overlay's labels count; the hash that is told is that of the file."""
    (store / "configs" / "labels.yaml").write_text(
        "labels: {min_history_days: 10}\nsample: {absent: 0.05}\n"
    )
    told = riskwatch("training-set", "export", "--out", tmp_path / "set", "--store", store, "--json").lines[
        0
    ]
    found = TrainingSet.read(tmp_path / "set")
    assert (told["hash"], told["labels"]) == (found.hash, found.labels.hash)
    assert told["rows"] == found.table.num_rows > 100
    assert told["outcomes"] >= told["onsets"] > 0
    said = riskwatch("training-set", "export", "--out", tmp_path / "set", "--store", store)
    assert said.code == 0
    assert found.hash in said.out


def test_a_store_that_is_too_young_says_so(riskwatch, store, tmp_path):
    """Twenty days are fewer than the twenty-eight that labels ask for."""
    result = riskwatch("training-set", "export", "--out", tmp_path / "set", "--store", store)
    assert result.code == 1
    assert "it needs more than 28 whole days" in result.err
