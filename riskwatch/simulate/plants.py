"""Occurrences drawn from intensities: the background's and those of whatever is planted on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.simulate.hours import HOUR_S
from riskwatch.simulate.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Component:
    """Who draws: its stream's name and place, and its slot among the ids."""

    name: str
    number: int
    slot: int


@dataclass(frozen=True, slots=True)
class Plant:
    """Extra occurrences over a span of hours.

    `mass` [k, m] expected occurrences of code `indicators[k]` in village `leaves[m]` over the whole
    span; `curve` [k, hours] spreads them in time, each row adds up to 1.
    """

    component: Component
    first_hour: int
    indicators: IntArray
    leaves: IntArray
    mass: FloatArray
    curve: FloatArray

    @property
    def end_hour(self) -> int:
        """The hour after its last."""
        return self.first_hour + int(self.curve.shape[1])

    def part(self, first: int, count: int) -> tuple[int, FloatArray] | None:
        """First hour and curve of what falls into a chunk, None if nothing does."""
        lo, hi = max(first, self.first_hour), min(first + count, self.end_hour)
        if lo >= hi:
            return None
        return lo, self.curve[:, lo - self.first_hour : hi - self.first_hour]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """What happened and got reported, one entry an occurrence: code, village, instant in s UTC.

    `happened` and `reported` [villages of the draw] count all codes.
    """

    indicator: IntArray
    leaf: IntArray
    at_s: IntArray
    happened: IntArray
    reported: IntArray


def draw(
    mean: FloatArray,
    curve: FloatArray,
    *,
    report_rate: FloatArray,
    start_s: int,
    streams: tuple[Streams, Component, int],
) -> Occurrences:
    """Poisson counts of the cells, thinned by reporting, uniform within their hours.

    `mean` [k, m] expected occurrences of the part; `curve` [k, h] weights of its hours from
    `start_s`; `report_rate` [m]; `streams` says who draws and at which chunk (its first hour).
    Codes and villages come back as places 0..k-1 and 0..m-1, ascending by cell.
    """
    source, who, at = streams
    happened = source.at(who.name, who.number, "counts", at).poisson(mean)
    reported = source.at(who.name, who.number, "reporting", at).binomial(happened, report_rate)
    cells = np.repeat(np.arange(reported.size), reported.ravel())
    indicator, leaf = np.divmod(cells, mean.shape[1])
    u = source.at(who.name, who.number, "instants", at).random(len(cells))
    at_s = np.empty(len(cells), dtype=np.int64)
    edges = np.arange(curve.shape[1] + 1) * float(HOUR_S)
    ends = np.searchsorted(indicator, np.arange(mean.shape[0] + 1))
    for k in range(mean.shape[0]):
        if ends[k] < ends[k + 1]:
            shares = np.concatenate([[0.0], np.cumsum(curve[k])])
            span = slice(ends[k], ends[k + 1])
            at_s[span] = np.interp(u[span] * shares[-1], shares, edges)
    np.minimum(at_s, curve.shape[1] * HOUR_S - 1, out=at_s)
    return Occurrences(indicator, leaf, at_s + start_s, happened.sum(axis=0), reported.sum(axis=0))
