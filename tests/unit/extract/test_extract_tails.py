"""How surprising a count is: against scipy, and against what simulated streams really do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskwatch.extract.tails import EmpiricalTail, cut_mean, log_likelihood_ratio, tail_probability
from riskwatch.store.snapshots import pack, unpack

COUNTS = st.integers(0, 400)
MEANS = st.floats(1e-4, 200.0)
INVERSE = st.floats(1e-4, 5.0)


def ratio(x: float, mu: float, inverse: float) -> float:
    return float(log_likelihood_ratio(np.array([float(x)]), np.array([mu]), np.array([inverse]))[0])


@settings(deadline=None, max_examples=150)
@given(COUNTS, MEANS, INVERSE)
def test_ratio_is_that_of_scipys_negative_binomials(x, mu, inverse):
    """Log-likelihood at the count itself minus that at the expectation; 0 where it is not above."""
    size = 1.0 / inverse
    expected = 0.0
    if x > mu:

        def log_pmf(mean):
            return stats.nbinom.logpmf(x, size, size / (size + mean))

        expected = log_pmf(x) - log_pmf(mu)
    assert ratio(x, mu, inverse) == pytest.approx(expected, abs=1e-6, rel=1e-6)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 100), st.floats(0.01, 50.0))
def test_without_overdispersion_the_ratio_is_poissons(x, mu):
    """x log(x / mu) - (x - mu), where x is above mu."""
    expected = x * np.log(x / mu) - (x - mu) if x > mu else 0.0
    assert ratio(x, mu, 1e-9) == pytest.approx(expected, abs=0.02, rel=0.01)


@settings(deadline=None, max_examples=100)
@given(MEANS, INVERSE)
def test_ratio_never_falls_as_the_count_rises(mu, inverse):
    """More calls are never less evidence, and no evidence is below 0."""
    x = np.arange(0.0, 300.0)
    found = log_likelihood_ratio(x, np.full(300, mu), np.full(300, inverse))
    assert (found >= 0).all()
    assert (np.diff(found) >= -1e-9).all()


@settings(deadline=None, max_examples=100)
@given(COUNTS, MEANS, st.floats(0.002, 5.0))
def test_tail_is_that_of_scipy(x, mu, inverse):
    """P(count >= observed), 1 for an observed count of 0."""
    size = 1.0 / inverse
    expected = stats.nbinom.sf(x - 1, size, size / (size + mu))
    found = tail_probability(np.array([float(x)]), np.array([mu]), np.array([inverse]))[0]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_nothing_expected_stays_finite():
    """An expectation of 0 is very surprising, not infinitely."""
    zero = np.zeros(2)
    found = log_likelihood_ratio(np.array([0.0, 3.0]), zero, zero)
    assert found[0] == 0.0
    assert 10 < found[1] < 100
    assert np.isfinite(tail_probability(np.array([0.0, 3.0]), zero, zero)).all()


def learnt(draws: np.ndarray) -> EmpiricalTail:
    """A tail that looked once an hour at 50 places over draws [looks, places] of evidence."""
    tail = EmpiricalTail(1, 1)
    places = draws.shape[1]
    at, looks = np.zeros(places, dtype=np.int64), np.zeros((1, len(tail.strata) + 1))
    looks[0, 0] = places
    for look in draws:
        tail.learn(looks, look[:, None], at, at)
    return tail


def surprise(tail: EmpiricalTail, evidence: np.ndarray) -> np.ndarray:
    where = np.zeros(len(evidence), dtype=np.int64)
    return tail.surprise(evidence, where, where, where)


def test_surprise_never_falls_as_evidence_rises():
    """At the threshold and below there is none."""
    tail = learnt(np.random.default_rng(1).exponential(2.0, (200, 50)))
    found = surprise(tail, np.linspace(0, 60, 500))
    assert (np.diff(found) >= 0).all()
    assert (found[np.linspace(0, 60, 500) <= tail.threshold] == 0).all()


@pytest.mark.parametrize("mean", [1.5, 2.0, 4.0])
def test_surprise_is_calibrated_on_exponential_evidence(mean):
    """A surprise of s nats is exceeded about exp(-s) of the time, whatever the scale of the evidence."""
    draw = np.random.default_rng(2)
    tail = learnt(draw.exponential(mean, (2_000, 50)))
    fresh = surprise(tail, draw.exponential(mean, 1_000_000))
    for s in (3.0, 5.0, 7.0):
        assert (fresh > s).mean() == pytest.approx(np.exp(-s), rel=0.25)


def test_an_incident_of_days_does_not_widen_the_tail():
    """What is beyond the reach teaches nothing, however often it is looked at."""
    quiet = np.random.default_rng(3).exponential(1.5, (500, 50))
    stormy = quiet.copy()
    stormy[250:350, :3] = 40.0
    at = np.array([6.0, 20.0])
    assert surprise(learnt(stormy), at) == pytest.approx(surprise(learnt(quiet), at), rel=0.05)


@given(mean=st.floats(1.0, 12.0), reach=st.floats(3.0, 12.0))
def test_a_cut_mean_is_that_of_the_draws_below_the_cut(mean, reach):
    """Against the integral of x * exp(-x / mean) over [0, reach], and it rises with the mean."""
    x = np.linspace(0.0, reach, 20_001)
    density = np.exp(-x / mean)
    plain = np.trapezoid(x * density, x) / np.trapezoid(density, x)
    assert cut_mean(np.array([mean]), reach)[0] == pytest.approx(plain, rel=1e-6)
    assert cut_mean(np.array([mean * 1.01]), reach)[0] > plain


def test_the_tail_of_what_is_within_reach_is_the_whole_tail():
    """Cut off at the reach, exponential evidence is told with the frequency and scale of all of it."""
    draws = np.random.default_rng(5).exponential(2.5, (4_000, 50))
    tail = learnt(draws)
    for level in (5.0, 9.0, 15.0):
        expected = level / 2.5
        assert surprise(tail, np.array([level]))[0] == pytest.approx(expected, rel=0.1)


def test_strata_do_not_learn_from_each_other():
    """Each rate has its own tail, and the rates at the bounds belong below them."""
    tail = EmpiricalTail(2, 1)
    assert tail.stratum(np.array([0.0, 0.1, 0.11, 30.0, 1e9])).tolist() == [0, 0, 1, 5, 6]
    looks = np.zeros((2, len(tail.strata) + 1))
    looks[0, 2] = 1.0
    for _ in range(300):
        tail.learn(looks, np.array([[6.5]]), np.array([0]), np.array([2]))
    one = np.zeros(3, dtype=np.int64)
    told = tail.surprise(np.full(3, 20.0), np.array([0, 0, 1]), one, np.array([2, 3, 4]))
    assert told[0] < told[1] == told[2]


def test_tail_goes_on_from_its_state():
    """Through a snapshot's bytes."""
    tail = learnt(np.random.default_rng(4).exponential(3.0, (50, 50)))
    other = EmpiricalTail(1, 1)
    other.load(unpack(pack(tail.state())))
    at = np.linspace(0, 30, 50)
    assert np.array_equal(surprise(tail, at), surprise(other, at))
