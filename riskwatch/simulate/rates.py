"""The usual rates: occurrences per hour of every code in every village, before anything special."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.simulate.catalogue import Catalogue
from riskwatch.simulate.hours import Hours
from riskwatch.simulate.profiles import hour_of_week_profile
from riskwatch.simulate.scenario import Scenario
from riskwatch.simulate.streams import Streams
from riskwatch.simulate.tree import County

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rates:
    """rate(i, a, h) = level[i, a] * shape(i, h) * shocks(i, a, day of h), in occurrences per hour.

    `level` [codes, villages] is per hour; the shape has mean about 1 over a year; the shocks are
    gamma with mean 1, so that counts over a day are negative binomial (a Poisson-gamma mixture:
    Whitt 1999; Jongbloed and Koole 2001; Avramidis, Deslauriers and L'Ecuyer 2004).
    """

    level: FloatArray
    first_hour: IntArray
    weekly: FloatArray
    yearly: FloatArray
    peak_day: FloatArray
    growth: float
    hours: Hours
    county_cv: float
    area_cv: float

    def shape(self, first: int, count: int) -> FloatArray:
        """[codes, count] factors of the hours `first` to `first + count`; 0 before a code starts."""
        span = slice(first, first + count)
        hour = np.arange(first, min(first + count, self.hours.count))
        turn = (self.hours.of_year[span] - self.peak_day[:, None]) * (2 * math.pi / 365.25)
        factors = self.weekly[:, self.hours.of_week[span]] * (1 + self.yearly[:, None] * np.cos(turn))
        factors *= (1 + self.growth) ** (hour / (24 * 365.25))
        return np.asarray(np.where(hour >= self.first_hour[:, None], factors, 0.0))

    def shocks(self, day: int, streams: Streams) -> FloatArray:
        """[codes, villages] gamma factors of a day of the run, mean 1: county-wide times local."""
        shape = self.level.shape
        return _gamma(self.county_cv, (shape[0], 1), streams.at("variation", "county", day)) * _gamma(
            self.area_cv, shape, streams.at("variation", "area", day)
        )

    def scaled(self, factor: float) -> Rates:
        """The same county with every rate so many times as high."""
        return Rates(
            self.level * factor,
            self.first_hour,
            self.weekly,
            self.yearly,
            self.peak_day,
            self.growth,
            self.hours,
            self.county_cv,
            self.area_cv,
        )

    def shape_sum(self) -> FloatArray:
        """[codes] sum of the shape over the run, in hours."""
        total = np.zeros(len(self.level))
        for first in range(0, self.hours.count, 24 * 28):
            total += self.shape(first, 24 * 28).sum(axis=1)
        return total


def _gamma(cv: float, shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    if cv == 0:
        return np.ones(shape)
    return rng.gamma(1 / cv**2, cv**2, shape)


def unit_rates(
    scenario: Scenario, county: County, catalogue: Catalogue, *, hours: Hours, streams: Streams
) -> Rates:
    """Rates as the catalogue has them; `scaled` brings them to the scenario's number of events."""
    entries, varied = catalogue.entries, scenario.variation
    people = county.population[county.leaf_first :].astype(np.float64)
    weight = people * (people / people.mean()) ** (varied.population_elasticity - 1)
    level = np.empty((len(entries), county.leaves))
    for i, entry in enumerate(entries):
        own = _gamma(varied.area_cv, (county.leaves,), streams.at("rates", "area", entry.id))
        level[i] = entry.per_100k_day / 1e5 / 24 * weight * own
    seasons = scenario.seasons
    return Rates(
        level=level,
        first_hour=np.array([round(day * 24) for day in catalogue.first_days], dtype=np.int64),
        weekly=np.stack([hour_of_week_profile(e.profile, seasons.weekly_strength) for e in entries]),
        yearly=np.array([min(e.yearly * seasons.yearly_strength, 0.95) for e in entries]),
        peak_day=np.array([float(e.peak_day) for e in entries]),
        growth=seasons.trend_percent_per_year / 100,
        hours=hours,
        county_cv=varied.county_day_cv,
        area_cv=varied.area_day_cv,
    )
