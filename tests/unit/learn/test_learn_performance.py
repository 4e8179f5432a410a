"""Skill with intervals, and the gate that compares a candidate with the champion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss

from riskwatch.core.clock import DAY_US
from riskwatch.core.scores import GateDecision
from riskwatch.learn.performance import Forecast, PerformanceGate
from riskwatch.learn.plots import plot_all
from riskwatch.learn.skill import Judgement, skill_of

FAIL, PASS, SHORT = GateDecision.FAIL, GateDecision.PASS, GateDecision.NOT_ENOUGH_EVIDENCE


def made(n: int = 20_000, weeks: int = 26, seed: int = 0) -> tuple[Judgement, np.ndarray]:
    """Rows whose true likelihoods are known."""
    draw = np.random.default_rng(seed)
    true = draw.beta(0.3, 4.0, n)
    at = np.sort(draw.integers(0, weeks * 7 * DAY_US, n))
    return Judgement(draw.random(n) < true, np.ones(n), at), true


def test_skill_is_what_scikit_learn_says():
    """Average precision to a thousandth, the Brier skill exactly, and the value lies in its interval."""
    rows, true = made()
    found = skill_of(true, rows)
    base = rows.outcome.mean()
    brier = brier_score_loss(rows.outcome, true)
    assert found["average_precision"].value == pytest.approx(
        average_precision_score(rows.outcome, true), abs=1e-3
    )
    assert found["brier_skill"].value == pytest.approx(1 - brier / (base * (1 - base)), abs=1e-9)
    for measured in found.values():
        assert measured.low is not None
        assert measured.high is not None
        assert measured.low < measured.value < measured.high


def test_weight_is_how_many_rows_one_stands_for():
    """A row of weight 3 counts as three; likelihoods that tie share a rank."""
    draw = np.random.default_rng(1)
    likelihood = draw.choice([0.1, 0.2, 0.3, 0.9], 400)
    rows = Judgement(draw.random(400) < likelihood, draw.integers(1, 4, 400) * 1.0, np.zeros(400, np.int64))
    times = rows.weight.astype(int)
    again = Judgement(np.repeat(rows.outcome, times), np.ones(times.sum()), np.zeros(times.sum(), np.int64))
    for name, measured in skill_of(likelihood, rows).items():
        other = skill_of(np.repeat(likelihood, times), again)[name]
        assert measured.value == pytest.approx(other.value)
    assert skill_of(likelihood, rows)["average_precision"].value == pytest.approx(
        average_precision_score(rows.outcome, likelihood, sample_weight=rows.weight)
    )


def test_nothing_is_said_of_rows_without_an_outcome():
    """A value of 0 without an interval, never a perfect score."""
    rows = Judgement(np.zeros(50, bool), np.ones(50), np.arange(50) * DAY_US)
    measured = skill_of(np.linspace(0, 1, 50), rows)["average_precision"]
    assert (measured.value, measured.low, measured.high) == (0.0, None, None)
    assert str(measured) == "0.0000"


@pytest.mark.parametrize(("seed", "better"), [(0, True), (1, True), (2, False), (3, False)])
def test_gate_tells_a_worse_candidate_from_a_better_one(seed: int, better: bool):
    """True likelihoods against blurred ones, in both orders."""
    rows, true = made(seed=seed)
    blurred = np.clip(true * np.exp(np.random.default_rng(seed).normal(0, 1.5, len(true))), 0, 1)
    good, bad = Forecast("good", true, rows), Forecast("bad", blurred, rows)
    verdict = PerformanceGate().decide(good, bad) if better else PerformanceGate().decide(bad, good)
    assert verdict.decision is (PASS if better else FAIL)
    assert "average precision" in verdict.why


def test_gate_passes_the_champion_itself():
    """No difference at all is no worse."""
    rows, true = made()
    assert PerformanceGate().decide(Forecast("a", true, rows), Forecast("b", true, rows)).decision is PASS


def test_gate_does_not_decide_on_little():
    """Few weeks or few outcomes, or an interval that holds both better and clearly worse."""
    rows, true = made(n=2000, weeks=3)
    short = PerformanceGate().decide(Forecast("a", true, rows), Forecast("b", true, rows))
    assert short.decision is SHORT
    assert "in 3 weeks; it takes 50 in 8" in short.why
    rows, true = made(n=1500, weeks=9)
    blurred = np.clip(true * np.exp(np.random.default_rng(3).normal(0, 0.5, len(true))), 0, 1)
    assert (
        PerformanceGate().decide(Forecast("a", blurred, rows), Forecast("b", true, rows)).decision
        is not PASS
    )


def test_plots_are_small_pictures(tmp_path: Path):
    """Two PNG files of tens of kilobytes."""
    rows, true = made(n=2000)
    found = plot_all({"candidate": true, "champion": true**2}, rows, tmp_path)
    assert sorted(found) == ["plots/precision_recall.png", "plots/reliability.png"]
    for path in found.values():
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) < 60_000
