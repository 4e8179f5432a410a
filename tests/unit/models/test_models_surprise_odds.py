"""Surprise odds against scikit-learn's logistic regression, and frozen as a bundle keeps it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models.surprise_odds import SurpriseOdds


def rows(n: int, seed: int = 0, windows: int = 3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return np.column_stack([draw.exponential(4.0, (n, windows)), draw.random(n)])


def outcomes(x: np.ndarray, weights: list[float], intercept: float, seed: int = 1) -> np.ndarray:
    surprise = np.clip(x[:, :-1], 0, 20)
    terms = np.hstack([surprise, surprise * x[:, -1:]])
    return (np.random.default_rng(seed).random(len(x)) < expit(intercept + terms @ weights)).astype(int)


def test_it_agrees_with_logistic_regression_where_no_bound_binds():
    """The same penalty on the same terms gives the same coefficients."""
    x = rows(20_000)
    y = outcomes(x, [0.15, 0.2, 0.1, 0.25, 0.2, 0.3], -3.0)
    model = SurpriseOdds(penalty=1e-4).fit(x, y)
    surprise = np.clip(x[:, :-1], 0, 20)
    terms = np.hstack([surprise, surprise * x[:, -1:]])
    peer = LogisticRegression(C=1 / (2 * 1e-4 * len(x)), tol=1e-10, max_iter=10_000).fit(terms, y)
    assert (peer.coef_ > 0).all()
    assert model.coef_ == pytest.approx(peer.coef_[0], abs=2e-3)
    assert model.intercept_ == pytest.approx(peer.intercept_[0], abs=5e-3)


def test_no_weight_falls_below_zero():
    """A window that lowers the odds gets no say, where logistic regression would give it one."""
    x = rows(5_000)
    y = outcomes(x, [0.4, -0.3, 0.0, 0.0, 0.0, 0.0], -1.0)
    model = SurpriseOdds().fit(x, y)
    assert (model.coef_ >= 0).all()
    assert model.coef_[1] == 0.0


def test_more_surprise_never_lowers_the_odds_and_stops_at_the_cap():
    """In each window alone."""
    model = SurpriseOdds.frozen(
        intercept=-4.0, weights=[0.1, 0.0, 0.3], size_weights=[0.2, 0.0, 0.1], cap=20
    )
    for window in range(3):
        x = np.full((60, 4), 5.0)
        x[:, window] = np.arange(60.0)
        x[:, 3] = 0.7
        odds = model.log_odds(x)
        assert (np.diff(odds) >= -1e-12).all()
        assert np.ptp(odds[20:]) == 0.0


def test_terms_add_up_to_the_odds():
    """Above the intercept; nothing comes of no surprise."""
    model = SurpriseOdds.frozen(
        intercept=-4.0, weights=[0.1, 0.2, 0.3], size_weights=[0.2, 0.0, 0.1], cap=20
    )
    x = rows(50, seed=4) * 8
    assert model.intercept_ + model.terms(x).sum(axis=1) == pytest.approx(model.log_odds(x))
    assert model.log_odds(np.array([[0.0, 0.0, 0.0, 1.5]])) == pytest.approx([-4.0])
    assert model.log_odds(np.array([[-9.0, 0.0, 0.0, 1.5]])) == pytest.approx([-4.0])


def test_a_fitted_model_survives_as_numbers():
    """What a bundle keeps of it predicts the same to the bit."""
    x = rows(3_000)
    model = SurpriseOdds(cap=12).fit(x, outcomes(x, [0.2, 0.1, 0.0, 0.1, 0.0, 0.2], -2.0))
    again = SurpriseOdds.frozen(
        intercept=model.intercept_,
        weights=model.coef_[:3].tolist(),
        size_weights=model.coef_[3:].tolist(),
        cap=12,
    )
    assert np.array_equal(model.log_odds(x), again.log_odds(x))
    assert np.array_equal(model.predict_proba(x), again.predict_proba(x))
    assert np.array_equal(model.predict(x), again.predict(x))
    assert again.predict_proba(x).sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 0, 0], "needs samples of two classes; the data has only one class"),
        ([0, 1, 2], "Only binary classification is supported"),
    ],
)
def test_other_targets_are_refused(y, message):
    """Two classes, no more and no fewer."""
    with pytest.raises(ValueError, match=message):
        SurpriseOdds().fit(rows(3), y)
