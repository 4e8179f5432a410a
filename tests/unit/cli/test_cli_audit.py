"""`riskwatch audit`: a report from a store, samples, partitions, and what is refused."""

from __future__ import annotations

import json

import pytest
from cli_run import ROOT


@pytest.fixture
def store(replayed, tmp_path):
    """A copy that may be written to."""
    import shutil

    return shutil.copytree(replayed, tmp_path / "store")


def test_a_report_is_written_beside_the_store(store, county, riskwatch):
    """JSON and a page in each language in its reports folder; the sentence says where."""
    words = ("audit", "fairness", "--partition", "settlement", "--truth", county.with_name("truth.json"))
    result = riskwatch(*words, "--store", store)
    assert result.code == 0
    assert "Not enough evidence" in result.out
    files = sorted(p.name.split(".", 1)[1] for p in (store / "reports").iterdir())
    assert files == ["en.html", "json", "zh.html"]
    document = json.loads(next((store / "reports").glob("*.json")).read_text())
    assert document["partition"]["name"] == "settlement"


def test_json_is_one_object_with_the_report_s_place(store, county, riskwatch, tmp_path):
    """The same document as the store keeps; --out writes the page a second time."""
    words = ("audit", "fairness", "--partition", "income", "--truth", county.with_name("truth.json"))
    result = riskwatch(*words, "--store", store, "--json", "--out", tmp_path / "r.html")
    (document,) = result.lines
    assert document["kind"] == "fairness_report"
    assert (tmp_path / "r.html").is_file()
    (kept,) = (store / "reports").glob("*.json")
    assert document == json.loads(kept.read_text()) | {"report": str(tmp_path / "r.html")}
    assert kept.with_suffix(".en.html").read_bytes() == (tmp_path / "r.html").read_bytes()


def test_exactly_one_truth_is_needed(store, county, riskwatch):
    """Detection cannot be told from alerts alone."""
    words = ("audit", "fairness", "--partition", "settlement", "--store", store)
    for given in ((), ("--truth", county.with_name("truth.json"), "--sample", "s.csv")):
        result = riskwatch(*words, *given)
        assert result.code == 2
        assert "exactly one of" in " ".join(result.err.split())


def test_an_unregistered_partition_is_refused_by_the_command(store, county, riskwatch):
    """With the way to register it."""
    words = ("audit", "fairness", "--partition", "postcode", "--truth", county.with_name("truth.json"))
    result = riskwatch(*words, "--store", store)
    assert result.code == 1
    assert "riskwatch audit register postcode --by WHO" in result.err


def test_a_sample_is_drawn_judged_and_read_back(store, riskwatch, tmp_path):
    """Two draws of a seed are the same bytes."""
    for name in ("a.csv", "b.csv"):
        assert (
            riskwatch("audit", "sample", "--n", 30, "--seed", 3, "--out", name, "--store", store).code == 0
        )
    text = (tmp_path / "a.csv").read_text()
    assert text == (tmp_path / "b.csv").read_text()
    assert len(text.splitlines()) == 31
    words = ("audit", "fairness", "--partition", "settlement", "--store", store, "--sample", "a.csv")
    assert "is not judged" in riskwatch(*words).err
    (tmp_path / "a.csv").write_text(text.replace(",\n", ",none\n"))
    assert "area-days that were drawn blind" in riskwatch(*words).out


def test_a_register_and_a_champion_are_taken(store, replayed, riskwatch, tmp_path):
    """The champion here is the same store: nothing changed."""
    (tmp_path / "r.csv").write_text(
        "area,domain,start,end\nC,public_health,2025-01-20T00:00:00Z,2025-01-21T00:00:00Z\n"
    )
    words = ("audit", "fairness", "--partition", "age", "--register", "r.csv", "--champion", replayed)
    result = riskwatch(*words, "--store", store, "--json")
    assert result.lines[0]["verdict"]["compared_with_champion"]
    assert result.lines[0]["truth"]["kind"] == "register"


def test_a_partition_is_registered_once(riskwatch, tmp_path, monkeypatch):
    """Into the workspace's configs, behind those that stand there, with today's date."""
    assert riskwatch("init", tmp_path / "desk").code == 0
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(tmp_path / "desk"))
    words = ("audit", "register", "terrain", "--by", "Audit office")
    assert "partition 'terrain' registered on 20" in riskwatch(*words).out
    kept = (tmp_path / "desk" / "configs" / "partitions.yaml").read_text()
    assert kept.startswith((ROOT / "configs" / "partitions.yaml").read_text())
    assert "is registered already" in riskwatch(*words).err


def test_a_partition_of_labels_that_no_area_has_is_refused(store, county, riskwatch, tmp_path, monkeypatch):
    """The error lists the labels that there are."""
    assert riskwatch("init", tmp_path / "desk").code == 0
    monkeypatch.setenv("RISKWATCH_WORKSPACE", str(tmp_path / "desk"))
    monkeypatch.setattr("sys.path", [p for p in __import__("sys").path if p != str(ROOT)])
    riskwatch("audit", "register", "terrain", "--by", "Audit office")
    words = ("audit", "fairness", "--partition", "terrain", "--truth", county.with_name("truth.json"))
    result = riskwatch(*words, "--store", store)
    assert result.code == 1
