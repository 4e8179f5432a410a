"""Outbreak odds: what the fit learns, what the mixture adds up, what neighbours add."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection.weekly_series import SCENARIOS, TESTED, baseline, draw
from models.outbreak_odds import OutbreakOdds


def test_catching_up_is_updating_week_by_week():
    """A history taken in at once gives the reading of one taken in week by week, once both are fitted."""
    counts = np.random.default_rng(1).poisson(5.0, (3, 151))
    slow, quick = OutbreakOdds(3, warm_weeks=150), OutbreakOdds(3, warm_weeks=150)
    for week in counts.T:
        slow.update(week)
    quick.catch_up(counts[:, :150])
    quick.update(counts[:, 150])
    assert np.array_equal(slow.read(), quick.read())


def test_it_says_nothing_before_it_is_warm():
    """Without two years of weeks the odds are those of never."""
    model = OutbreakOdds(2)
    model.catch_up(np.ones((2, 60)))
    assert (model.read() == -np.inf).all()


@pytest.mark.parametrize("n", range(0, len(SCENARIOS), 5))
def test_the_expectation_is_near_the_truth_in_spite_of_outbreaks(n):
    """The mean over many series of a scenario is within 15% (25% where a week brings a tenth of a case)."""
    weekly = draw(5, 40)
    mine = weekly.scenario == n
    model = OutbreakOdds(int(mine.sum()))
    model.catch_up(weekly.counts[mine][:, : TESTED[0]])
    model.update(weekly.counts[mine][:, TESTED[0]])
    mean, phi = model.expected()
    true = weekly.mean[mine, TESTED[0]]
    assert np.mean(mean / true) == pytest.approx(1.0, abs=0.25 if true[0] < 0.5 else 0.15)
    assert (phi >= 1.0).all()


def test_a_little_in_each_of_four_neighbours_adds_up():
    """Joined, four weak signs say more than the loudest; one sign among four says less than alone."""
    rng = np.random.default_rng(2)
    usual = baseline(rng, np.full((4, 300), 9.0), np.full(4, 1.5))
    model = OutbreakOdds(4)
    model.catch_up(usual)
    model.update(np.full(4, 15))
    assert model.read([[0, 1, 2, 3]])[0] > model.read().max()
    model = OutbreakOdds(4)
    model.catch_up(usual)
    model.update(np.array([30, 6, 6, 6]))
    assert model.read([[0, 1, 2, 3]])[0] < model.read().max()


def test_more_cases_never_lower_the_odds():
    """In the newest week the odds rise with the count."""
    rng = np.random.default_rng(3)
    usual = rng.poisson(4.0, (1, 300))
    found = []
    for count in range(4, 30):
        model = OutbreakOdds(1)
        model.catch_up(usual)
        model.update(np.array([count]))
        found.append(float(model.read()[0]))
    assert found == sorted(found)


def test_groups_of_several_sizes_are_read_in_their_order():
    """Groups need not be of one size."""
    model = OutbreakOdds(3)
    model.catch_up(np.random.default_rng(4).poisson(4.0, (3, 150)))
    model.update(np.array([4, 20, 4]))
    alone = model.read([[1]])[0]
    assert model.read([[0, 2], [1]])[1] == pytest.approx(alone)
