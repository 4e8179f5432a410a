"""Feed health: a silence that a source's own rhythm does not explain is an outage, not a quiet night."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, from_us
from riskwatch.core.panels import Panel
from riskwatch.core.scores import State, World
from riskwatch.extract.rhythm import Rhythm


@dataclass(frozen=True, slots=True)
class Outage:
    """A feed that went silent: a whole source, or one indicator over the whole tree."""

    source: str | None
    indicator: str | None
    since_tick: int
    announced: bool = False  # its silence is explained by maintenance

    @property
    def feed(self) -> str:
        """What went silent, by its id."""
        return self.source or self.indicator or ""


class FeedHealth:
    """Watches every source, and every indicator over the whole tree, against its own rhythm.

    An indicator is also blind while the sources that bring nine tenths of it are. A source that is
    silent in maintenance that was announced is blind at once, and its rhythm learns nothing.
    A source that sends sums is silent once a report is overdue, by the allowed lateness too, and not
    before; nor is an indicator nine tenths of which such sources bring. The report that ends such a
    silence tells of nobody knows how long, so its tick is blind still.
    """

    def __init__(
        self,
        world: World,
        *,
        min_days: float = 6.0,
        source_nats: float = 10.0,
        indicator_nats: float = 20.0,
    ) -> None:
        self._registry = world.registry
        self._zone = ZoneInfo(world.timezone)
        per_day = int(DAY_US // world.grid.tick_us)
        learn = int(min_days * per_day)
        n = len(world.registry)
        self._sources = Rhythm(0, per_day=per_day, min_ticks=learn, limit_nats=source_nats, on_word=True)
        self._indicators = Rhythm(n, per_day=per_day, min_ticks=learn, limit_nats=indicator_nats)
        self._brought = np.zeros((0, n))  # [sources, indicators] how much each source brought, ever
        self._signature_of = np.array(
            [world.registry.signature_index[i.signature] for i in world.registry.indicators]
        )
        self._names: tuple[str, ...] = ()
        grid = world.grid
        self._slack = -(-grid.lateness_us // grid.tick_us)  # ticks, rounded up, as these are
        self._every = {s: -(-us // grid.tick_us) for s, us in world.reports_every_us.items()}
        self._works = world.calendar.works
        self._works_since: NDArray[np.int64] = np.empty(0, np.int64)  # [sources] in maintenance, else -1

    def look(self, panel: Panel, sources: tuple[str, ...]) -> Panel:
        """The panel with its blind columns filled in."""
        before = self._blind_columns() if self._every else np.empty(0, np.int64)
        self._names = sources
        self._sources.grow(len(sources))
        missing = len(sources) - len(self._brought)
        self._brought = np.concatenate([self._brought, np.zeros((missing, self._brought.shape[1]))])
        counts = np.zeros(self._brought.shape, dtype=np.int64)
        counts[: len(panel.source_counts)] = panel.source_counts
        every = np.array([self._every.get(s, 0) for s in sources], np.int64)
        if every.any():  # a sum of nothing is a report too
            rows = panel.source_rows
            counts[: len(rows)] = np.where(
                every[: len(rows), None] > 0, np.maximum(counts[: len(rows)], rows), counts[: len(rows)]
            )
        self._brought += counts
        hour = from_us(panel.start_us).astimezone(self._zone).hour
        unheard = self._brought.sum(axis=1) == 0  # known to this batch, but not yet at this tick
        announced = self._announced(panel, counts.sum(axis=1) == 0)
        channels = (panel.tick, counts.sum(axis=1), hour, unheard | announced)
        self._sources.look(*channels, self._patience(every))
        excused = self._by_source() >= 0
        summed = self._summed(every)
        self._indicators.look(panel.tick, counts.sum(axis=0), hour, excused, self._patience(summed))
        since = self._blind_columns()
        if not every.any():
            return replace(panel, blind_since=since)
        mine = slice(len(summed))
        ended = (before[mine] >= 0) & (since[mine] < 0) & (summed > 0)
        if ended.any():
            since = self._with_totals(np.where(ended, panel.tick, since[mine]))
        return replace(panel, blind_since=since, summed=summed)

    def outages(self) -> tuple[Outage, ...]:
        """The outages in force; an indicator is named only where its source still speaks."""
        if not self._any_blind():
            return ()
        blind, since = self._blind_sources()
        sources = [
            Outage(self._names[i], None, int(since[i]), bool(self._works_since[i] >= 0))
            for i in sorted(np.flatnonzero(blind), key=self._names.__getitem__)
        ]
        alone = self._indicators.blind & (self._by_source() < 0)
        indicators = [
            Outage(None, self._registry.ids[j], int(self._indicators.since[j]))
            for j in np.flatnonzero(alone)
        ]
        return (*sources, *indicators)

    def _by_source(self) -> NDArray[np.int64]:
        """[indicators] since when the sources that bring them are silent, or -1."""
        blind, begun = self._blind_sources()
        if not blind.any():
            return np.full(len(self._registry), -1, dtype=np.int64)
        dark = self._brought[blind].sum(axis=0)
        since = begun[blind].max()
        return np.where((dark > 0) & (dark >= 0.9 * self._brought.sum(axis=0)), since, -1).astype(np.int64)

    def _patience(self, every: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """[channels] for how many ticks one may be silent, lateness allowed; None if none."""
        return np.where(every > 0, every + self._slack, 0) if every.any() else None

    def _summed(self, every: NDArray[np.int64]) -> NDArray[np.int64]:
        """[indicators] how many ticks the slowest of its sources takes, where they send sums, else 0."""
        if not every.any():
            return np.zeros(len(self._registry), np.int64)
        sums = self._brought[every > 0].sum(axis=0)
        theirs = (sums > 0) & (sums >= 0.9 * self._brought.sum(axis=0))
        slowest = ((self._brought > 0) * every[:, None]).max(axis=0)
        return np.where(theirs, slowest, 0).astype(np.int64)

    def _any_blind(self) -> bool:
        return bool(self._blind_sources()[0].any() or self._indicators.blind.any())

    def _announced(self, panel: Panel, silent: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """[sources] silent in maintenance; one whose silence was called before goes on as it was."""
        since = np.full(len(self._names), -1, dtype=np.int64)
        times = (panel.start_us, panel.end_us, panel.decided_at_us)
        for work in self._works:
            if work.source in self._names and work.covers(*times):
                source = self._names.index(work.source)
                if silent[source] and not self._sources.blind[source]:
                    before = int(self._works_since[source]) if source < len(self._works_since) else -1
                    since[source] = panel.tick if before < 0 else before
        self._works_since = since
        announced: NDArray[np.bool_] = since >= 0
        return announced

    def _blind_sources(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """[sources] which are blind, and since when; the rhythm's own word, and what is announced."""
        if not self._works:
            return self._sources.blind, self._sources.since
        announced = self._works_since >= 0
        return self._sources.blind | announced, np.where(announced, self._works_since, self._sources.since)

    def _blind_columns(self) -> NDArray[np.int64]:
        if not self._any_blind():  # nearly always
            return np.full(len(self._registry) + len(self._registry.signatures), -1, dtype=np.int64)
        return self._with_totals(
            np.where(self._indicators.blind, self._indicators.since, self._by_source())
        )

    def _with_totals(self, since: NDArray[np.int64]) -> NDArray[np.int64]:
        """[columns] of [indicators]; a signature's total is blind while all its indicators are."""
        totals = np.full(len(self._registry.signatures), -1, dtype=np.int64)
        for s in range(len(totals)):
            mine = since[self._signature_of == s]
            if len(mine) and (mine >= 0).all():
                totals[s] = mine.max()
        return np.concatenate([since, totals]).astype(np.int64)

    def state(self) -> State:
        """Rhythms and who brings what."""
        return {
            "names": list(self._names),
            "brought": self._brought,
            "works_since": self._works_since,
            "sources": self._sources.state(),
            "indicators": self._indicators.state(),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._names = tuple(state["names"])
        self._brought = np.array(state["brought"]).reshape(len(self._names), len(self._registry))
        self._works_since = np.array(state["works_since"], np.int64)
        self._sources.load(state["sources"])
        self._indicators.load(state["indicators"])
