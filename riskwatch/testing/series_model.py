"""The contract of models that follow many series at once: `update(counts)`, `read()`, `state`, `load`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskwatch.store.snapshots import pack, unpack

_SERIES, _STEPS = 5, 160


def _counts() -> NDArray[np.int64]:
    """[steps, series] counts of several sizes, one of them all zero, with a burst near the end."""
    rng = np.random.default_rng(11)
    counts = rng.poisson([0.0, 0.3, 2.0, 9.0, 60.0], (_STEPS, _SERIES))
    counts[-3:, 2] += 12
    return counts


def _reads(model: Any, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    found = []
    for step in counts:
        assert model.update(step) is None, "update returns something"
        found.append(np.array(model.read()))
    return np.stack(found)


def reading_changes_nothing(cls: type[Any]) -> None:
    """Two reads agree, and a model that was read often goes on like one that was not."""
    often, seldom = cls(_SERIES), cls(_SERIES)
    for step in _counts():
        often.update(step)
        assert np.array_equal(often.read(), often.read())
        seldom.update(step)
    assert np.array_equal(often.read(), seldom.read())


def knows_the_past_alone(cls: type[Any]) -> None:
    """Other counts after a step change no reading up to it."""
    counts = _counts()
    other = counts.copy()
    other[-10:] = other[-10:] * 3 + 5
    before = slice(None, -10)
    assert np.array_equal(_reads(cls(_SERIES), counts)[before], _reads(cls(_SERIES), other)[before])


def is_the_same_in_any_order_of_series(cls: type[Any]) -> None:
    """A series' reading does not depend on which place it has."""
    counts, order = _counts(), np.array([3, 0, 4, 2, 1])
    there, here = _reads(cls(_SERIES), counts[:, order]), _reads(cls(_SERIES), counts)[:, order]
    np.testing.assert_allclose(there, here, rtol=1e-9, atol=1e-9)


def never_says_nan(cls: type[Any]) -> None:
    """Each reading has a number for each series; minus infinity is said before it is warm, nan never."""
    found = _reads(cls(_SERIES), _counts())
    assert found.shape == (_STEPS, _SERIES)
    assert not np.isnan(found).any()
    assert np.isfinite(found[-1]).all(), "still silent after 160 steps"


def hears_a_burst(cls: type[Any]) -> None:
    """Six times the usual count raises the reading of its series above all its earlier ones."""
    found = _reads(cls(_SERIES), _counts())[:, 2]
    assert found[-3:].max() > found[:-3].max()


def goes_on_from_its_state(cls: type[Any]) -> None:
    """Saved as bytes and loaded in the middle, it reads as if nothing had happened."""
    counts, whole = _counts(), cls(_SERIES)
    for step in counts[:130]:
        whole.update(step)
    resumed = cls(_SERIES)
    resumed.load(unpack(pack(whole.state())))
    assert np.array_equal(_reads(whole, counts[130:]), _reads(resumed, counts[130:]))


SERIES_RULES: tuple[Callable[[type[Any]], None], ...] = (
    reading_changes_nothing,
    knows_the_past_alone,
    is_the_same_in_any_order_of_series,
    never_says_nan,
    hears_a_burst,
    goes_on_from_its_state,
)
