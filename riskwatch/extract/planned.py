"""Plans: what announced events add to the expected counts, and what of the counts is theirs to explain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.calendar import Plan
from riskwatch.core.panels import Panel
from riskwatch.core.scores import State, World
from riskwatch.extract.expectation import Expectation
from riskwatch.extract.spans import Spans

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_WEIGHT = 2.0  # calls that the factor 1 is worth beside those counted while an event was held
_SHAPE = 1.0  # of an unknown factor; it grows by as much each time that an event of that name is over
_CAP_SD = 3.0


class Plans:
    """Planned events over the windows that end now; all but what was learnt follows from the calendar.

    An event adds (factor - 1) times what is usual over the ticks of a window that lie in it: in its
    area and below, of what is usual there; above, of what is usual in its area. Where the factor
    is unknown, it is a gamma of mean 1 and shape 1, which widens what is expected; each time an
    event of that name is over, what it brought (at most three standard deviations over what was
    thought) moves the mean, never below 1, and narrows it. An event to come, and one that was
    not announced when the tick was decided, changes nothing.

    What is usual does not learn from it: levels and profile take the usual in the place of what the
    ticks of an event, which are special, brought; clumps and dispersion go without them. The windows
    hold ticks together that are no longer young, so what special ticks bring is kept here, tick by
    tick, as long as a window looks back on it. What an event brought before the calendar named it is
    usual, then: it was not kept.
    """

    def __init__(self, world: World, spans: Spans, usual: Expectation) -> None:
        self._world, self._reach, self._usual = world, spans, usual
        self._grid, self._calendar = world.grid, world.calendar
        self._n, self._columns = len(world.registry), len(world.registry) + len(world.registry.signatures)
        tree = world.tree
        places = [tree.codes[p.area] for p in self._calendar.plans]
        self._below = [np.array([tree.index[c] for c in tree.below(code)], np.int64) for code in places]
        self._above = [np.array([tree.index[c] for c in tree.line(code)[1:]], np.int64) for code in places]
        self._longest = spans.longest
        self._kept: dict[int, _Kept] = {}
        self._held: dict[str, tuple[FloatArray, FloatArray, int]] = {}
        """By name: calls an indicator, those that were usual, how often it was held."""

    def keep(self, panel: Panel) -> None:
        """Take in the next panel: what it brought where something is planned, announced by now or not."""
        for tick in [t for t in self._kept if t <= panel.tick - self._longest]:
            del self._kept[tick]
        plans = self._calendar.plans
        held = tuple(n for n, p in enumerate(plans) if self._first(p) <= panel.tick <= self._last(p))
        if held:
            cover = np.zeros((len(self._world.tree), self._columns), dtype=bool)
            cover[:, : self._n] = self._cover(held)
            mine = cover.ravel()[panel.series]
            names = tuple(sorted(_told(plans[n]) for n in held))
            self._kept[panel.tick] = _Kept(
                names, panel.series[mine].astype(np.int32), panel.counts[mine].astype(np.int32)
            )

    # --- what is expected ----------------------------------------------------------------------

    def standing(self, tick: int) -> list[int]:
        """The events that the windows ending with this tick look back on."""
        if not self._calendar.plans:
            return []
        return [n for n, _, _ in self._spans(tick, range(tick - self._longest + 1, tick + 1))]

    def touched(self, standing: Iterable[int], indicators: IntArray) -> NDArray[np.bool_]:
        """[areas] where what is expected of any of these indicators is shifted."""
        areas = np.zeros(len(self._world.tree), dtype=bool)
        for n in standing:
            if np.isin(indicators, self._calendar.plans[n].indicators).any():
                areas[self._below[n]] = areas[self._above[n]] = True
        return areas

    def shifted(
        self,
        tick: int,
        cells: tuple[IntArray, IntArray],
        expected: FloatArray,
        inverse: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Expected counts and inverse sizes of cells (areas, indicators), [areas, indicators, windows]."""
        areas, indicators = cells
        added, loose = np.zeros(expected.shape), np.zeros(expected.shape)
        for n in self.standing(tick):
            plan = self._calendar.plans[n]
            mine = np.flatnonzero(np.isin(indicators, plan.indicators))
            if not len(mine):
                continue
            factor, spread = self._factor(plan)
            factor, spread = factor[indicators[mine]], spread[indicators[mine]]
            over = self._over(n, tick, indicators[mine])
            usual = self._rate(n, areas, indicators[mine])[:, :, None] * over
            added[:, mine] += usual * (factor - 1.0)[:, None]
            loose[:, mine] += (usual * factor[:, None]) ** 2 * spread[:, None]
        shifted = expected + added
        return shifted, inverse + loose / np.maximum(shifted, 1e-9) ** 2

    def history(self, tick: int, area: int, indicators: IntArray, ticks: int) -> FloatArray:
        """[ticks] what is added in each of the last, oldest first."""
        added = np.zeros(ticks)
        for n in self.standing(tick):
            plan = self._calendar.plans[n]
            mine = indicators[np.isin(indicators, plan.indicators)]
            rate = self._rate(n, np.array([area]), mine)[0] * (self._factor(plan)[0][mine] - 1.0)
            added += self._inside(n, tick, mine, ticks) @ rate
        return added

    def _factor(self, plan: Plan) -> tuple[FloatArray, FloatArray]:
        """[indicators] mean and inverse shape of an event's factor."""
        if plan.factor is not None:
            return np.full(self._n, plan.factor), np.zeros(self._n)
        none = (np.zeros(self._n), np.zeros(self._n), 0)
        came, usual, times = self._held.get(_key(plan), none)
        mean = np.maximum((came + _WEIGHT) / (usual + _WEIGHT), 1.0)
        return mean, np.full(self._n, 1.0 / (_SHAPE * (1 + times)))

    def _rate(self, n: int, areas: IntArray, indicators: IntArray) -> FloatArray:
        """[areas, indicators] what is usual, a tick of mean profile, of that which an event touches."""
        rate = self._usual.rate
        below = rate[areas[:, None], indicators] * np.isin(areas, self._below[n])[:, None]
        above = np.isin(areas, self._above[n])[:, None]
        touched: FloatArray = np.where(above, rate[self._calendar.plans[n].area, indicators], below)
        return touched

    def _inside(self, n: int, tick: int, indicators: IntArray, ticks: int) -> FloatArray:
        """[ticks, indicators] profile of the last ticks, oldest first, 0 outside an event."""
        exposure: FloatArray = self._usual.profile.recent(ticks)[:, indicators]
        at = np.arange(tick - len(exposure) + 1, tick + 1)
        plan = self._calendar.plans[n]
        within = (at >= self._first(plan)) & (at <= self._last(plan))
        inside: FloatArray = np.where(within[:, None], exposure, 0.0)
        return inside

    def _over(self, n: int, tick: int, indicators: IntArray) -> FloatArray:
        """[indicators, windows] exposure of an event's ticks in each window."""
        lengths = tick + 1 - np.array(self._reach.begins(tick))
        since_now = np.cumsum(self._inside(n, tick, indicators, self._longest)[::-1], axis=0)
        over: FloatArray = since_now[np.minimum(lengths, len(since_now)) - 1].T
        return over

    # --- what must not be learnt ---------------------------------------------------------------

    def ordinary(self, tick: int, series: IntArray, counts: IntArray) -> tuple[IntArray, IntArray]:
        """The rows of a tick that are no event's."""
        for special in self._special(tick, range(tick, tick + 1)):
            cover = np.zeros((len(self._world.tree), self._columns), dtype=bool)
            cover[:, : self._n] = self._cover(special)
            kept = ~cover.ravel()[series]
            return series[kept], counts[kept]
        return series, counts

    def day(self, tick: int, ticks: int) -> tuple[FloatArray, FloatArray] | None:
        """What special ticks of the last so many brought beyond the usual, or None if there are none.

        [areas, columns], and [ticks, columns] of the whole tree, a tick each, oldest first.
        """
        first = tick - ticks + 1
        groups = self._special(tick, range(first, tick + 1))
        if not groups:
            return None
        everywhere = np.zeros((len(self._world.tree), self._columns))
        roots = np.zeros((ticks, self._columns))
        tops = self._world.tree.parent < 0
        for special, held in groups.items():
            for at in held:
                came, usual = self._brought(tick, special, [at])
                beyond = came - usual
                everywhere += beyond
                roots[at - first] = beyond[tops].sum(axis=0)
        return everywhere, roots

    def without_special(
        self, tick: int, sums: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], list[FloatArray]] | None:
        """Sums [areas, columns, windows] without their special ticks, and by window the rates of the rest.

        A rate is such that times the exposure of the whole window it is what is usual of the rest.
        None where no tick is special.
        """
        if not self._special(tick, range(tick - self._longest + 1, tick + 1)):
            return None
        rate, exposure = self._usual.rate, self._usual.exposure
        cleaned, rates, after = sums.copy(), [rate] * len(exposure), tick + 1
        came, usual = np.zeros(rate.shape), np.zeros(rate.shape)
        for w, first in sorted(enumerate(self._reach.begins(tick)), key=lambda window: -window[1]):
            for special, held in self._special(tick, range(first, after)).items():
                more, mean = self._brought(tick, special, held)
                came, usual = came + more, usual + mean
            after = first
            cleaned[:, :, w] = np.maximum(sums[:, :, w] - came, 0.0)
            rates[w] = np.maximum(rate - usual / np.maximum(exposure[w], 1e-9), 0.0)
        return cleaned, rates

    def learn(self, tick: int) -> None:
        """Take in what an event of unknown factor brought, with its last tick."""
        for plan in self._calendar.plans:
            if plan.factor is None and self._last(plan) == tick and self._knows(plan, tick):
                first = max(self._first(plan), tick - self._longest + 1)
                held = [t for t in range(first, tick + 1) if self._was_kept(plan, t)]
                if not held:
                    continue
                mine = np.isin(np.arange(self._n), plan.indicators)
                came = np.where(mine, self._counts(held)[plan.area], 0.0)
                usual = np.where(mine, self._expected(tick, held)[plan.area], 0.0)
                factor, spread = self._factor(plan)
                mean = usual * factor
                cap = mean + _CAP_SD * np.sqrt(mean + mean**2 * spread) + 1.0
                before = self._held.get(_key(plan), (np.zeros(self._n), np.zeros(self._n), 0))
                self._held[_key(plan)] = (
                    before[0] + np.minimum(came, cap),
                    before[1] + usual,
                    before[2] + 1,
                )

    def _special(self, now: int, ticks: range) -> dict[tuple[int, ...], list[int]]:
        """Those of these ticks in which something known by now is held, by what it is."""
        spans = self._spans(now, ticks) if self._calendar.plans else []
        groups: dict[tuple[int, ...], list[int]] = {}
        if spans:
            begin = max(min(first for _, first, _ in spans), ticks.start)
            for tick in range(begin, ticks.stop):
                held = tuple(n for n, first, last in spans if first <= tick <= last)
                held = tuple(n for n in held if self._was_kept(self._calendar.plans[n], tick))
                if held:
                    groups.setdefault(held, []).append(tick)
        return groups

    def _spans(self, now: int, ticks: range) -> list[tuple[int, int, int]]:
        """(event, its first tick, its last) of all that are known and overlap these ticks."""
        found = [
            (n, self._first(plan), self._last(plan))
            for n, plan in enumerate(self._calendar.plans)
            if self._knows(plan, now)
        ]
        return [span for span in found if span[1] < ticks.stop and span[2] >= ticks.start]

    def _brought(
        self, now: int, special: tuple[int, ...], held: list[int]
    ) -> tuple[FloatArray, FloatArray]:
        """[areas, columns] what special ticks brought and what was usual, up to the roots of the tree."""
        tree, registry = self._world.tree, self._world.registry
        cover = self._cover(special)
        top = cover & ~(cover[tree.parent] & (tree.parent >= 0)[:, None])
        tops = np.flatnonzero(top.any(axis=1)).tolist()

        def rolled_up(each: FloatArray) -> FloatArray:
            found = np.zeros((len(tree), self._columns))
            found[:, : self._n] = np.where(cover, each, 0.0)
            for area in tops:
                for up in tree.paths[area][1:].tolist():
                    if up >= 0:
                        found[up, : self._n] += np.where(top[area], each[area], 0.0)
            for s, signature in enumerate(registry.signatures):
                carried = [registry.index[i] for i in signature.indicators]
                found[:, self._n + s] = found[:, carried].sum(axis=1)
            return found

        return rolled_up(self._counts(held)), rolled_up(self._expected(now, held))

    def _cover(self, special: tuple[int, ...]) -> NDArray[np.bool_]:
        """[areas, indicators] the series of events; what is below one of them is one."""
        cover = np.zeros((len(self._world.tree), self._n), dtype=bool)
        for n in special:
            cover[np.ix_(self._below[n], np.array(self._calendar.plans[n].indicators))] = True
        return cover

    def _counts(self, ticks: Iterable[int]) -> FloatArray:
        """[areas, indicators] what was counted in these ticks."""
        size = len(self._world.tree) * self._columns
        counts = np.zeros(size)
        for tick in ticks:
            kept = self._kept[tick]
            counts[kept.series] += kept.counts
        counted: FloatArray = counts.reshape(-1, self._columns)[:, : self._n]
        return counted

    def _expected(self, tick: int, ticks: list[int]) -> FloatArray:
        """[areas, indicators] what was usual in these ticks."""
        recent = self._usual.profile.recent(self._longest)
        at = np.array(ticks) - tick + len(recent) - 1
        exposure = recent[at[at >= 0]].sum(axis=0)
        expected: FloatArray = (self._usual.rate * exposure)[:, : self._n]
        return expected

    # --- time and state ------------------------------------------------------------------------

    def _was_kept(self, plan: Plan, tick: int) -> bool:
        kept = self._kept.get(tick)
        return kept is not None and _told(plan) in kept.plans

    def _knows(self, plan: Plan, tick: int) -> bool:
        return plan.known_us <= self._grid.decided_at(tick)

    def _first(self, plan: Plan) -> int:
        return self._grid.tick_of(plan.start_us)

    def _last(self, plan: Plan) -> int:
        return self._grid.tick_of(plan.end_us - 1)

    def state(self) -> State:
        """What events of unknown factor brought, and the special ticks that windows look back on."""
        names = sorted(self._held)
        kept = self._kept.values()
        none = np.empty(0, np.int32)
        return {
            "tick": list(self._kept),
            "plans": [list(k.plans) for k in kept],
            "length": [len(k.series) for k in kept],
            "series": np.concatenate([none, *(k.series for k in kept)]),
            "counts": np.concatenate([none, *(k.counts for k in kept)]),
            "names": names,
            "came": np.array([self._held[n][0] for n in names]),
            "usual": np.array([self._held[n][1] for n in names]),
            "times": [self._held[n][2] for n in names],
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._held = {
            name: (np.array(state["came"][k]), np.array(state["usual"][k]), int(state["times"][k]))
            for k, name in enumerate(state["names"])
        }
        ends = np.cumsum([0, *state["length"]])
        series, counts = (np.array(state[k], np.int32) for k in ("series", "counts"))
        self._kept = {
            int(tick): _Kept(tuple(plans), series[begin:end], counts[begin:end])
            for tick, plans, begin, end in zip(state["tick"], state["plans"], ends, ends[1:], strict=False)
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """A special tick: what is planned in it, and the rows of their series."""

    plans: tuple[str, ...]
    series: NDArray[np.int32]
    counts: NDArray[np.int32]


def _key(plan: Plan) -> str:
    return dict(plan.names)["en"]


def _told(plan: Plan) -> str:
    """What a plan says of where, what and when; one that is changed is another."""
    return f"{_key(plan)}|{plan.area}|{plan.indicators}|{plan.start_us}|{plan.end_us}"
