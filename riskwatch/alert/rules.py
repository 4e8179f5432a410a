"""Grading rules, read from `configs/alerts.yaml`: the likelihood x impact matrix and what holds a level."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from riskwatch.alert.attention_rules import AttentionRule
from riskwatch.core.alerts import Level
from riskwatch.core.documents import Document

LevelWord = Literal["none", "blue", "yellow", "orange", "red"]
_LEAST_LIKELIHOOD = 1e-9
_LEAST_JUSTIFICATION = 20  # characters: a word is no reason


class ClearRule(Document):
    """A level falls when likelihood stays below `factor` of what raised it for `dwell_h` hours."""

    factor: float = Field(default=0.6, gt=0, le=1)
    dwell_h: float = Field(default=6.0, gt=0)


class NoticeRule(Document):
    """Levels of what is about the data, not the world."""

    source_down: LevelWord = "yellow"
    indicator_down: LevelWord = "blue"
    new_code: LevelWord = "blue"
    receiver_down: LevelWord = "yellow"
    new_code_days: float = Field(default=7.0, gt=0)


class GradingTest(Document):
    """A worked example that `riskwatch check` runs: this likelihood and impact give this level."""

    likelihood: float = Field(ge=0, le=1)
    impact: float = Field(ge=0, le=10)
    expect: LevelWord


Bound = Annotated[float, Field(ge=0, le=1)]
Impact = Annotated[float, Field(ge=0, le=10)]


class Kind(Document):
    """A kind of terrain or service with rules of its own: whom it is for, why, and what differs.

    It is for areas `under` these codes, of these administrative `levels`, of these `signatures`; labels
    that audits split by are no grounds. What is left out is as everywhere.
    """

    under: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    justification: str
    likelihood: tuple[Bound, ...] | None = None
    impact: tuple[Impact, ...] | None = None
    matrix: tuple[tuple[LevelWord, ...], ...] | None = None
    min_calls: int | None = Field(default=None, ge=1)
    clear: ClearRule | None = None
    release_h: float | None = Field(default=None, ge=0)
    attention: AttentionRule | None = None
    tests: tuple[GradingTest, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _grounded(self) -> Kind:
        if len(self.justification.strip()) < _LEAST_JUSTIFICATION:
            raise ValueError(
                f"justification '{self.justification}' explains nothing; "
                "say in a sentence why these places differ, and after whom"
            )
        if not (self.under or self.levels or self.signatures):
            raise ValueError("it is for nobody; name areas (under), levels or signatures")
        return self

    @property
    def differs(self) -> dict[str, object]:
        """The rules that it overrides."""
        whom = {"under", "levels", "signatures", "justification", "tests"}
        return self.model_dump(exclude=whom, exclude_none=True)


class AlertRules(Document):
    """The matrix after WMO impact-based warning: rows are likelihood bands, columns impact bands.

    `likelihood` are the lower bounds of the bands, ascending; below the first, nothing is graded.
    `impact` are the bounds between the bands, so a row has one level more than there are bounds.
    """

    likelihood: tuple[Bound, ...] = Field(min_length=1)
    impact: tuple[Impact, ...] = Field(min_length=1)
    matrix: tuple[tuple[LevelWord, ...], ...]
    min_calls: int = Field(default=3, ge=1)
    clear: ClearRule = ClearRule()
    release_h: float = Field(default=1.0, ge=0)
    notices: NoticeRule = NoticeRule()
    attention: AttentionRule | None = None
    kinds: Mapping[str, Kind] = {}
    tests: tuple[GradingTest, ...] = Field(min_length=1)

    @field_validator("likelihood", "impact")
    @classmethod
    def _ascending(cls, bounds: tuple[float, ...]) -> tuple[float, ...]:
        if list(bounds) != sorted(set(bounds)):
            raise ValueError(f"bounds {list(bounds)} do not ascend; list each once, lowest first")
        return bounds

    @model_validator(mode="after")
    def _rectangular(self) -> AlertRules:
        rows, columns = len(self.likelihood), len(self.impact) + 1
        if len(self.matrix) != rows or any(len(row) != columns for row in self.matrix):
            raise ValueError(
                f"matrix is not {rows} rows of {columns} levels; give a row for each likelihood band "
                "and a level for each impact band"
            )
        return self

    @model_validator(mode="after")
    def _sound_kinds(self) -> AlertRules:
        for name, kind in self.kinds.items():
            if not kind.differs:
                raise ValueError(f"kinds.{name} overrides nothing; say what differs, or remove it")
            try:
                self.of_kind(name)
            except ValidationError as error:
                told = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
                raise ValueError(f"kinds.{name}: {told}") from None
        return self

    def of_kind(self, name: str) -> AlertRules:
        """The common rules with what a kind overrides; its tests in place of theirs."""
        kind = self.kinds[name]
        common = self.model_dump(exclude={"kinds", "tests"})
        return AlertRules.model_validate(common | kind.differs | {"tests": kind.tests})

    def of(self, area: str, signature: str) -> AlertRules:
        """The rules of a place where no kinds are told apart: these."""
        del area, signature
        return self

    def grade(self, likelihood: float, impact: float) -> Level | None:
        """The level of a likelihood and an impact, or None below the matrix."""
        row = bisect_right(self.likelihood, likelihood) - 1
        return None if row < 0 else self._levels[row][bisect_right(self.impact, impact)]

    def strength(self, likelihood: float) -> float:
        """How far a likelihood stands above the floor of its band: 0 at the floor, 1 at the next band."""
        bounds = (*self.likelihood, 1.0)
        row = bisect_right(self.likelihood, likelihood) - 1
        if row < 0:
            return 0.0
        low, high = max(bounds[row], _LEAST_LIKELIHOOD), max(bounds[row + 1], _LEAST_LIKELIHOOD)
        return 1.0 if high <= low else min(math.log(max(likelihood, low) / low) / math.log(high / low), 1.0)

    @cached_property
    def _levels(self) -> tuple[tuple[Level | None, ...], ...]:
        return tuple(tuple(map(level_of, row)) for row in self.matrix)

    @property
    def floor(self) -> float:
        """The least likelihood that is graded at all."""
        return self.likelihood[0]

    def notable(self, likelihood: float, impact: float) -> bool:
        """Whether it would be graded at all."""
        return self.grade(likelihood, impact) is not None

    def failed_tests(self) -> list[str]:
        """One sentence for each of `tests` that does not hold."""
        failed = []
        for n, test in enumerate(self.tests):
            level = self.grade(test.likelihood, test.impact)
            got = level.word if level else "none"
            if got != test.expect:
                given = f"likelihood {test.likelihood}, impact {test.impact}"
                failed.append(f"tests.{n}: {given} gives {got}, not {test.expect}")
        for name in self.kinds:
            failed += [f"kinds.{name}.{told}" for told in self.of_kind(name).failed_tests()]
        return failed


def level_of(word: LevelWord) -> Level | None:
    """The level a config word names.

    >>> level_of("red"), level_of("none")
    (<Level.RED: 1>, None)
    """
    return None if word == "none" else Level[word.upper()]
