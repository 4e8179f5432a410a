"""The bound that an outcome exceeds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskwatch.learn.outcome import Outcome


@settings(deadline=None)
@given(st.floats(0.001, 300), st.floats(0.001, 3), st.sampled_from([90.0, 99.0, 99.9]))
def test_the_bound_is_exceeded_as_rarely_as_the_percentile_says(mean, inverse, percentile):
    """It is the least whole number with that property."""
    bound = Outcome(percentile=percentile).bound(np.array([mean]), np.array([inverse]))[0]
    law = stats.nbinom(1 / inverse, 1 / (1 + mean * inverse))
    assert bound == round(bound) >= 0
    assert law.sf(bound) <= 1 - percentile / 100 + 1e-9
    assert bound == 0 or law.sf(bound - 1) > 1 - percentile / 100 - 1e-9


def test_nothing_expected_has_a_bound():
    """Zero: the first call exceeds it."""
    assert Outcome().bound(np.zeros(2), np.zeros(2)).tolist() == [0.0, 0.0]
