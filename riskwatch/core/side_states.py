"""What an alert may be beside its state: shelved, suppressed, flapping, owed a step, drafted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Set by the system when an alert is made, and never changed."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"

    @property
    def prefix(self) -> str:
        """How the ids of its alerts begin: each mode has a namespace of its own."""
        return {"actual": "rw-", "exercise": "rx-", "test": "rt-"}[self]


class Step(StrEnum):
    """The five steps of a hotline desk."""

    ACCEPT = "accept"
    HAND_OUT = "hand_out"
    HANDLE = "handle"
    REPORT_BACK = "report_back"
    EVALUATE = "evaluate"


class Quiet(StrEnum):
    """Why nobody is told of an alert that is listed all the same."""

    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    FLAPPING = "flapping"


class ReleaseState(StrEnum):
    """Where the publication of an alert to the outside stands."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"  # nobody approved it within its time limit


@dataclass(frozen=True, slots=True)
class Duty:
    """The step that is owed next, since when, until when, and since when it is overdue."""

    step: Step
    since_us: int
    due_us: int | None = None
    overdue_since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Put aside by an operator until an instant; it always ends."""

    until_us: int
    reason: str
    actor: str
    since_us: int


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Within a maintenance window, which always ends."""

    window: str
    until_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class Flapping:
    """Opened `times` times within the hours that the rules name; held until an instant."""

    since_us: int
    until_us: int
    times: int


@dataclass(frozen=True, slots=True)
class Release:
    """A publication to the outside: what level, from which area, by whom, and who decided.

    `level` (1 to 4) is the gravest that may be published under it; a rise beyond it needs another.
    `due_us` is when a draft that nobody decided lapses.
    """

    state: ReleaseState
    level: int
    area: str
    drafted_by: str
    drafted_at_us: int
    due_us: int | None = None
    decided_by: str | None = None
    decided_at_us: int | None = None
    why: str = ""
