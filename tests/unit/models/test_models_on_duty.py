"""What scores in place of an estimator answers as it does, and brings no scikit-learn along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import ON_DUTY
from riskwatch.core.errors import ConfigError
from riskwatch.workspace import resolve, resolve_on_duty

ROOT = Path(__file__).parents[3]
NUMBERS = {"intercept": -4.0, "weights": [0.1, 0.0], "size_weights": [0.2, 0.3], "cap": 20.0}


@given(st.lists(st.tuples(*[st.floats(0.0, 1e3)] * 3), max_size=6))
def test_the_class_on_duty_answers_to_the_bit_as_the_estimator(rows):
    """From the same frozen numbers: log-odds, and what each window adds."""
    for estimator, lighter in ON_DUTY.items():
        assert resolve_on_duty(estimator) is resolve(lighter)
        own, light = (resolve(name).frozen(**NUMBERS) for name in (estimator, lighter))
        given_rows = np.array(rows, np.float64).reshape(-1, 3)
        assert np.array_equal(own.log_odds(given_rows), light.log_odds(given_rows))
        assert np.array_equal(own.terms(given_rows), light.terms(given_rows))


def test_what_has_no_lighter_class_scores_itself():
    """Every other recipe, and one of a package that names none."""
    assert resolve_on_duty("models.surge_linear:SurgeLinear") is resolve("models.surge_linear:SurgeLinear")
    assert resolve_on_duty("riskwatch.score.bundle:Bundle").__name__ == "Bundle"
    with pytest.raises(ConfigError, match="nowhere"):
        resolve_on_duty("nowhere.at_all:Model")


def test_an_engine_starts_without_scikit_learn():
    """A second of every start; only what is fitted needs it."""
    code = (
        "import sys; from riskwatch import app, workspace; "
        "workspace.resolve_on_duty('models.surprise_odds:SurpriseOdds'); sys.exit('sklearn' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
