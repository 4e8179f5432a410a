"""What relatives explain is taken off as the rule says it, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from riskwatch.score.spoken_for import beyond, beyond_usual, calls_behind, strongest_window


@pytest.mark.parametrize("loop", [beyond, beyond.py_func])
def test_an_ancestor_raises_what_is_expected_and_a_descendant_takes_its_calls(loop):
    """A node three times its usual triples its descendants'; nothing falls below none."""
    observed = np.array([[[9.0]], [[4.0]], [[2.0]]])  # an ancestor, the node, a descendant
    expected = np.array([[[3.0]], [[1.0]], [[0.5]]])
    speakers = (np.array([0, 2]), np.array([True, False]), np.array([0, 2]))
    left, usual = loop(observed, expected, np.array([1]), speakers)
    assert left.tolist() == [[[2.0]]]
    assert usual.tolist() == [[[2.5]]]
    alone = (np.array([1]), np.array([False]), np.array([0, 1]))
    left, usual = loop(observed, expected, np.array([2]), alone)
    assert (left.tolist(), usual.tolist()) == ([[[0.0]]], [[[1e-9]]])


@pytest.mark.parametrize("loop", [calls_behind, calls_behind.py_func])
def test_calls_of_a_window_are_those_of_the_indicators_that_carry_evidence_there(loop):
    """One that carries it in another window alone does not count."""
    nats = np.array([[[1.0, 0.0], [1.0, 3.0]], [[0.0, 0.0], [0.0, 0.0]]])
    observed = np.array([[[5.0, 6.0], [7.0, 8.0]], [[1.0, 1.0], [1.0, 1.0]]])
    assert loop(nats, observed).tolist() == [[12, 8], [0, 0]]


@pytest.mark.parametrize("loop", [strongest_window, strongest_window.py_func])
def test_the_strongest_window_is_the_first_of_equals(loop):
    """The indicators' evidence adds up; where there is none, the first window has it."""
    nats = np.array([[[1.0, 0.0, 2.0], [1.0, 2.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    window, most = loop(nats)
    assert (window.tolist(), most.tolist()) == ([0, 0], [2.0, 0.0])


@pytest.mark.parametrize("loop", [beyond_usual, beyond_usual.py_func])
def test_calls_beyond_the_usual_weigh_by_their_gravity(loop):
    """Of the strongest window alone; an indicator below its expectation takes nothing off."""
    nats = np.array([[[0.0, 3.0], [1.0, 0.0]]])
    observed, expected = np.array([[[9.0, 5.0], [9.0, 1.0]]]), np.array([[[1.0, 2.0], [1.0, 4.0]]])
    assert loop(nats, observed, expected, np.array([0.5, 1.0])).tolist() == [1.5]
