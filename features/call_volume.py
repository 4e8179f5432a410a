"""Call volume: how surprising the counts of each signature are in each place, over several windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.scores import Cells, Features, State, Weighed, World
from riskwatch.extract.clumps import Clumps
from riskwatch.extract.counted import Counted
from riskwatch.extract.evidence import find
from riskwatch.extract.expectation import Expectation
from riskwatch.extract.gauges import Gauges
from riskwatch.extract.opening import weighed
from riskwatch.extract.planned import Plans
from riskwatch.extract.spans import Spans
from riskwatch.extract.tails import EmpiricalTail, tail_probability
from riskwatch.extract.windows import WindowSums

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The latest tick where there is evidence: [n] areas, signatures and sizes, [n, windows] surprise."""

    areas: NDArray[np.int64]
    signatures: NDArray[np.int64]
    surprise: FloatArray
    size: FloatArray


class CallVolume:
    """Counts against their expectation, per signature and window.

    Per (area, indicator, window) the evidence is a negative-binomial log-likelihood ratio in
    nats, divided by the rows a happening makes (below one nat it is taken as none); indicators of
    a signature add up; the sum is turned into surprise against the empirical tail of its rate
    stratum. Columns are `<signature>.surprise_<hours>h` and `<signature>.size`, the latter in
    [0, 1.5]: log(1 + n) / log(25), n being how many calls six hours usually bring of the
    indicators that carry the evidence. Sparse by nature: areas without surprise have no row.

    Gauges of a signature bring nats of their own (`riskwatch.extract.gauges`), in the area they
    stand in and in no other, which are added to those of its counts before surprise is taken; of
    them, n is how many readings come.

    Where areas have neighbours, each is looked at together with these, too (`riskwatch.extract.places`):
    a place of its own with its own scatter and tails. Where that says more than any of its areas
    does alone, it takes the place of the area in its middle.
    """

    def __init__(self, world: World, windows_h: Sequence[int] = (1, 3, 6, 12, 24, 72, 168)) -> None:
        self._world = world
        registry = world.registry
        self.windows_h = tuple(windows_h)
        self.names = tuple(
            f"{s.id}.{column}"
            for s in registry.signatures
            for column in (*(f"surprise_{h}h" for h in windows_h), "size")
        )
        spans = Spans.of(windows_h, world.grid.tick_us)
        self._n = len(registry)
        self._columns = self._n + len(registry.signatures)
        members = [[registry.index[i] for i in s.indicators] for s in registry.signatures]
        self._members = [np.array(m, dtype=np.int64) for m in members]
        self.windows = WindowSums(len(world.tree) * self._columns, spans)
        self.expectation = Expectation(world, spans)
        self._places = self.expectation.places
        self._counts = Counted(self.windows, self.expectation)
        self._plans = Plans(world, spans, self.expectation)
        self._clumps = Clumps(world.tree, self._n, self._columns)
        self.gauges = Gauges(world, spans.widths)
        gauges = registry.gauges
        self._counted = np.array([any(i not in gauges for i in s.indicators) for s in registry.signatures])
        kinds = 2 if self._places.any else 1  # areas, and vicinities
        self._tail = EmpiricalTail(len(registry.signatures), len(spans.widths), kinds=kinds)
        self._per_hour = HOUR_US // world.grid.tick_us
        self._tick = -1
        self._known = np.zeros(self._n, dtype=bool)
        self._evidence = self._nothing()
        self._found: tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, FloatArray] | None = None
        self._strata: tuple[FloatArray, NDArray[np.int64], FloatArray] | None = None
        self._around = np.empty(0, np.int64)
        """Keys (area * signatures + signature) of the vicinities that speak, ascending."""

    def update(self, panel: Panel) -> None:
        """Take in the next panel: learn from the last, judged by now, then count and weigh."""
        self._learn()
        self._tick = panel.tick
        seen = panel.without_blind(self._columns)
        self.windows.update(seen)
        self._plans.keep(seen)
        self.expectation.update(seen)
        if self.gauges.any:
            self.gauges.update(panel, self.expectation.hour_at(panel.start_us))
        sees = panel.blind_since[: self._n] < 0  # of a blind feed nothing can be said
        self._known = self.expectation.known()[: self._n] & sees
        self._evidence = self._nothing()
        self._found = None
        self._counts.forget()
        if self.expectation.warm:
            self._speak()

    def read(self) -> Features:
        """The features as of the last panel."""
        found = self._evidence
        areas, row = np.unique(found.areas, return_inverse=True)
        width = len(self.windows_h) + 1
        values = np.zeros((len(areas), len(self._members), width))
        values[row, found.signatures, :-1] = found.surprise
        values[row, found.signatures, -1] = found.size
        return Features(
            self._tick, areas.astype(np.int32), self.names, values.reshape(len(areas), len(self.names))
        )

    def cells(self, areas: NDArray[np.int64], signature: int) -> Cells:
        """Observed and expected counts [areas, indicators, windows] behind one signature."""
        key = areas * len(self._members) + signature
        return self._cells(areas, signature, np.isin(key, self._around) if len(self._around) else None)

    def _cells(self, areas: NDArray[np.int64], signature: int, together: NDArray[np.bool_] | None) -> Cells:
        """The same, of areas some of which speak `together` with neighbours, or none."""
        members = self._members[signature]
        places, around = self._places.of(areas, together)
        found = self._counts.opened(places, members)
        if self._plans.standing(self._tick):  # in no vicinity that speaks
            found = (found[0], *self._plans.shifted(self._tick, (areas, members), *found[1:]))
        gauged = self.gauges.behind(areas, members)
        if around and gauged is not None:
            gauged = gauged.without(places != areas)
        return Cells(areas, members, *found, self._known[members], gauged, around)

    def weigh(self, signature: int, cells: Cells) -> Weighed:
        """Evidence and surprise of cells; also of cells in which a relative's share is explained away."""
        nats, total, carried, rated = self._weighed(cells)
        at = np.full(len(total), signature)
        places = self._places.of_cells(cells)
        surprise = self._tail.surprise_of(total, at, self._stratum(places, at))
        if cells.around:
            surprise = self._places.less_handicap(surprise, places)
        rows = np.empty((len(total), total.shape[1] + 1))
        rows[:, :-1], rows[:, -1] = surprise, self._size(rated, carried)
        return Weighed(nats, rows)

    def places(self) -> int:
        """How many signatures of areas and vicinities are looked at."""
        if not self.gauges.any:
            return len(self._places) * len(self._members)
        return int(np.count_nonzero(self._looked()))

    def _weighed(self, cells: Cells) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """As `opening.weighed`, with what the gauges add."""
        nats, total, carried, rated = weighed(
            (cells.observed, cells.expected, cells.inverse_size),
            cells.known,
            (self._places.of_cells(cells), cells.indicators),
            self._clumps.size,
            self._counts.usual()[0],
        )
        if cells.gauged is None:
            return nats, total, carried, rated
        read, mine = cells.gauged.nats, cells.gauged.nats.sum(axis=2)
        rated = rated + (mine * cells.gauged.per_tick).sum(axis=1)
        return nats + read, total + read.sum(axis=1), carried + mine.sum(axis=1), rated

    def tail(self, cells: Cells, row: int) -> FloatArray:
        """[indicators, windows] of one area: P(count >= observed) under the expectation."""
        return tail_probability(cells.observed[row], cells.expected[row], cells.inverse_size[row])

    def first_instant(self, areas: Sequence[int], indicators: Sequence[int], window: int) -> int | None:
        """When the first event of a window happened in any of these areas."""
        return self.windows.first_instant(self._series(areas, indicators), window)

    def history(
        self, areas: Sequence[int], indicators: Sequence[int], hours: int
    ) -> tuple[list[int], list[float]]:
        """Observed and expected counts an hour of the clock, oldest first; the last is the running one.

        Of all these areas together, over two days at most: older hours are no longer held apart.
        """
        series = self._series(areas, indicators)
        observed = self.windows.history(series, hours, self._per_hour)
        ticks = (hours - 1) * self._per_hour + self._tick % self._per_hour + 1
        each = self.expectation.profile.recent(ticks)[:, list(indicators)]
        expected = each @ self.expectation.rate[np.ix_(areas, indicators)].sum(axis=0)
        if self._plans.standing(self._tick):
            for area in areas:
                expected += self._plans.history(self._tick, area, np.array(indicators), ticks)
        by_hour = np.add.reduceat(expected, np.arange(hours) * self._per_hour)
        return observed.tolist(), by_hour.tolist()

    def readings(self, area: int, indicator: int, hours: int) -> tuple[FloatArray, FloatArray]:
        """What a gauge showed in each of the last hours, oldest first, NaN where nothing; and the usual."""
        end_us = self._world.grid.start(self._tick + 1)
        ago = range(hours, 0, -1)
        weekly = [self.expectation.hour_at(end_us - h * HOUR_US) for h in ago]
        return self.gauges.history(area, indicator, weekly)

    def daily_rate(self, areas: Sequence[int], indicators: Sequence[int]) -> float:
        """How many a day are usual in these areas together."""
        per_tick = self.expectation.rate[np.ix_(areas, indicators)].sum()
        return float(per_tick * 24 * self._per_hour)

    def _series(self, areas: Sequence[int], indicators: Sequence[int]) -> list[int]:
        return [area * self._columns + i for area in areas for i in indicators]

    def _nothing(self) -> _Evidence:
        none = np.empty(0, np.int64)
        return _Evidence(none, none, np.empty((0, len(self.windows_h))), np.empty(0))

    def _stratum(self, places: NDArray[np.int64], signatures: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Rate strata of these places' signatures."""
        daily = self._counts.usual()[0][places, self._n + signatures] * (24 * self._per_hour)
        return self._tail.stratum(daily, (places >= self._places.areas).astype(np.int64))

    def _size(self, weighted_rate: FloatArray, nats: FloatArray) -> FloatArray:
        """Size of the mean rate, weighed by evidence, of the indicators that carry it."""
        rate = np.divide(weighted_rate, nats, out=np.zeros_like(nats), where=nats > 0)
        size: FloatArray = np.minimum(np.log1p(rate * (6 * self._per_hour)) / np.log(25.0), 1.5)
        return size

    def _find(self) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, FloatArray]:
        """Where evidence is over the threshold of the tail, as of the last panel; found once."""
        if self._found is None:
            expectation, (rate, level) = self.expectation, self._counts.usual()
            known = [np.sort(m[self._known[m]]) for m in self._members]
            self._found = find(
                self._counts.sums(),
                (
                    rate,
                    np.ascontiguousarray(expectation.exposure.T),
                    expectation.dispersion.by_column(),
                    level,
                ),
                self._places.depth,
                self._clumps.size,
                (np.concatenate(known), np.cumsum([0, *map(len, known)])),
                self._tail.threshold,
            )
            if self._plans.standing(self._tick):
                self._found = self._beyond_plans(*self._found)
            if self.gauges.any:
                self._found = self._with_gauges(*self._found)
        return self._found

    def _beyond_plans(
        self,
        areas: NDArray[np.int64],
        signatures: NDArray[np.int64],
        evidence: FloatArray,
        rated: FloatArray,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, FloatArray]:
        """What was found, held against what is planned too; that only ever expects more.

        Of a vicinity nothing is said while something is planned in it: its areas speak for themselves.
        """
        standing = self._plans.standing(self._tick)
        for signature in np.unique(signatures).tolist():
            touched = self._places.touched(self._plans.touched(standing, self._members[signature]))
            mine = touched[areas] & (signatures == signature)
            evidence[mine & (areas >= self._places.areas)] = 0.0
            rows = np.flatnonzero(mine & (areas < self._places.areas))
            cells = self._cells(areas[rows], signature, None)
            _, evidence[rows], _, rated[rows] = self._weighed(cells)
        kept = evidence.max(axis=1, initial=0.0) > self._tail.threshold
        return areas[kept], signatures[kept], evidence[kept], rated[kept]

    def _with_gauges(
        self,
        areas: NDArray[np.int64],
        signatures: NDArray[np.int64],
        evidence: FloatArray,
        rated: FloatArray,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray, FloatArray]:
        """What was found among counts, and what is over the threshold with the nats of gauges."""
        loud, of = self.gauges.speaking()
        n = len(self._members)
        kept = ~np.isin(areas * n + signatures, loud * n + of)
        parts = [(areas[kept], signatures[kept], evidence[kept], rated[kept])]
        for signature in np.unique(of).tolist():
            mine = loud[of == signature]
            _, total, _, rates = self._weighed(self._cells(mine, signature, None))
            over = total.max(axis=1) > self._tail.threshold
            parts.append((mine[over], np.full(int(over.sum()), signature), total[over], rates[over]))
        at, which, nats, rates = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(at * n + which, kind="stable")
        return at[order], which[order], nats[order], rates[order]

    def _speak(self) -> None:
        """Keep the surprise of what was found."""
        places, signatures, evidence, rated = self._find()
        if not len(places):
            self._around = np.empty(0, np.int64)
            return
        surprise = self._tail.surprise_of(evidence, signatures, self._stratum(places, signatures))
        said = _Evidence(places, signatures, surprise, self._size(rated, evidence.sum(axis=1)))
        self._evidence = self._one_an_area(said, evidence) if self._places.any else said

    def _one_an_area(self, said: _Evidence, evidence: FloatArray) -> _Evidence:
        """What is said of places as what is said of areas: some speak with their neighbours."""
        n = len(self._members)
        surprise = self._places.less_handicap(said.surprise, said.areas)
        found = (said.areas, said.signatures, evidence.max(axis=1), surprise.max(axis=1))
        rows, areas, self._around = self._places.speaking(found, n, self._around)
        return _Evidence(areas, said.signatures[rows], surprise[rows], said.size[rows])

    def _learn(self) -> None:
        """What the last panel teaches; `cells` and `weigh` see what `read` saw until the next one comes."""
        latest = self.windows.latest()
        if latest is None:
            return
        if self.expectation.ready:
            if self._tick % self._per_hour == 0:
                self._learn_tails()
            now = self.expectation.profile.recent(1)[0]
            series, counts = self._plans.ordinary(self._tick, *latest)
            self._clumps.learn(series, counts, self.expectation.rate, now, self.expectation.summed > 0)
            self._plans.learn(self._tick)
        day = self.expectation.day_ticks if self.expectation.ready else 0
        self.expectation.learn(self._plans.day(self._tick, day) if day else None)

    def _looked(self) -> NDArray[np.bool_]:
        """[places, signatures] that are looked at: a signature of gauges alone only where one stands."""
        shape = (len(self._places), len(self._members))
        looked: NDArray[np.bool_] = np.ones(shape, dtype=bool)
        if self.gauges.any:
            looked &= self._counted
            looked[: self._places.areas] |= self.gauges.placed()
        return looked

    def _learn_tails(self) -> None:
        areas, signatures, evidence, _ = self._find()  # before the dispersion moves on
        expectation, (usual, level) = self.expectation, self._counts.usual()
        ordinary = self._plans.without_special(self._tick, self._counts.by_area())
        if ordinary is None:
            expectation.dispersion.learn(self._counts.sums(), usual, expectation.exposure, level)
        else:
            sums, rates = self._places.sums(ordinary[0]), [self._places.rate(rate) for rate in ordinary[1]]
            expectation.dispersion.learn(sums, rates, expectation.exposure, level)
        everywhere, looks = self._everywhere()
        self._tail.learn(looks, evidence, signatures, everywhere[areas, signatures])

    def _everywhere(self) -> tuple[NDArray[np.int64], FloatArray]:
        """[places, signatures] rate strata, and how many are looked at, [signatures, strata].

        They change when levels are learnt, once a day, and with the places of gauges.
        """
        rate, n = self.expectation.rate, len(self._members)
        if self._strata is None or self._strata[0] is not rate or self.gauges.any:
            strata = self._tail.kinds * (len(self._tail.strata) + 1)
            everywhere = self._stratum(np.arange(len(self._places))[:, None], np.arange(n))
            looked = (everywhere + np.arange(n) * strata)[self._looked()]
            looks = np.bincount(looked, minlength=n * strata).reshape(n, strata).astype(np.float64)
            self._strata = rate, everywhere, looks
        return self._strata[1:]

    def state(self) -> State:
        """Everything learnt; the features of the last panel follow from it at the next."""
        return {
            "tick": self._tick,
            "known": self._known,
            "windows": self.windows.state(),
            "expectation": self.expectation.state(),
            "tail": self._tail.state(),
            "areas": self._evidence.areas,
            "signatures": self._evidence.signatures,
            "surprise": self._evidence.surprise,
            "size": self._evidence.size,
            **({"around": self._around} if self._places.any else {}),
            "clumps": self._clumps.state(),
            "plans": self._plans.state(),
            **({"gauges": self.gauges.state()} if self.gauges.any else {}),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self._tick = int(state["tick"])
        self._known = np.array(state["known"], dtype=bool)
        self.windows.load(state["windows"])
        self.expectation.load(state["expectation"])
        self._tail.load(state["tail"])
        self._evidence = _Evidence(
            np.array(state["areas"], np.int64),
            np.array(state["signatures"], np.int64),
            np.array(state["surprise"], np.float64).reshape(-1, len(self.windows_h)),
            np.array(state["size"], np.float64),
        )
        self._clumps.load(state["clumps"])
        self._plans.load(state["plans"])
        if self.gauges.any:
            self.gauges.load(state["gauges"])
        self._around = np.array(state.get("around", ()), np.int64)
        self._found = None  # follows from the rest when it is needed
        self._counts.forget()
