"""Reporting: from what happened to the rows a department sends, with repeats, delays and copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.simulate.entries import DEPARTMENTS
from riskwatch.simulate.hours import HOUR_S
from riskwatch.simulate.outages import Outage
from riskwatch.simulate.plants import Component, Occurrences
from riskwatch.simulate.rows import Rows, join
from riskwatch.simulate.streams import Streams
from riskwatch.simulate.world import World

FloatArray = NDArray[np.float64]

_Z99 = 2.3263478740408408  # 99th percentile of the standard normal


@dataclass(frozen=True, slots=True)
class Desk:
    """What reporting needs to know: departments' habits [codes] and the share reported [villages]."""

    world: World
    outages: tuple[Outage, ...]
    repeat_mean: FloatArray
    delay_median_s: FloatArray
    delay_sigma: FloatArray
    late_share: FloatArray
    report_rate: FloatArray

    def send(self, seen: Occurrences, who: Component, *, at: int, codes: NDArray[np.int64]) -> Rows:
        """The rows about reported occurrences, unsorted; the same as long as `who` and `at` are.

        `codes` [k] maps the occurrences' places to the catalogue; `seen.leaf` are villages of the county.
        """
        streams, county = self.world.streams, self.world.county
        code = codes[seen.indicator]
        further = streams.at(who.name, who.number, "repeats", at).poisson(self.repeat_mean[code])
        of = np.repeat(np.arange(len(code)), 1 + further)
        n = len(of)
        first = np.ones(n, dtype=np.bool_)
        first[1:] = of[1:] != of[:-1]
        spread = streams.at(who.name, who.number, "spread", at).exponential(1.0, n)
        spread *= self.world.scenario.repeats.spread_minutes * 60
        occurred = seen.at_s[of] + np.where(first, 0, spread).astype(np.int64)
        np.minimum(occurred, self.world.hours.end_s - 1, out=occurred)
        indicator = code[of].astype(np.int32)
        delay, late = self._delay(indicator, who, at)
        leaf = seen.leaf[of] + county.leaf_first
        vague = streams.at(who.name, who.number, "vague", at).random(n)
        vague_share = self.world.scenario.vague_township_share
        area = np.where(vague < vague_share, county.parent[leaf], leaf).astype(np.int32)
        refs = streams.ids("incident_ref", slot=who.slot, hour=at, count=len(code))
        no = np.zeros(n, dtype=np.bool_)
        rows = Rows(
            id=streams.ids("event", slot=who.slot, hour=at, count=n),
            ref=refs[of],
            area=area,
            indicator=indicator,
            occurred_s=occurred,
            received_s=occurred + delay,
            late=late,
            caught_up=no,
            copy=no,
        )
        rows = self._through_outages(rows)
        return join([rows, self._through_outages(self._copies(rows, who, at))])

    def _delay(
        self, indicator: NDArray[np.int32], who: Component, at: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Whole seconds (at least 1) from call to feed, and which of them are late by hours."""
        streams: Streams = self.world.streams
        options = self.world.scenario.late
        z = streams.at(who.name, who.number, "delay", at).standard_normal(len(indicator))
        delay = self.delay_median_s[indicator] * np.exp(self.delay_sigma[indicator] * z)
        rng = streams.at(who.name, who.number, "late", at)
        late = rng.random(len(indicator)) < self.late_share[indicator]
        hours = options.median_hours * np.exp(options.sigma * rng.standard_normal(int(late.sum())))
        delay[late] = np.clip(hours, options.min_minutes / 60, options.max_hours) * HOUR_S
        np.clip(delay, 1, max(options.max_hours, 1.0) * HOUR_S, out=delay)
        return delay.astype(np.int64), late

    def _copies(self, rows: Rows, who: Component, at: int) -> Rows:
        options = self.world.scenario.duplicates
        rng = self.world.streams.at(who.name, who.number, "duplicates", at)
        which = np.flatnonzero(rng.random(len(rows)) < options.share)
        after = (
            options.delay_median_minutes
            * 60
            * np.exp(options.delay_sigma * rng.standard_normal(len(which)))
        )
        after_s = np.clip(after, 1, options.delay_max_hours * HOUR_S).astype(np.int64)
        return rows.copies(which, rows.received_s[which] + after_s)

    def _through_outages(self, rows: Rows) -> Rows:
        for outage in self.outages:
            rows = outage.apply(rows)
        return rows


def desk_of(world: World, outages: list[Outage]) -> Desk:
    """The desk of a scenario: each code has the habits of its department."""
    all_of = [getattr(world.scenario.departments, name) for name in DEPARTMENTS]
    habits = [all_of[d] for d in world.catalogue.department_of()]
    sigma = [max(0.0, np.log(h.delay_p99_minutes * 60 / h.delay_median_seconds) / _Z99) for h in habits]
    return Desk(
        world=world,
        outages=tuple(outages),
        repeat_mean=np.array([h.repeat_mean for h in habits]),
        delay_median_s=np.array([h.delay_median_seconds for h in habits]),
        delay_sigma=np.array(sigma),
        late_share=np.array([h.late_share for h in habits]),
        report_rate=world.county.reporting_rate(world.scenario.reporting),
    )
