"""Ceilings on attention, read from the section `attention` of `configs/alerts.yaml` and of its kinds."""

from __future__ import annotations

from pydantic import Field, model_validator

from riskwatch.core.documents import Document


class Ceiling(Document):
    """How many incidents of a level may newly be shown in ten minutes, and in a shift."""

    ten_min: int = Field(ge=1)
    shift: int = Field(ge=2)

    @model_validator(mode="after")
    def _fits(self) -> Ceiling:
        if self.ten_min > self.shift:
            raise ValueError(f"ten_min {self.ten_min} is over shift {self.shift}; lower it, or raise shift")
        return self


class AttentionRule(Document):
    """Ceilings, never quotas, of blue and yellow; orange and red have none and cannot be given one.

    Of a shift's room `free_share` is given without question. Beyond it the cut rises with what was
    taken ahead of the clock: only what stands that far above the floor of its likelihood band is shown.
    """

    blue: Ceiling
    yellow: Ceiling
    free_share: float = Field(default=0.5, gt=0, le=1)
