"""Credence: how far a surprise is believed among all the places that a desk looks at; for the composite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit, logit

from riskwatch.core.documents import Document

FloatArray = NDArray[np.float64]
_LEAST = 1e-12


class Prior(Document):
    """How rare something real is on a desk: the part of a bundle that its members cannot see.

    `happenings` are the looks a day, over the whole desk, at which something real is seen; a look is a
    signature's in an area over one window in an hour. `places` are the areas times signatures
    that the members were fitted on: their odds hold for desks up to that size.
    """

    happenings: float = Field(gt=0, allow_inf_nan=False)
    places: int = Field(gt=0)


def chance_looks(surprise: FloatArray, places: int) -> FloatArray:
    """[n] looks a day, over the whole desk, in which chance alone is as surprising as [n, windows].

    Surprise is minus the log of how often evidence as strong is seen in one place and window at an
    hourly look; the window that surprises most stands for all.

    >>> chance_looks(np.array([[0.0, np.log(24 * 2 * 100)]]), places=100).round(6)
    array([1.])
    """
    expected: FloatArray = 24.0 * surprise.shape[1] * places * np.exp(-surprise.max(axis=1))
    return expected


def held_to_desk(
    log_odds: FloatArray, base: float, chance: FloatArray, desk: tuple[Prior, int]
) -> FloatArray:
    """[n] log-odds as they hold on a desk of so many places; never more than they were, nor below the base.

    The likelihood is read as a mixture of what happens anyway (`base`, log-odds) and of something real.
    The odds of the latter fall with the places beyond those of the prior, since happenings are
    of the desk and not of a place. Nor is it likelier than its share of all that is as surprising, one
    less the tail-area false discovery rate (Efron 2010): happenings / (happenings + chance).

    >>> odds, small = np.array([2.0]), (Prior(happenings=3.0, places=1000), 500)
    >>> held_to_desk(odds, -4.0, np.array([0.0]), small).round(3)
    array([2.])
    >>> bool(expit(held_to_desk(odds, -4.0, np.array([27.0]), small))[0] < 0.12)
    True
    """
    prior, places = desk
    low = float(expit(base))
    real = np.clip((expit(log_odds) - low) / (1.0 - low), _LEAST, 1.0 - _LEAST)
    crowded = max(float(np.log(places / prior.places)), 0.0)
    believed = np.minimum(expit(logit(real) - crowded), prior.happenings / (prior.happenings + chance))
    held: FloatArray = np.where(believed < real, logit(low + (1.0 - low) * believed), log_odds)
    return held
