"""What benchmarks on warnings count with: the numbers of scikit-learn, intervals, alerts at a budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from benchmarks.budget_skill import Scored, at_budget


def made(n: int = 400, seed: int = 0) -> Scored:
    draw = np.random.default_rng(seed)
    score = draw.integers(0, 20, n) / 20.0
    label = draw.random(n) < 0.1 + 0.5 * score
    return Scored(score, label, draw.uniform(0.5, 3.0, n), draw.integers(0, 8, n))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_numbers_are_those_of_scikit_learn(seed):
    """With weights and ties."""
    rows = made(seed=seed)
    given = {"sample_weight": rows.weight}
    assert rows.average_precision(1).value == pytest.approx(
        average_precision_score(rows.label, rows.score, **given)
    )
    assert rows.auc(1).value == pytest.approx(roc_auc_score(rows.label, rows.score, **given))
    base = np.full(len(rows.score), np.average(rows.label, weights=rows.weight))
    error = brier_score_loss(rows.label, rows.score, **given)
    skill = 1.0 - error / brier_score_loss(rows.label, base, **given)
    assert rows.brier_skill(1).value == pytest.approx(skill)
    assert rows.share(1).value == pytest.approx(base[0])


def test_rows_of_one_block_give_wider_intervals():
    """The same rows, once with a block each and once in eight blocks that go together."""
    draw = np.random.default_rng(1)
    week = np.repeat(np.arange(8), 50)
    label = draw.random(400) < np.repeat(draw.uniform(0, 0.5, 8), 50)
    apart = Scored(np.zeros(400), label, np.ones(400), np.arange(400)).share()
    together = Scored(np.zeros(400), label, np.ones(400), week).share()
    assert apart.value == together.value
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    assert "to" in str(together)


def test_a_label_that_never_holds_has_no_precision():
    """Not a number, rather than a perfect or a worthless one."""
    rows = Scored(np.ones(3), np.zeros(3, bool), np.ones(3), np.zeros(3, int))
    assert np.isnan(rows.average_precision(2).value)
    assert np.isnan(rows.auc(2).value)
    assert np.isnan(rows.brier_skill(2).value)


def test_alerts_keep_to_their_budget_and_stand_for_a_while():
    """Two places, one alert in ten ticks: the surest place gets it, and recalls what it stands at."""
    tick, place = np.tile(np.arange(20), 2), np.repeat([0, 1], 20)
    score, label = np.zeros(40), np.zeros(40, bool)
    score[[5, 6, 7]], label[5:10] = 0.9, True  # place 0: one alert at 5 that stands until 11
    score[[25, 26]] = 0.5  # place 1: would be the second
    rows = Scored(score, label, np.ones(40), place)
    one = at_budget(rows, tick, place, hold=6, days=1.0)
    assert (one.alerts_per_day, one.accuracy.value, one.recall.value) == (1.0, 1.0, 1.0)
    two = at_budget(rows, tick, place, hold=6, days=1.0, per_day=2.0)
    assert (two.alerts_per_day, two.accuracy.value) == (2.0, 0.5)


def test_without_a_budget_nothing_is_raised():
    """No alert is right or wrong then, and nothing is recalled."""
    none = at_budget(made(), np.arange(400), np.zeros(400, int), hold=6, days=1.0, per_day=0.0)
    assert none.alerts_per_day == 0.0
    assert np.isnan(none.accuracy.value)
    assert none.recall.value == 0.0


@given(seed=st.integers(0, 200), per_day=st.sampled_from([1.0, 2.0, 7.0]))
@settings(deadline=None, max_examples=20)
def test_a_budget_is_a_ceiling(seed, per_day):
    """Whatever the scores, ties included."""
    rows = made(seed=seed)
    draw = np.random.default_rng(seed)
    tick, place = draw.permutation(400), draw.integers(0, 5, 400)
    assert at_budget(rows, tick, place, hold=10, days=4.0, per_day=per_day).alerts_per_day <= per_day
