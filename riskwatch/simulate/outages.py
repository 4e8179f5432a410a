"""Outages: feeds and codes that stop for hours, and what becomes of the rows they hold back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import SECOND_US, iso
from riskwatch.simulate.entries import DEPARTMENTS
from riskwatch.simulate.happenings import Backlog, OutageKind, Partial
from riskwatch.simulate.hours import HOUR_S
from riskwatch.simulate.rows import Rows
from riskwatch.simulate.world import World, pick_span

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outage:
    """Between `start_s` and `end_s` (s UTC) nothing of the codes in `stopped` [codes] is received.

    With `catch_up_s` the rows held back arrive within so many seconds after the end, in their
    order; without, rows that occurred or would have been received in between are lost.
    """

    kind: str
    source: str
    indicator: str | None
    start_s: int
    end_s: int
    catch_up_s: int | None
    stopped: BoolArray

    def truth(self) -> dict[str, object]:
        """As the truth file lists it."""
        return {
            "kind": self.kind,
            "source": self.source,
            "indicator": self.indicator,
            "start": iso(self.start_s * SECOND_US),
            "end": iso(self.end_s * SECOND_US),
            "catch_up": self.catch_up_s is not None,
        }

    def apply(self, rows: Rows) -> Rows:
        """The rows as the outage lets them through; those it delays are marked as caught up."""
        if not len(rows) or rows.received_s.max() < self.start_s or rows.occurred_s.min() >= self.end_s:
            return rows
        received = (rows.received_s >= self.start_s) & (rows.received_s < self.end_s)
        mine = self.stopped[rows.indicator]
        if self.catch_up_s is None:
            lost = received | ((rows.occurred_s >= self.start_s) & (rows.occurred_s < self.end_s))
            return rows.take(~(lost & mine))
        held = received & mine
        waited = (rows.received_s - self.start_s) * self.catch_up_s // (self.end_s - self.start_s)
        moved = np.where(held, self.end_s + waited, rows.received_s)
        return rows.received_at(moved, caught_up=rows.caught_up | held)


def place_outages(world: World) -> list[Outage]:
    """Every outage of the scenario, ascending by start."""
    options = world.scenario.outages
    found = [
        _outage(world, name, kind, number)
        for name, kind in (("gap", options.gap), ("backlog", options.backlog), ("partial", options.partial))
        for number in range(kind.count)
    ]
    return sorted(found, key=lambda outage: outage.start_s)


def _outage(world: World, name: str, kind: OutageKind, number: int) -> Outage:
    rng = world.streams.at("outage", name, number)
    day = kind.start_days[number] if number < len(kind.start_days) else None
    longest = kind.duration_hours if day is not None else min(kind.duration_hours, world.hours.count / 10)
    first, hours = pick_span(world, day, longest, rng)
    present = sorted(
        {world.catalogue.entries[i].department for i in world.catalogue.steady()}, key=DEPARTMENTS.index
    )
    source = present[int(rng.integers(len(present)))]
    if number < len(kind.sources):
        source = kind.sources[number]
    entries = world.catalogue.entries
    stopped = np.array([e.department == source for e in entries])
    indicator = None
    if isinstance(kind, Partial):
        steady = [i for i in world.catalogue.steady() if stopped[i]] or world.catalogue.steady()
        chosen = steady[int(rng.integers(len(steady)))]
        if number < len(kind.indicators):
            chosen = world.catalogue.codes.index(kind.indicators[number])
        source, indicator = entries[chosen].department, entries[chosen].id
        stopped = np.arange(len(entries)) == chosen
    return Outage(
        kind="partial" if isinstance(kind, Partial) else "gap",
        source=source,
        indicator=indicator,
        start_s=world.hours.instant_s(first),
        end_s=world.hours.instant_s(first) + hours * HOUR_S,
        catch_up_s=round(kind.catch_up_minutes * 60) if isinstance(kind, Backlog) else None,
        stopped=stopped,
    )
