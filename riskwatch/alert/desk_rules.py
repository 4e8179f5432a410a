"""How a desk works, read from `configs/desk.yaml`: limits of the five steps, shelving, flapping, shifts."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from riskwatch.core.alerts import Level
from riskwatch.core.documents import Document
from riskwatch.core.side_states import Step

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

Minutes = Annotated[float, Field(gt=0)]
Hours = Annotated[float, Field(ge=0, le=24 * 14)]


class Limits(Document):
    """Minutes a step may take, by level; without a number it is owed, but never overdue."""

    red_min: Minutes | None = None
    orange_min: Minutes | None = None
    yellow_min: Minutes | None = None
    blue_min: Minutes | None = None

    def of(self, level: Level) -> float | None:
        """The limit in minutes."""
        found: float | None = getattr(self, f"{level.word}_min")
        return found


class DutyRules(Document):
    """The time limit of each step of a hotline desk."""

    accept: Limits = Limits()
    hand_out: Limits = Limits()
    handle: Limits = Limits()
    report_back: Limits = Limits()
    evaluate: Limits = Limits()

    def limit_min(self, step: Step, level: Level) -> float | None:
        """How long a step may take at a level."""
        limits: Limits = getattr(self, step.value)
        return limits.of(level)


class ShelvingRule(Document):
    """The longest that an alert may be shelved, by level; 0 refuses it."""

    red_h: Hours = 1.0
    orange_h: Hours = 4.0
    yellow_h: Hours = 24.0
    blue_h: Hours = 72.0

    def longest_h(self, level: Level) -> float:
        """The bound of a level."""
        found: float = getattr(self, f"{level.word}_h")
        return found


class MaintenanceRule(Document):
    """The longest that a maintenance window may last."""

    longest_days: float = Field(default=14.0, gt=0, le=90)


class FlappingRule(Document):
    """An alert that opens more than `times` times in `within_h` hours is held for `hold_h` hours."""

    times: int = Field(default=3, ge=1)
    within_h: float = Field(default=48.0, gt=0)
    hold_h: float = Field(default=12.0, gt=0, le=168)


class IncidentRule(Document):
    """Alerts of one signature belong together if their areas are near and they open within a window."""

    window_h: float = Field(default=6.0, gt=0)
    longest_h: float = Field(default=72.0, gt=0)


class DrillRule(Document):
    """The longest that an exercise may last, and after how long a test ends by itself."""

    longest_h: float = Field(default=12.0, gt=0, le=72)
    test_min: float = Field(default=60.0, gt=0, le=1440)


class DeskRules(Document):
    """All of it; a store without the file works by these defaults, in which no step has a limit."""

    duties: DutyRules = DutyRules()
    shelving: ShelvingRule = ShelvingRule()
    maintenance: MaintenanceRule = MaintenanceRule()
    flapping: FlappingRule = FlappingRule()
    incidents: IncidentRule = IncidentRule()
    drills: DrillRule = DrillRule()
    verdict_days: float = Field(default=14.0, gt=0)
    shifts: tuple[str, ...] = Field(default=("08:00", "20:00"), min_length=1)

    @field_validator("shifts")
    @classmethod
    def _clock_times(cls, shifts: tuple[str, ...]) -> tuple[str, ...]:
        bad = [s for s in shifts if not _CLOCK.fullmatch(s)]
        if bad:
            raise ValueError(f"'{bad[0]}' is no time of day; write one like '08:00', in quotes")
        if list(shifts) != sorted(set(shifts)):
            raise ValueError(f"shifts {list(shifts)} do not ascend; list each once, earliest first")
        return shifts
