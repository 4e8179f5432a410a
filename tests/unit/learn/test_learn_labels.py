"""Labels: one block of configs, its hash, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskwatch.core.errors import ConfigError
from riskwatch.learn.labels import Labels, Sample, load_labels

ROOT = Path(__file__).parents[3]
BAD = sorted((ROOT / "tests" / "bad_configs" / "labels").glob("*.yaml"))
TOLD = {
    "embargo_shorter_than_horizon": "embargo_h is shorter than horizon_h; write at least 6",
    "misspelt_key": "labels.horizon_hours: is not a known key",
    "quantile_of_one": "labels.quantile",
    "no_labels": "labels: is missing",
    "sample_of_none": "sample.negatives",
}


def test_the_workspace_says_what_the_page_says():
    """Six hours, the 99th percentile, an embargo as long as the horizon."""
    found = load_labels(ROOT)
    assert (found.labels.horizon_h, found.labels.quantile, found.labels.embargo_h) == (6, 0.99, 6)
    assert found.labels == Labels()
    assert found.sample == Sample()


def test_the_hash_is_of_what_is_defined():
    """Not of how the file is written; each number counts."""
    one = Labels()
    assert one.hash == Labels.model_validate(one.model_dump()).hash
    others = [
        Labels(quantile=0.98), Labels(min_history_days=27), Labels(embargo_h=7),
        Labels(horizon_h=5), Labels(onset={"quiet_h": 5}), Labels(season={"prior_calls": 3.0}),
    ]  # fmt: skip
    assert len({one.hash, *(o.hash for o in others)}) == 7
    assert Sample().hash != Sample(absent=0.1).hash


@pytest.mark.parametrize("path", BAD, ids=lambda p: p.stem)
def test_mistake_in_labels_is_told(path, tmp_path):
    """Each file under bad_configs/labels is refused, with its name and what to do."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "labels.yaml").write_text(path.read_text())
    with pytest.raises(ConfigError) as caught:
        load_labels(tmp_path)
    assert str(caught.value).startswith("labels.yaml: ")
    assert TOLD[path.stem] in str(caught.value)


def test_every_bad_file_is_known():
    """And every sentence has its file."""
    assert {p.stem for p in BAD} == set(TOLD)
