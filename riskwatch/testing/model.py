"""The contracts of models as checks: scikit-learn's, River's and ours; run on every class in `models/`."""

from __future__ import annotations

import inspect
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.detector import DETECTOR_RULES
from riskwatch.testing.series_model import SERIES_RULES

FloatArray = NDArray[np.float64]
_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A check of the library that was not run to its end, or is known to fail, and why."""

    check: str
    reason: str


def check_model(
    cls: type[Any], *, expected_failed_checks: Mapping[str, str] | None = None
) -> tuple[LeftOut, ...]:
    """Hold a class with default arguments against its library's checks and against ours.

    `expected_failed_checks` gives the reason of each check of scikit-learn that must fail.
    Returns what was left out. Raises AssertionError that begins with the name of the rule; what
    a check of the library raises is its cause.
    """
    from river.base import AnomalyDetector, Estimator
    from sklearn.base import BaseEstimator

    if issubclass(cls, BaseEstimator):
        missing = [m for m in ("log_odds", "terms", "frozen", "numbers") if not hasattr(cls, m)]
        if missing:
            raise AssertionError(f"protocol: {cls.__name__} has no {', '.join(missing)}")
        left_out = _rule(follows_scikit_learn, cls, dict(expected_failed_checks or {}))
        rules: tuple[Callable[[type[Any]], None], ...] = MEMBER_RULES
    elif issubclass(cls, Estimator):
        left_out = _rule(follows_river, cls)
        rules = DETECTOR_RULES if issubclass(cls, AnomalyDetector) else RIVER_RULES
    elif hasattr(cls, "update") and hasattr(cls, "read"):
        left_out, rules = (), SERIES_RULES
    else:
        raise AssertionError(
            f"protocol: {cls.__name__} is neither a scikit-learn nor a River estimator, nor a model of "
            "many series with update and read"
        )
    for rule in rules:
        _rule(rule, cls)
    return tuple(left_out or ())


def _rule(rule: Callable[..., Any], *given: Any) -> Any:
    try:
        return rule(*given)
    except Exception as error:
        raise AssertionError(f"{rule.__name__}: {error}") from error


# --- what the libraries say ----------------------------------------------------------------------


def follows_scikit_learn(cls: type[Any], expected: dict[str, str]) -> list[LeftOut]:
    """`check_estimator` passes, but for what is expected to fail."""
    from sklearn.utils.estimator_checks import check_estimator

    done = check_estimator(cls(), expected_failed_checks=expected, on_skip=None, on_fail=None)
    failed = [d for d in done if d["status"] == "failed"]
    assert not failed, f"{failed[0]['check_name']}: {failed[0]['exception']!r}"
    missing = sorted(set(expected) - {d["check_name"] for d in done if d["status"] == "xfail"})
    assert not missing, f"expected to fail, but did not: {', '.join(missing)}"
    return [
        LeftOut(d["check_name"], expected.get(d["check_name"]) or str(d["exception"]))
        for d in done
        if d["status"] in ("xfail", "skipped")
    ]


def follows_river(cls: type[Any]) -> list[LeftOut]:
    """Every check of `river.checks` passes whose data set lies in the package."""
    from river.checks import yield_checks

    left_out = []
    with _no_download():
        model = cls()
        for check in yield_checks(model):
            try:
                check(model.clone())
            except _NotHere as error:
                left_out.append(LeftOut(check.__name__, str(error)))
            except Exception as error:
                raise AssertionError(f"{check.__name__}: {error!r}") from error
    return left_out


class _NotHere(Exception):  # noqa: N818 - reads as the sentence it prints
    """A data set of River that would have to be fetched."""


@contextmanager
def _no_download() -> Iterator[None]:
    from river.datasets.base import RemoteDataset

    def refuse(dataset: Any, *_: Any, **__: Any) -> None:
        raise _NotHere(f"its data set {type(dataset).__name__} would be downloaded")

    with patch.object(RemoteDataset, "download", refuse):
        yield


# --- ours: members of a bundle -------------------------------------------------------------------


def more_surprise_never_lowers_the_odds(cls: type[Any]) -> None:
    """Raising the surprise of any window raises the log-odds or leaves them."""
    model, rows = _fitted(cls)
    odds = model.log_odds(rows)
    assert np.isfinite(odds).all(), "log-odds are not finite"
    for window in range(_WINDOWS):
        more = rows.copy()
        more[:, window] += 3.0
        fell = model.log_odds(more) < odds - 1e-12
        assert not fell.any(), f"more surprise in window {window} lowers the log-odds of {fell.sum()} rows"


def terms_add_up(cls: type[Any]) -> None:
    """The terms of a row are its log-odds beyond those of a row without surprise."""
    model, rows = _fitted(cls)
    calm = rows.copy()
    calm[:, :-1] = 0.0
    base = model.log_odds(calm)
    assert np.ptp(base) <= 1e-9, "without surprise, the log-odds still depend on the size"
    terms = model.terms(rows)
    assert terms.shape == (len(rows), _WINDOWS), f"terms are {terms.shape}, not one a window"
    gap = np.abs(terms.sum(axis=1) - (model.log_odds(rows) - base)).max()
    assert gap <= 1e-9, f"terms and log-odds are {gap:.2g} apart"


def frozen_numbers_make_the_same_model(cls: type[Any]) -> None:
    """`numbers()` as JSON, given to `frozen`, makes a model that answers the same."""
    model, rows = _fitted(cls)
    again = cls.frozen(**json.loads(json.dumps(model.numbers(), allow_nan=False)))
    assert np.array_equal(again.log_odds(rows), model.log_odds(rows)), "log-odds differ"
    assert np.array_equal(again.terms(rows), model.terms(rows)), "terms differ"


def member_answers_without_learning(cls: type[Any]) -> None:
    """Asking a model changes nothing in it, and rows alone or together get the same answer."""
    model, rows = _fitted(cls)
    given, before = rows.copy(), pickle.dumps(model)
    odds = model.log_odds(rows)
    model.terms(rows)
    model.predict_proba(rows)
    assert pickle.dumps(model) == before, "the model changed when it was asked"
    assert np.array_equal(rows, given), "the rows changed"
    alone = np.concatenate([model.log_odds(rows[i : i + 1]) for i in range(20)])
    assert np.allclose(alone, odds[:20], rtol=0, atol=1e-12), "rows alone and together differ"


def same_rows_make_the_same_member(cls: type[Any]) -> None:
    """Two fits on the same rows agree to the bit."""
    (one, rows), (other, _) = _fitted(cls), _fitted(cls)
    assert np.array_equal(one.log_odds(rows), other.log_odds(rows)), "two fits differ"


MEMBER_RULES: tuple[Callable[[type[Any]], None], ...] = (
    member_answers_without_learning,
    same_rows_make_the_same_member,
    more_surprise_never_lowers_the_odds,
    terms_add_up,
    frozen_numbers_make_the_same_model,
)


def _fitted(cls: type[Any]) -> tuple[Any, FloatArray]:
    """A fit on made rows [400, windows + 1]: truncated surprise, size, and outcomes that follow them."""
    draw = np.random.default_rng(7)
    surprise = np.maximum(draw.exponential(6.0, (400, _WINDOWS)) - 4.0, 0.0)
    rows = np.column_stack([surprise, draw.uniform(0.0, 1.5, 400)])
    odds = -2.0 + surprise.sum(axis=1) * 0.2
    outcome = (draw.uniform(size=400) < 1.0 / (1.0 + np.exp(-odds))).astype(np.int64)
    return cls().fit(rows, outcome), rows


# --- ours: models that learn from one verdict at a time ------------------------------------------


def learner_answers_without_learning(cls: type[Any]) -> None:
    """Score, then learn: asking changes nothing, and learning returns nothing."""
    model = cls()
    for x, y in _verdicts():
        before = pickle.dumps(model)
        share = model.predict_proba_one(x)
        assert pickle.dumps(model) == before, "the model changed when it was asked"
        assert abs(sum(share.values()) - 1.0) <= 1e-9, "probabilities do not add up to 1"
        assert all(0.0 <= p <= 1.0 for p in share.values()), "a probability is outside [0, 1]"
        assert model.learn_one(x, y) is None, "learn_one returned something"


def same_verdicts_make_the_same_learner(cls: type[Any]) -> None:
    """Two models that were told the same, one after the other, agree to the bit."""

    def answers() -> list[Any]:
        model, given = cls(), []
        for x, y in _verdicts():
            given.append(model.predict_proba_one(x))
            model.learn_one(x, y)
        return given

    assert answers() == answers(), "the second of two models answers otherwise"


def learner_is_made_of_its_arguments(cls: type[Any]) -> None:
    """Its arguments as JSON make the same model again."""
    taken = [p for p in inspect.signature(cls.__init__).parameters if p != "self"]
    one = cls()
    numbers = {name: getattr(one, name) for name in taken}
    again = cls(**json.loads(json.dumps(numbers, allow_nan=False)))
    for x, y in _verdicts():
        assert one.predict_proba_one(x) == again.predict_proba_one(x), "the model made again differs"
        one.learn_one(x, y)
        again.learn_one(x, y)


def learner_state_is_all_there_is(cls: type[Any]) -> None:
    """A model that loads a saved state goes on as the one that gave it."""
    one, told = cls(), _verdicts()
    for n, (x, y) in enumerate(told):
        if n % 10 == 0:
            again = cls()
            again.load(unpack(pack(one.state())))
            for other, _ in told:
                same = again.predict_proba_one(other) == one.predict_proba_one(other)
                assert same, f"loaded after {n} verdicts, it answers otherwise"
            one = again
        one.learn_one(x, y)


RIVER_RULES: tuple[Callable[[type[Any]], None], ...] = (
    learner_answers_without_learning,
    same_verdicts_make_the_same_learner,
    learner_is_made_of_its_arguments,
    learner_state_is_all_there_is,
)


def _verdicts() -> list[tuple[dict[str, Any], bool]]:
    draw = np.random.default_rng(7)
    kinds, areas = ("gastro", "road", "fire"), ("A0", "A1")
    return [
        ({"signature": kinds[int(k)], "area": areas[int(a)], "level": int(level)}, bool(u < 0.6))
        for k, a, level, u in zip(
            draw.integers(0, 3, 40),
            draw.integers(0, 2, 40),
            draw.integers(1, 5, 40),
            draw.uniform(size=40),
            strict=True,
        )
    ]
