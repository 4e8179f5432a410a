"""The gauge: what an indicator that is measured says of its readings; part of the indicator file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from riskwatch.core.documents import Document

GAUGE = "gauge"
Bad = Literal["high", "low", "either"]
Taken = Literal["last", "mean", "max", "min"]


class Gauge(Document):
    """How the readings of an indicator are to be taken.

    `unit` is written behind a value, by language or the same in all. A reading outside of
    `lowest` to `highest` is no reading of this gauge: the row is quarantined. `bad` is the direction of
    harm. `taken` says which of several readings of a tick stands for it.
    """

    unit: Mapping[str, str] = Field(min_length=1)
    lowest: float
    highest: float
    bad: Bad = "high"
    taken: Taken = "last"

    @field_validator("unit", mode="before")
    @classmethod
    def _by_language(cls, unit: object) -> object:
        return {"en": unit} if isinstance(unit, str) else unit

    @model_validator(mode="after")
    def _is_a_range(self) -> Gauge:
        if not self.lowest < self.highest:
            raise ValueError(
                f"lowest {self.lowest:g} is not below highest {self.highest:g}; "
                "give the range that the gauge can show"
            )
        return self

    def unit_in(self, lang: str) -> str:
        """The unit in that language; English, else any, where there is none."""
        return self.unit.get(lang) or self.unit.get("en") or next(iter(self.unit.values()))

    def shows(self, value: float) -> bool:
        """Whether the gauge can show a value.

        >>> river = Gauge(unit="m", lowest=0, highest=12)
        >>> river.shows(4.2), river.shows(99.0), river.shows(float("nan"))
        (True, False, False)
        """
        return math.isfinite(value) and self.lowest <= value <= self.highest


def gauge_feed(indicator: str, area: str) -> str:
    """The name of one gauge as a feed.

    >>> gauge_feed("river_level", "T1")
    'river_level@T1'
    """
    return f"{indicator}@{area}"
