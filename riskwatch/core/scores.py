"""Features, scores and the contracts of extractors, models and gates; implemented by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import Panel, TickGrid

FloatArray = NDArray[np.float64]
State = Mapping[str, Any]
"""What a component needs to go on where it stopped: arrays, numbers, strings and nested states."""


@dataclass(frozen=True, slots=True)
class World:
    """What an extractor is built for: the tree, the indicators, the grid and the local time zone."""

    tree: AreaTree
    registry: IndicatorRegistry
    grid: TickGrid
    timezone: str


@dataclass(frozen=True, slots=True)
class Features:
    """Named numbers per area at one tick; an area without a row has 0 in every column.

    `areas` [n] are ascending area indices, `values` is [n, len(names)] and finite.
    """

    tick: int
    areas: NDArray[np.int32]
    names: tuple[str, ...]
    values: FloatArray


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


class GateDecision(StrEnum):
    """The three answers of a promotion gate."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """A gate's answer and the sentence that says why."""

    decision: GateDecision
    why: str


class PromotionGate(Protocol):
    """Decides whether a candidate bundle may replace the champion."""

    def decide(self, candidate: str, champion: str) -> GateVerdict:
        """Compare two bundle versions."""
        ...
