"""Retraining: folds in time, a fair choice, a judged candidate, and nothing promoted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_rows import TRUE, made_rows
from retrained import Trained, desk_at

from flows.forecasters import RECIPES, competitors
from flows.retrain import best, cross_validate, training_set
from riskwatch.core.errors import StoreError
from riskwatch.score.bundle import Bundle
from riskwatch.succession import Handover, PromotionRefused, Succession
from riskwatch.workspace import resolve

pytestmark = pytest.mark.slow  # each fits every competitor over several folds


def test_a_candidate_is_registered_and_not_promoted(trained: Trained):
    """The champion is still the configuration's; a person promotes, if the gate lets them."""
    succession = Succession(trained.desk)
    assert succession.champion().version == trained.desk.settings.bundle.version
    assert succession.ledger.newest() == trained.kept
    assert succession.ledger.history() == []
    assert [key for key, _ in trained.told] == [
        *["rows", *["fold"] * 4, "winner"],
        *["verdict"] * 2,
        "registered",
    ]


def test_the_candidate_learnt_what_the_rows_hold(trained: Trained):
    """It ranks new rows as the truth does, and states likelihoods that come true."""
    members = Bundle.model_validate(trained.kept.document).build(resolve)
    rows = made_rows(seed=5)
    (_, member), *_ = members.values()
    said, true = member.log_odds(rows.features), TRUE.log_odds(rows.features)
    assert np.corrcoef(said, true)[0, 1] > 0.95
    likelihood = 1 / (1 + np.exp(-said))
    outcome, weight = rows.column("outcome").astype(float), rows.column("weight")
    assert np.average(likelihood, weights=weight) == pytest.approx(
        np.average(outcome, weights=weight), rel=0.2
    )


def test_every_competitor_and_baseline_is_measured(trained: Trained):
    """Average precision and Brier skill, for outcomes and onsets, each with its interval."""
    metrics = trained.kept.facts["metrics"]
    assert set(metrics) == {"champion", *competitors()}
    names = {"average_precision", "brier_skill", "onset_average_precision", "onset_brier_skill"}
    assert all(set(found) == names for found in metrics.values())
    value, low, high = metrics["surprise_odds"]["average_precision"]
    assert low < value < high
    assert value > metrics["base_rate"]["average_precision"][2]


def test_the_verdict_is_kept_and_lets_a_better_candidate_pass(trained: Trained):
    """On these rows the configuration's numbers are plainly wrong."""
    verdict = trained.kept.facts["verdicts"]["skill"]
    assert verdict["decision"] == "pass"
    assert trained.kept.version in verdict["why"]


def test_without_truth_from_outside_the_fairness_gate_has_not_enough_evidence(trained: Trained):
    """It says what is missing, in both languages; then a promotion needs a named override."""
    verdict = trained.kept.facts["verdicts"]["fairness"]
    assert verdict["decision"] == "not_enough_evidence"
    for option in ("--truth", "--register", "--sample", "--partition"):
        assert option in verdict["why"]
        assert option in verdict["why_zh"]
    with pytest.raises(PromotionRefused, match=r"the gate says not_enough_evidence: fairness: .*skill: "):
        Succession(trained.desk).promote("newest", Handover("Li", "in a hurry"))


def test_files_for_comparison_lie_beside_the_candidate(trained: Trained):
    """Plots, the other recipes as skops, and the verdict memory as JSON."""
    names = set(trained.kept.facts["artifacts"])
    assert {"plots/reliability.png", "plots/precision_recall.png", "verdicts_learnt.json"} <= names
    (winner,) = trained.kept.document["members"]
    beside = {f"members/{name}.skops" for name in RECIPES if name != winner}
    assert {name for name in names if name.endswith(".skops")} == beside
    (folder,) = (trained.desk.place.home / "models" / "artifacts").glob("*/artifacts/bundle")
    assert json.loads((folder / "verdicts_learnt.json").read_text()) == {}  # nothing was judged yet


def test_swap_to_a_trained_candidate_passes_every_verification(trained: Trained):
    """Hashes, types, document and example hold; it is on duty, and one step brings the old one back."""
    succession = Succession(trained.desk)
    succession.promote("newest", Handover("Li", "learnt from these rows", override="Wu"))
    assert succession.champion().version == trained.kept.version
    succession.rollback(Handover("Li", "only a test"))
    assert succession.champion().version == trained.desk.settings.bundle.version


def test_the_plainest_recipe_is_taken_where_nothing_else_is_surely_better():
    """Rows that hold nothing give no reason for anything but the plainest."""
    rows = made_rows(n=800, chance=True)
    desk_bundle = {
        "version": "0",
        "fitted": "by hand",
        "verdicts": "models.verdict_memory:VerdictMemory",
        "members": {
            "m": {"uses": "models.surprise_odds:SurpriseOdds", "version": "0", "frozen": TRUE.numbers()}
        },
    }
    held = cross_validate(rows, desk_bundle, 1, lambda key, **values: None)
    assert best(held) == "surge_linear"


def test_folds_test_on_what_comes_after_an_embargo():
    """No label of the training rows was known later than an embargo before the test begins."""
    rows = made_rows(n=1000)
    for split in rows.splits(4):
        known = rows.column("known_at_us")[split.train].max()
        assert known + 6 * 3_600_000_000 <= split.start_us <= rows.column("decided_at_us")[split.test].min()


def test_a_failure_leaves_the_champion_on_duty(tmp_path: Path):
    """A store without a day to learn from says so; nothing is registered."""
    desk = desk_at(tmp_path / "store")
    with pytest.raises(StoreError, match="the feature log has no labelled row"):
        training_set(desk)
    assert Succession(desk).ledger.bundles() == []


def test_rows_of_one_kind_cannot_be_learnt_from(tmp_path: Path):
    """No fold has both outcomes; it says so before anything is fitted."""
    from flows.retrain import train_on

    rows = made_rows(n=300)
    quiet = rows.take(np.flatnonzero(~rows.column("outcome").astype(bool)))
    desk = desk_at(tmp_path / "store")
    with pytest.raises(StoreError, match="no fold has both outcomes"):
        train_on(quiet, desk, lambda key, **values: None)
    assert Succession(desk).champion().version == desk.settings.bundle.version
