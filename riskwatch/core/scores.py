"""Features, scores and the contracts of extractors, models and gates; implemented by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.areas import AreaTree
from riskwatch.core.calendar import Calendar
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import Panel, TickGrid

FloatArray = NDArray[np.float64]
State = Mapping[str, Any]
"""What a component needs to go on where it stopped: arrays, numbers, strings and nested states."""
CHART_H = 48
"""Hours of the clock that a chart shows, and that an extractor holds apart for it."""


@dataclass(frozen=True, slots=True)
class World:
    """What an extractor is built for: the tree, the indicators, the grid, the zone, what is planned."""

    tree: AreaTree
    registry: IndicatorRegistry
    grid: TickGrid
    timezone: str
    calendar: Calendar = field(default_factory=Calendar)
    reports_every_us: Mapping[str, int] = field(default_factory=dict)
    """By source, of those that send sums: how often it speaks at least."""


@dataclass(frozen=True, slots=True)
class Features:
    """Named numbers per area at one tick; an area without a row has 0 in every column.

    `areas` [n] are ascending area indices, `values` is [n, len(names)] and finite.
    """

    tick: int
    areas: NDArray[np.int32]
    names: tuple[str, ...]
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Gauged:
    """The gauges behind one signature in some areas, as arrays [areas, indicators]; 0 where none is.

    `nats` [areas, indicators, windows] is their evidence, `readings` how many of the last day lay
    beyond their past and `since_us` when the first of them did (-1: none), `height` how far the
    highest lay beyond, as a share of its gauge's range, `per_tick` how many come a tick (at most one an
    hour counts: closer ones say the same). `value`
    is what a gauge showed last, `usual` what is usual at this hour of the week.
    """

    nats: FloatArray
    readings: NDArray[np.int64]
    since_us: NDArray[np.int64]
    height: FloatArray
    per_tick: FloatArray
    value: FloatArray
    usual: FloatArray

    def at(self, rows: NDArray[np.int64]) -> Gauged:
        """Those of some of the areas."""
        return Gauged(*(getattr(self, f.name)[rows] for f in fields(self)))

    def without(self, rows: NDArray[np.bool_]) -> Gauged:
        """The same, as if no gauge stood in some of the areas."""
        empty = {"since_us": -1}
        return Gauged(
            *(
                np.where(rows.reshape(-1, *(1,) * (held.ndim - 1)), empty.get(name, 0), held)
                for name, held in ((f.name, getattr(self, f.name)) for f in fields(self))
            )
        )


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts behind one signature in some areas: the float arrays are [areas, indicators, windows].

    `areas` and `indicators` are indices of the tree and the registry; `inverse_size` that of the
    negative binomial; `known` [indicators] says which are old enough to have an expectation.
    `around` are the neighbours [areas] whose counts are in a row with those of its area; () if none are.
    """

    areas: NDArray[np.int64]
    indicators: NDArray[np.int64]
    observed: FloatArray
    expected: FloatArray
    inverse_size: FloatArray
    known: NDArray[np.bool_]
    gauged: Gauged | None = None
    around: tuple[tuple[int, ...], ...] = ()

    def areas_of(self, row: int) -> tuple[int, ...]:
        """The areas whose counts are in a row: its own, and the neighbours."""
        near = self.around[row] if self.around else ()
        return (int(self.areas[row]), *near)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Cells as evidence: nats [areas, indicators, windows], and the feature rows the composite reads."""

    nats: FloatArray
    rows: FloatArray


def rows_with(true: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rows of [n, columns] with anything true, ascending; far quicker than `any` where columns are few.

    >>> rows_with(np.array([[False, True], [False, False], [True, True]]))
    array([0, 2])
    """
    row = np.flatnonzero(true) // true.shape[1]
    first: NDArray[np.int64] = row[np.diff(row, prepend=-1) > 0]
    return first


class Extractor(Protocol):
    """Turns panels into features; one file in `features/` each.

    `update` takes the next panel (ticks ascending) and returns nothing; `read` changes nothing
    and depends on the panels up to the last update only.
    """

    names: tuple[str, ...]

    def update(self, panel: Panel) -> None:
        """Take in the next panel."""
        ...

    def read(self) -> Features:
        """The features as of the last panel."""
        ...

    def state(self) -> State:
        """Everything needed to go on from here."""
        ...

    def load(self, state: State) -> None:
        """Go on from a state that `state` gave."""
        ...


class Evidential(Extractor, Protocol):
    """An extractor whose features can be opened up: the counts behind them, and what is usual."""

    windows_h: tuple[int, ...]

    def cells(self, areas: NDArray[np.int64], signature: int) -> Cells:
        """The counts behind one signature in these areas, as of the last panel."""
        ...

    def weigh(self, signature: int, cells: Cells) -> Weighed:
        """The evidence of cells, also of cells from which a relative's share was taken."""
        ...

    def places(self) -> int:
        """How many signatures of places are looked at: surprise is of one of them, in an hourly look."""
        ...

    def tail(self, cells: Cells, row: int) -> FloatArray:
        """[indicators, windows] of one area: P(count >= observed) under the expectation."""
        ...

    def first_instant(self, areas: Sequence[int], indicators: Sequence[int], window: int) -> int | None:
        """When the first event of a window happened in any of these areas, in microseconds."""
        ...

    def history(
        self, areas: Sequence[int], indicators: Sequence[int], hours: int
    ) -> tuple[list[int], list[float]]:
        """Counts of these areas together, observed and expected, an hour of the clock, oldest first.

        `CHART_H` at most; the last is the running hour.
        """
        ...

    def daily_rate(self, areas: Sequence[int], indicators: Sequence[int]) -> float:
        """How many a day are usual in these areas together."""
        ...


class Gauging(Evidential, Protocol):
    """An evidential extractor that reads gauges, too."""

    def readings(self, area: int, indicator: int, hours: int) -> tuple[FloatArray, FloatArray]:
        """What a gauge showed in each of the last hours, oldest first, NaN where nothing; and the usual."""
        ...


class Member(Protocol):
    """A model on duty: turns feature rows into log-odds of the outcome, term by term."""

    def log_odds(self, rows: FloatArray) -> FloatArray:
        """[n] log-odds of the outcome."""
        ...

    def terms(self, rows: FloatArray) -> FloatArray:
        """[n, windows] what each window adds to the log-odds."""
        ...


class VerdictModel(Protocol):
    """An online model that learns from each verdict at once; after River's classifiers."""

    def learn_one(self, x: dict[Any, Any], y: bool) -> None:
        """Take in whether an alert with these features was right."""
        ...

    def tally(self, x: dict[Any, Any]) -> tuple[int, int]:
        """(right, judged) so far of alerts like this."""
        ...

    def state(self) -> State:
        """Everything learnt."""
        ...

    def load(self, state: State) -> None:
        """Go on from a state that `state` gave."""
        ...


class GateDecision(StrEnum):
    """The three answers of a promotion gate."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """A gate's answer and the sentence that says why, in English and in Chinese.

    `groups` are those it is about, `evidence` the SHA-256 of what it was decided on, `details`
    every number behind it, as plain JSON values.
    """

    decision: GateDecision
    why: str
    why_zh: str = ""
    groups: tuple[str, ...] = ()
    evidence: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


E_contra = TypeVar("E_contra", contravariant=True)


class PromotionGate(Protocol[E_contra]):
    """Decides on measured evidence whether a candidate bundle may replace the champion."""

    def decide(self, candidate: E_contra, champion: E_contra | None = None) -> GateVerdict:
        """Judge what was measured of the candidate, by itself and against the champion's if given."""
        ...
