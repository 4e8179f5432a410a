"""Verdict memory: plain arithmetic of a beta prior."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.verdict_memory import VerdictMemory


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=30),
    st.floats(0.01, 0.99),
    st.floats(0.1, 50),
)
def test_share_is_the_posterior_mean(verdicts, share, weight):
    """(right + prior) / (judged + weight of the prior), by key and in any order."""
    memory = VerdictMemory(by=["signature"], prior_share=share, prior_weight=weight)
    for key, right in verdicts:
        memory.learn_one({"signature": key, "else": 1}, right)
    for key in "abc":
        right, judged = (sum(r for k, r in verdicts if k == key), sum(k == key for k, _ in verdicts))
        told = memory.predict_proba_one({"signature": key})
        assert memory.tally({"signature": key}) == (right, judged)
        assert told[True] == pytest.approx((right + share * weight) / (judged + weight))
        assert told[True] + told[False] == pytest.approx(1.0)


def test_a_missing_feature_is_a_key_of_its_own():
    """It neither fails nor mixes with the others."""
    memory = VerdictMemory(by=["signature", "area"])
    memory.learn_one({"signature": "a"}, True)
    assert memory.tally({"signature": "a"}) == (1, 1)
    assert memory.tally({"signature": "a", "area": "x"}) == (0, 0)


def test_it_goes_on_from_its_state():
    """Through JSON, keys of several features included."""
    memory, again = (VerdictMemory(by=["signature", "area"]) for _ in range(2))
    for key, right in (("a", True), ("b", False), ("a", True)):
        memory.learn_one({"signature": key, "area": "x"}, right)
    again.load(json.loads(json.dumps(memory.state())))
    for key in "abc":
        asked = {"signature": key, "area": "x"}
        assert again.tally(asked) == memory.tally(asked)
    assert again.state() == memory.state()


def test_asking_teaches_nothing():
    """A prediction leaves the tally as it was."""
    memory = VerdictMemory()
    memory.predict_one({"signature": "a"})
    memory.predict_proba_one({"signature": "a"})
    assert memory.tally({"signature": "a"}) == (0, 0)
