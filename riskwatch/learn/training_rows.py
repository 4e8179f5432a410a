"""Rows of training, a day at a time from the feature log: features as of a tick, labels once known."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, HOUR_US, from_us
from riskwatch.core.scores import FloatArray, World
from riskwatch.learn.day_counts import DayCounts, Stretch
from riskwatch.learn.labels import Labels, Sample
from riskwatch.learn.season import Season
from riskwatch.store.feature_log import FeatureLog, Span, area_index

IntArray = NDArray[np.int64]
NOT_FEATURES = ("tick", "decided_at_us", "area", "signature", "likelihood", "bundle", "config")
_WEEK_H = 168


@dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates of one day: where they are, and what they were."""

    tick: IntArray
    decided_at_us: IntArray
    area: IntArray
    signature: IntArray
    features: FloatArray
    likelihood: FloatArray  # NaN where nothing looked
    absent: NDArray[np.bool_]
    weight: FloatArray

    def where(self, kept: NDArray[np.bool_]) -> _Rows:
        """The rows that are kept."""
        return _Rows(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class _Labelled:
    """Labels of rows; `known` says where they could be told at all."""

    outcome: NDArray[np.bool_]
    in_progress: NDArray[np.bool_]
    week_ago: NDArray[np.bool_]
    known: NDArray[np.bool_]
    known_at_us: IntArray


class TrainingRows:
    """Reads the log forwards, a day at a time; holds nine days of counts and nothing of the rest.

    A row of tick t has the features that were logged at t, and is held to a season that knows
    whole days before t alone. Its label looks at the ticks of the horizon behind the decision
    instant, as they were decided, and is known when the last of them is.
    """

    def __init__(
        self, log: FeatureLog, labels: Labels, sample: Sample, until_us: int | None = None
    ) -> None:
        self._log, self._labels, self._sample, self._until_us = log, labels, sample, until_us
        self._world: World = log.world
        grid = self._world.grid
        self._zone = ZoneInfo(self._world.timezone)
        self._per_day, self._per_hour = DAY_US // grid.tick_us, HOUR_US // grid.tick_us
        self._lag = -(-grid.lateness_us // grid.tick_us) + 1
        self._horizon = labels.horizon_h * self._per_hour
        self._quiet = labels.onset.quiet_h * self._per_hour
        self._shape = (len(self._world.tree), len(self._world.registry.signatures))
        gauges, signatures = self._world.registry.gauges, self._world.registry.signatures
        counted = [any(i not in gauges for i in s.indicators) for s in signatures]
        self._counted = np.array(counted)  # the outcome is about counts; of gauges alone it says nothing
        self._season = Season(self._world.tree, self._shape[1], self._horizon, labels)

    def tables(self) -> Iterator[pa.Table]:
        """One table a day that has rows."""
        back = 1 + max(_WEEK_H, self._labels.onset.quiet_h) // 24
        ahead = 1 + (self._lag + self._horizon - 1) // self._per_day
        waiting = deque(self._log.days())
        held: deque[tuple[DayCounts, Span]] = deque()
        past: deque[DayCounts] = deque(maxlen=back)
        while waiting or held:
            while waiting and len(held) <= ahead:
                span = self._log.read(waiting.popleft())
                held.append((DayCounts.of(span, self._world), span))
            day, span = held.popleft()
            stretch = self._stretch([*past, day, *(d for d, _ in held)], day)
            if self._season.ready:
                yield self._table(day, span, stretch)
            self._learn(day, stretch)
            past.append(day)

    def _stretch(self, days: list[DayCounts], day: DayCounts) -> Stretch:
        first, last = int(day.ticks[0]), int(day.ticks[-1])
        start = first - max(_WEEK_H * self._per_hour, self._quiet)
        return Stretch(days, start, last + self._lag + self._horizon + 1, self._shape)

    def _learn(self, day: DayCounts, stretch: Stretch) -> None:
        at = day.ticks - stretch.start
        self._season.learn(stretch.counts[at], self._hours(day.ticks), ~day.blind)

    def _table(self, day: DayCounts, span: Span, stretch: Stretch) -> pa.Table:
        names = tuple(n for n in span.rows.column_names if n not in NOT_FEATURES)
        rows = self._candidates(day, span, names)
        labelled = self._labelled(rows, stretch)
        kept = labelled.known & (
            rows.absent | labelled.outcome | (self._dice(rows) < self._sample.negatives)
        )
        if self._until_us is not None:
            kept &= labelled.known_at_us <= self._until_us
        weight = rows.weight * np.where(rows.absent | labelled.outcome, 1.0, 1.0 / self._sample.negatives)
        rows = rows.where(kept)
        onset = labelled.outcome & ~labelled.in_progress
        stamp = pa.array(np.searchsorted(day.ticks, rows.tick))
        return pa.table(
            {
                "tick": rows.tick,
                "decided_at_us": rows.decided_at_us,
                "known_at_us": labelled.known_at_us[kept],
                "area": _coded(rows.area, self._world.tree.codes),
                "signature": _coded(rows.signature, tuple(s.id for s in self._world.registry.signatures)),
                **{name: np.ascontiguousarray(rows.features[:, c]) for c, name in enumerate(names)},
                "likelihood": pa.array(rows.likelihood, mask=np.isnan(rows.likelihood)),
                "outcome": labelled.outcome[kept],
                "onset": onset[kept],
                "in_progress": labelled.in_progress[kept],
                "week_ago": labelled.week_ago[kept],
                "weight": weight[kept],
                "bundle": span.ticks.column("bundle").cast(pa.string()).take(stamp),
                "config": span.ticks.column("config").cast(pa.string()).take(stamp),
            }
        )

    def _candidates(self, day: DayCounts, span: Span, names: tuple[str, ...]) -> _Rows:
        """Every logged row of the sampled ticks, and a few of those without features."""
        tick = span.rows.column("tick").to_numpy()
        mine = tick % self._sample.every_ticks == 0
        logged = span.rows.filter(pa.array(mine))
        tick = tick[mine]
        area = area_index(logged.column("area"), self._world.tree.index)
        signature = area_index(logged.column("signature"), self._world.registry.signature_index)
        features = np.column_stack([logged.column(n).to_numpy() for n in names])
        none = self._absent(day, tick, area * self._shape[1] + signature)
        n, more = len(tick), len(none[0])
        at = np.searchsorted(day.ticks, np.concatenate([tick, none[0]]))
        order = np.lexsort((np.r_[area, none[1]] * self._shape[1] + np.r_[signature, none[2]], at))
        rows = _Rows(
            day.ticks[at],
            day.decided_at_us[at],
            np.concatenate([area, none[1]]),
            np.concatenate([signature, none[2]]),
            np.concatenate([features, np.zeros((more, len(names)))]),
            np.concatenate(
                [logged.column("likelihood").to_numpy(zero_copy_only=False), np.full(more, np.nan)]
            ),
            np.repeat([False, True], [n, more]),
            np.concatenate([np.ones(n), none[3]]),
        )
        return rows.where(order)  # type: ignore[arg-type] # an order picks rows like a mask does

    def _absent(
        self, day: DayCounts, tick: IntArray, cell: IntArray
    ) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """(tick, area, signature, weight) of a sample of the cells without a row, tick by tick."""
        cells = self._shape[0] * self._shape[1]
        draws = round(self._sample.absent * cells)
        ticks = day.ticks[day.ticks % self._sample.every_ticks == 0]
        drawn = np.broadcast_to(np.arange(cells), (len(ticks), cells))
        if draws < cells:  # with replacement; a cell that is drawn twice is kept once
            mixed = _mixed(ticks[:, None] * (draws + 1) + np.arange(draws)) % np.uint64(cells)
            drawn = mixed.astype(np.int64)
        key = np.unique((ticks[:, None] * cells + drawn).ravel())
        key = key[~np.isin(key, tick * cells + cell)]
        at, where = np.divmod(key, cells)
        present = np.bincount(np.searchsorted(ticks, tick), minlength=len(ticks))
        kept = np.bincount(np.searchsorted(ticks, at), minlength=len(ticks))
        weight = (cells - present) / np.maximum(kept, 1)
        area, signature = np.divmod(where, self._shape[1])
        return at, area, signature, weight[np.searchsorted(ticks, at)]

    def _labelled(self, rows: _Rows, stretch: Stretch) -> _Labelled:
        ahead, behind = rows.tick + self._lag, rows.tick + 1 - self._quiet
        week = self._horizon, ahead - _WEEK_H * self._per_hour
        places = rows.area, rows.signature
        seen = stretch.seen(ahead, self._horizon, rows.signature)
        seen &= stretch.seen(behind, self._quiet, rows.signature)
        grid = self._world.grid
        last = ahead + self._horizon - 1
        return _Labelled(
            outcome=self._over(stretch, ahead, self._horizon, rows),
            in_progress=self._over(stretch, behind, self._quiet, rows),
            week_ago=self._over(stretch, week[1], week[0], rows)
            & stretch.seen(week[1], week[0], places[1]),
            known=seen & self._counted[rows.signature],
            known_at_us=(last + 1) * grid.tick_us + grid.lateness_us,
        )

    def _over(self, stretch: Stretch, first: IntArray, width: int, rows: _Rows) -> NDArray[np.bool_]:
        """[n] whether the sum of these ticks is over the quantile of its season, as of the row's day."""
        sums = stretch.sums(first, width, rows.area, rows.signature)
        if not len(first):
            return np.zeros(0, dtype=bool)
        start = int(first.min())
        hours = self._hours(np.arange(start, int(first.max()) + width))
        usual = np.cumsum(
            np.concatenate([np.zeros((1, self._shape[1])), self._season.shape[hours]]), axis=0
        )
        at = first - start
        share = usual[at + width, rows.signature] - usual[at, rows.signature]
        mean = self._season.level[rows.area, rows.signature] * share
        return self._season.exceeds(sums, mean, rows.area, rows.signature)

    def _hours(self, ticks: IntArray) -> IntArray:
        """[n] local hours of the week, 0 being Monday's first."""
        hour, place = np.unique(ticks // self._per_hour, return_inverse=True)
        local = [from_us(int(h) * HOUR_US).astimezone(self._zone) for h in hour]
        of_week = np.array([t.weekday() * 24 + t.hour for t in local], dtype=np.int64)
        return of_week[place]

    def _dice(self, rows: _Rows) -> FloatArray:
        """[n] in [0, 1), a function of tick, area and signature."""
        cells = self._shape[0] * self._shape[1]
        key = rows.tick * cells + rows.area * self._shape[1] + rows.signature
        return _mixed(key ^ 0x5DEECE66D).astype(np.float64) / 2.0**64


def _mixed(key: IntArray) -> NDArray[np.uint64]:
    """splitmix64 of each key (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = key.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def _coded(index: IntArray, codes: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(codes, pa.string()))
