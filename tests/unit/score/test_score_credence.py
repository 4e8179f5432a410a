"""Credence: a surprise is held to what chance brings over the whole desk."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from made_scores import TREE, composite, volume
from scipy.special import expit

from riskwatch.score.credence import Prior, chance_looks, held_to_desk

BASE = -4.0
ODDS = st.floats(BASE, 12.0)
SURPRISE = st.floats(0.0, 40.0)
PLACES = st.integers(1, 1_000_000)


def likelihood(odds: float, surprise: float, places: int, prior: Prior) -> float:
    """What is left of a place's likelihood on a desk of so many places."""
    chance = chance_looks(np.array([[surprise, 0.0]]), places)
    return float(expit(held_to_desk(np.array([odds]), BASE, chance, (prior, places)))[0])


@given(ODDS, SURPRISE, PLACES, st.floats(0.01, 100.0))
def test_held_likelihood_lies_between_the_base_and_what_the_place_says(odds, surprise, places, happenings):
    """The size of a desk takes away; it never adds, and leaves what happens anyway."""
    held = likelihood(odds, surprise, places, Prior(happenings=happenings, places=1280))
    assert expit(BASE) - 1e-9 <= held <= expit(odds) + 1e-9


@given(ODDS, SURPRISE, st.floats(0.0, 5.0), PLACES)
def test_more_surprise_is_never_believed_less(odds, surprise, more, places):
    """With the same odds of its own, what is rarer keeps at least as much."""
    prior = Prior(happenings=3.0, places=1280)
    low, high = (likelihood(odds, s, places, prior) for s in (surprise, surprise + more))
    assert high >= low - 1e-12


@given(ODDS, SURPRISE, PLACES)
def test_larger_desk_never_believes_more(odds, surprise, places):
    """The same surprise in one of ten times as many places is likelier chance."""
    prior = Prior(happenings=3.0, places=1280)
    assert (
        likelihood(odds, surprise, 10 * places, prior) <= likelihood(odds, surprise, places, prior) + 1e-12
    )


def test_what_chance_brings_as_often_is_even_odds():
    """Surprise that chance alone brings at as many looks a day as happenings do is believed by half."""
    places, prior = 1000, Prior(happenings=3.0, places=1000)
    surprise = np.log(24 * 2 * places / 3.0)
    held = likelihood(10.0, surprise, places, prior)
    assert np.isclose(held, expit(BASE) + (1 - expit(BASE)) * 0.5)


def test_chance_words_of_a_desk_do_not_grow_with_its_places():
    """Likelihoods over a bound, drawn by chance, are as few among 50,000 places as among 500."""
    prior, counts = Prior(happenings=3.0, places=1280), []
    for places in (500, 50_000):
        surprise = np.random.default_rng(1).exponential(size=(24 * 100 * places // 100, 1))  # a day
        chance = chance_looks(surprise, places)
        held = expit(held_to_desk(np.full(len(surprise), 12.0), BASE, chance, (prior, places)))
        counts.append(int((held >= 0.1).sum()))
    assert counts[1] <= counts[0] + 30
    assert counts[1] <= 3.0 * 10 * 2  # at a likelihood of a tenth chance has ten times the happenings


def test_composite_of_a_crowded_desk_says_less_where_little_happened():
    """A strong burst keeps its likelihood; a faint one loses it on a desk where happenings are rare."""
    rare = Prior(happenings=0.01, places=len(TREE) * 2)
    area = np.array([TREE.index["A00"]])
    for calls, kept in ((30, True), (3, False)):
        made = volume({"A00": {"s0_0": calls}})
        alone = float(composite(made).judge(area, 0).likelihood[0])
        held = float(composite(made, rare).judge(area, 0).likelihood[0])
        assert (held > 0.9 * alone) is kept
