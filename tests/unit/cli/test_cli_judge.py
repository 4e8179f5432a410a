"""`riskwatch models judge` and `riskwatch train` with outside truth: both ask the gate on a real replay."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from cli_run import ROOT

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "learn"))  # the candidate that is made there

from registered import PASSED_ALL, candidate
from trial_county import County, made_county

from riskwatch.audit.reports import Reports
from riskwatch.core.scores import GateDecision
from riskwatch.learn.gate_words import without_truth
from riskwatch.succession import Succession


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> County:
    """A store with a candidate that nobody held to outside truth yet."""
    pytest.importorskip("mlflow", reason="the layer 'analyst' is not installed")
    from dataclasses import replace

    county = made_county(tmp_path_factory.mktemp("judged"))
    desk = county.desk()
    unheld = PASSED_ALL | {"fairness": without_truth()}
    Succession(desk).register(replace(candidate(desk, "next", intercept=-5.0), verdicts=unheld))
    return county


def test_models_judge_asks_again_with_truth_and_its_word_counts(county, riskwatch):
    """The verdict is kept in the ledger, on MLflow's version and in a report; promotion follows it."""
    succession = Succession(county.desk())
    words = ("--store", county.home)
    before = riskwatch("models", "show", "next", *words).out
    assert "gate of fairness: not enough evidence: No truth from outside was given" in before
    asked = ("--truth", county.truth, "--partition", "settlement", *words)
    told = riskwatch("models", "judge", "next", *asked, "--json").lines[0]
    verdict = told["verdicts"]["fairness"]
    report = Reports(county.home).find(told["report"])
    assert report is not None
    assert report.document["verdict"]["decision"] == verdict["decision"]
    assert report.document["hashes"]["evidence"] == verdict["evidence"] != ""
    assert report.document["verdict"]["compared_with_champion"]
    shown = riskwatch("models", "show", "next", *words, "--json").lines[0]
    assert shown["verdicts"]["fairness"] == verdict
    kept = succession.known("next")
    tags = succession.registry.verdicts(kept.facts["number"])
    assert (tags["verdict.fairness"], tags["verdict.skill"]) == (verdict["decision"], "pass")
    assert tags["verdict.fairness.evidence"] == verdict["evidence"]
    zh = riskwatch("models", "show", "next", *words, "--lang", "zh").out
    assert "公平性闸门" in zh
    assert "".join(verdict["why_zh"].split())[:12] in "".join(zh.split())


def test_what_judge_and_train_need_is_told_before_anything_long(county, riskwatch):
    """One truth, a registered partition, a candidate; a truth without a partition splits nothing."""
    words = ("--store", county.home)
    none = riskwatch("models", "judge", "next", "--partition", "settlement", *words)
    assert none.code == 2
    assert "exactly one of" in " ".join(none.err.split())
    truth = ("--truth", county.truth)
    bare = riskwatch("train", *truth, *words)
    assert bare.code == 2
    assert "give --partition NAME" in " ".join(bare.err.split())
    for command in (("train",), ("models", "judge", "next")):
        unknown = riskwatch(*command, *truth, "--partition", "postcode", *words)
        assert unknown.code == 1
        assert "partition 'postcode': is not registered" in unknown.err
    configured = riskwatch("models", "judge", "2026.11.1", *truth, "--partition", "settlement", *words)
    assert configured.code == 1
    assert "only a candidate is judged" in configured.err


def test_train_with_truth_replays_the_candidate(county, monkeypatch):
    """The flow's step gives the verdict that the trial gives, and keeps the report."""
    pytest.importorskip("prefect", reason="the layer 'analyst' is not installed")
    monkeypatch.syspath_prepend(str(ROOT))
    from flows.retrain import judge_fairness
    from riskwatch.audit.truth_given import TruthGiven
    from riskwatch.trial import asked, rehearse

    desk = county.desk()
    champion, document = desk.settings.bundle, candidate(desk, "other", intercept=-60.0).document
    given = {"kind": "planted", "path": str(county.truth), "partition": "income"}
    verdict = judge_fairness(
        desk, document, champion.model_dump(mode="json"), asked(desk, TruthGiven.model_validate(given))
    )
    assert verdict.decision is not GateDecision.PASS  # it hears nothing
    assert len(rehearse(desk, champion).alerts) > 0
    (kept,) = (r for r in Reports(county.home).listed() if r.document["partition"]["name"] == "income")
    assert kept.document["hashes"]["evidence"] == verdict.evidence
    assert np.all([row["detected"] in (0, "withheld") for row in kept.document["groups"]])
    assert judge_fairness(desk, document, document, None) == without_truth()
