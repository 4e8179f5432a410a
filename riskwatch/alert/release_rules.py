"""Who may publish which level to the outside, read from `configs/release.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from riskwatch.core.alerts import Level
from riskwatch.core.documents import Document

GradeWord = Literal["blue", "yellow", "orange", "red"]


class Approvers(Document):
    """The second person of an area and all below it: who approves, and the deputy who may later."""

    area: str
    first: str = Field(min_length=1)
    deputy: str = Field(min_length=1)

    @model_validator(mode="after")
    def _two_people(self) -> Approvers:
        if self.first == self.deputy:
            raise ValueError(f"'{self.first}' is the deputy of '{self.first}'; name another person")
        return self


class ReleaseRules(Document):
    """A matrix by administrative level, and where a second person is needed.

    `levels` lists for each administrative level (the `level` of the areas file) what it may issue; one
    that is not listed issues nothing; without the matrix every level issues everything. Where no
    `approvers` are named for an area, anybody but the drafter may approve.
    """

    levels: Mapping[str, tuple[GradeWord, ...]] = {}
    second_person: tuple[GradeWord, ...] = ("red", "orange")
    limit_min: float = Field(default=30.0, gt=0)
    deputy_after_min: float = Field(default=10.0, ge=0)
    approvers: tuple[Approvers, ...] = ()

    @model_validator(mode="after")
    def _deputy_in_time(self) -> ReleaseRules:
        if self.deputy_after_min >= self.limit_min:
            raise ValueError(
                f"deputy_after_min {self.deputy_after_min} is not before limit_min {self.limit_min}; "
                "let the deputy decide before the draft lapses"
            )
        return self

    def may_issue(self, admin_level: str, level: Level) -> bool:
        """Whether an area of that administrative level may issue an alert level."""
        return not self.levels or level.word in self.levels.get(admin_level, ())

    def needs_second(self, level: Level) -> bool:
        """Whether somebody other than the drafter has to approve."""
        return level.word in self.second_person

    def approvers_of(self, line: tuple[str, ...]) -> Approvers | None:
        """Of the nearest area on the way up that names some."""
        by_area = {a.area: a for a in self.approvers}
        return next((by_area[code] for code in line if code in by_area), None)
