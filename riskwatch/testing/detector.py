"""The contract of a detector for one gauge as checks, beside River's own; `check_model` runs them."""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from riskwatch.store.snapshots import pack, unpack

_HOUR_S = 3600
_ROWS = 900


def detector_answers_without_learning(cls: type[Any]) -> None:
    """Score, then learn: asking changes nothing, learning returns nothing, scores are in [0, 1]."""
    model = cls()
    for n, x in enumerate(gauge_rows()):
        before = pickle.dumps(model) if n % 50 == 0 else None
        given = dict(x)
        score = model.score_one(x)
        if before is not None:
            assert pickle.dumps(model) == before, "the model changed when it was asked"
        assert 0.0 <= score <= 1.0, f"a score is {score}, outside of [0, 1]"
        assert model.learn_one(x) is None, "learn_one returned something"
        assert x == given, "the row changed"


def same_rows_make_the_same_detector(cls: type[Any]) -> None:
    """Two models that were shown the same rows agree to the bit."""
    assert _scores(cls()) == _scores(cls()), "the second of two models answers otherwise"


def detector_is_made_of_its_arguments(cls: type[Any]) -> None:
    """Its arguments as JSON make the same model again."""
    taken = [p for p in inspect.signature(cls.__init__).parameters if p != "self"]
    numbers = {name: getattr(cls(), name) for name in taken}
    again = cls(**json.loads(json.dumps(numbers, allow_nan=False)))
    assert _scores(again) == _scores(cls()), "the model made again differs"


def detector_state_is_all_there_is(cls: type[Any]) -> None:
    """A model that loads a saved state, also as JSON, goes on as the one that gave it."""
    one, whole = cls(), _scores(cls())
    for n, x in enumerate(gauge_rows()):
        if n % 60 == 0:
            again = cls()
            again.load(json.loads(json.dumps(unpack(pack(one.state())), allow_nan=False)))
            one = again
        assert one.score_one(x) == whole[n], f"loaded at row {n // 60 * 60}, row {n} scores otherwise"
        one.learn_one(x)


def a_gap_in_the_gauge_teaches_nothing(cls: type[Any]) -> None:
    """A row without a value, or with NaN or infinity, scores 0 and leaves the model as it was."""
    model = cls()
    for x in gauge_rows()[:300]:
        model.learn_one(x)
    before = model.state()
    for row in ({}, {"value": float("nan")}, {"value": float("inf")}, {"value": -float("inf")}):
        assert model.score_one(row) == 0.0, f"a row {row} has a score"
        model.learn_one(row)
    assert model.state() == before, "a row without a value was learned"


def a_leap_out_of_the_past_is_seen(cls: type[Any]) -> None:
    """What leaves the range of its past tenfold scores higher than every calm row, and over a half."""
    model = cls()
    calm = gauge_rows()
    scores = []
    for x in calm:
        scores.append(model.score_one(x))
        model.learn_one(x)
    leap = model.score_one(calm[-1] | {"value": 1000.0})
    assert leap > max(0.5, *scores), f"a leap scores {leap:.2f}, a calm row up to {max(scores):.2f}"


DETECTOR_RULES: tuple[Callable[[type[Any]], None], ...] = (
    detector_answers_without_learning,
    same_rows_make_the_same_detector,
    detector_is_made_of_its_arguments,
    detector_state_is_all_there_is,
    a_gap_in_the_gauge_teaches_nothing,
    a_leap_out_of_the_past_is_seen,
)


def gauge_rows() -> list[dict[str, float]]:
    """Made rows of an hourly gauge: a daily wave and noise, around 50 with a range of about 30."""
    draw = np.random.default_rng(7)
    hours = np.arange(_ROWS)
    values = 50.0 + 10.0 * np.sin(2.0 * np.pi * hours / 24.0) + draw.uniform(-5.0, 5.0, _ROWS)
    return [{"value": float(v), "at_s": int(h) * _HOUR_S} for h, v in zip(hours, values, strict=True)]


def _scores(model: Any) -> list[float]:
    scores = []
    for x in gauge_rows():
        scores.append(model.score_one(x))
        model.learn_one(x)
    return scores
