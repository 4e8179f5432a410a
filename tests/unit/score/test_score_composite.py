"""The composite: one likelihood, whether all are scored at once or one is opened up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_scores import REGISTRY, TREE, Volume, composite, volume
from scipy.special import expit

from riskwatch.core.areas import AreaTree
from riskwatch.core.documents import parse_document
from riskwatch.core.errors import ConfigError
from riskwatch.score.bundle import Bundle
from riskwatch.score.credence import Prior
from riskwatch.score.explanation import contributions
from riskwatch.score.impact import Impact, exposure_of

COUNTS = st.integers(0, 2**32 - 1).map(
    lambda seed: Volume(
        np.random.default_rng(seed).poisson(1.2, (len(TREE), len(REGISTRY), 2)).astype(float),
        np.random.default_rng(seed + 1).uniform(0.1, 2.0, (len(TREE), len(REGISTRY), 2)),
    )
)


PRIORS = st.sampled_from([None, Prior(happenings=3.0, places=1000), Prior(happenings=0.5, places=4)])


@settings(deadline=None, max_examples=40)
@given(COUNTS, PRIORS)
def test_scoring_all_and_judging_one_agree(made, prior):
    """The likelihood is the same, and whatever is not scored has no surprise."""
    joined = composite(made, prior)
    scores = joined.score(made.read())
    listed = {
        (int(a), int(s)): p
        for a, s, p in zip(scores.areas, scores.signatures, scores.likelihood, strict=True)
    }
    base = expit((1.0 * -5.0 + 3.0 * -4.0) / 4.0)
    for signature in range(2):
        judged = joined.judge(np.arange(len(TREE)), signature)
        for area, likelihood in enumerate(judged.likelihood):
            assert likelihood == pytest.approx(listed.get((area, signature), base), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(COUNTS, PRIORS)
def test_contributions_add_up(made, prior):
    """Shares to 1, log-odds to what lifts the likelihood above its base; strongest first."""
    judged = composite(made, prior).judge(np.arange(len(TREE)), 0)
    for area, likelihood in enumerate(judged.likelihood):
        told = contributions(judged, area, made, REGISTRY)
        logit = np.log(likelihood / (1 - likelihood))
        assert sum(c.log_odds for c in told) == pytest.approx(logit + 17 / 4, abs=1e-9)
        if not told:
            assert judged.log_odds(area).sum() == 0
            continue
        assert sum(c.share for c in told) == pytest.approx(1.0)
        assert [c.log_odds for c in told] == sorted((c.log_odds for c in told), reverse=True)
        for c in told:
            i = list(REGISTRY.ids).index(c.indicator)
            w = {1.0: 0, 6.0: 1}[c.window_h]
            assert c.observed == made.counts[area, i, w]
            assert c.expected == made.usual[area, i, w]
            assert 0 <= c.p <= 1
            assert c.since_us == 1_000 * area + w


def test_what_adds_next_to_nothing_is_joined_to_the_strongest():
    """Less than a hundredth is no line of its own, and the sums still hold."""
    made = volume({"A00": {"s0_0": 12, "s0_1": 1}})
    judged = composite(made).judge(np.array([TREE.index["A00"]]), 0)
    nats = judged.nats.copy()
    nats[0, 1] = nats[0, 0] * 0.004
    told = contributions(replace(judged, nats=nats), 0, made, REGISTRY)
    assert [c.indicator for c in told] == ["s0_0"]
    assert told[0].log_odds == pytest.approx(judged.terms.sum())
    assert told[0].share == pytest.approx(1.0)


def test_nothing_unusual_scores_nothing():
    """An empty read gives empty scores, not an error."""
    made = volume({})
    scores = composite(made).score(made.read())
    assert (len(scores.areas), len(scores.likelihood)) == (0, 0)


def judged_with(calls: int, gravity_of: str = "s0_0", area: str = "A00"):
    made = volume({area: {gravity_of: calls}})
    return composite(made).judge(np.array([TREE.index[area]]), 0)


def impact(population: int | None, vulnerability: float, calls: int) -> float:
    """Of `calls` beyond the usual in a town of so many people."""
    tree = AreaTree([replace(a, population=population, vulnerability=vulnerability) for a in TREE.areas])
    return float(Impact(tree, REGISTRY).of(judged_with(calls))[0])


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 60),
    st.one_of(st.none(), st.integers(0, 2 * 10**9)),
    st.floats(0, 1),
    st.integers(0, 60),
    st.integers(0, 2 * 10**9),
    st.floats(0, 1),
)
def test_impact_lies_within_its_scale_and_never_falls(calls, people, weak, more, others, weaker):
    """More calls, more people or more vulnerability never lower it."""
    low = impact(people, weak, calls)
    assert 0 <= low <= 10
    assert impact(people, weak, calls + more) >= low - 1e-9
    assert impact(people, max(weak, weaker), calls) >= low - 1e-9
    if people is not None:
        assert impact(people + others, weak, calls) >= low - 1e-9


@pytest.mark.parametrize(
    ("people", "told"), [(None, 5.0), (0, 0.0), (100, 0.0), (10_000, 5.0), (10**6, 10.0), (10**9, 10.0)]
)
def test_exposure_follows_the_log_of_the_population(people, told):
    """An unknown population is the middle, not nothing."""
    assert exposure_of(people) == pytest.approx(told)


def bundle(**changes) -> dict:
    member = {
        "uses": "models.surprise_odds:SurpriseOdds",
        "version": "2",
        "frozen": {"intercept": -4.0, "weights": [0.1], "size_weights": [0.1], "cap": 20},
    }
    return {
        "version": "1",
        "fitted": "made",
        "members": {"b": member, "a": member | changes},
        "verdicts": "models.verdict_memory:VerdictMemory",
    }


def test_a_bundle_names_and_builds_its_members():
    """Alerts carry the version of the bundle and of each member, by name."""
    parsed = parse_document(bundle(weight=2.0, version="3"), Bundle, "bundle.yaml")
    assert parsed.versions() == (("bundle", "1"), ("a", "3"), ("b", "2"))

    class Made:
        @staticmethod
        def frozen(**numbers):
            return numbers

    built = parsed.build(lambda name: Made)
    assert list(built) == ["a", "b"]
    assert built["a"] == (2.0, parsed.members["a"].frozen)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"uses": "surprise odds"}, "members.a.uses"),
        ({"weight": 0}, "members.a.weight"),
        ({"weight": float("nan")}, "members.a.weight"),
        ({"wieght": 1}, "members.a.wieght"),
    ],
)
def test_faults_of_a_bundle_name_their_place(changes, where):
    """A weight is a number above nothing."""
    with pytest.raises(ConfigError) as error:
        parse_document(bundle(**changes), Bundle, "bundle.yaml")
    assert [f.where for f in error.value.faults] == [where]
