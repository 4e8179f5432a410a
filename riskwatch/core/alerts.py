"""The alert: levels, states, kinds, contributions and the changes that make up its life."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property

from riskwatch.core.side_states import Duty, Flapping, Mode, Quiet, Release, ReleaseState, Shelf, Suppressed


class Level(IntEnum):
    """Colour grades of GB/T 35561 and of impact-based warning: 1 is the gravest.

    >>> Level["ORANGE"].word, Level(4).word
    ('orange', 'blue')
    """

    RED = 1
    ORANGE = 2
    YELLOW = 3
    BLUE = 4

    @property
    def word(self) -> str:
        """The word that goes with the colour, in code and JSON."""
        return self.name.lower()


class AlertKind(StrEnum):
    """A risk in the world, a feed that is down, or a form that changed."""

    RISK = "risk"
    DATA_HEALTH = "data_health"
    SCHEMA = "schema"


class State(StrEnum):
    """Operator states after ISA-18.2."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    HANDLING = "handling"
    RETURNED = "returned"  # cleared before anyone acknowledged
    RESOLVED = "resolved"  # cleared after it was acknowledged
    CLOSED = "closed"  # with a verdict


ENDED = (State.RETURNED, State.RESOLVED, State.CLOSED)


class Verdict(StrEnum):
    """What the desk says at the end; a label of the next training."""

    TRUE = "true"
    FALSE = "false"
    ALREADY_KNOWN = "already_known"
    PLANNED = "planned"
    AVERTED = "averted"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


RIGHT = (Verdict.TRUE, Verdict.ALREADY_KNOWN, Verdict.AVERTED)
WRONG = (Verdict.FALSE, Verdict.PLANNED)
"""A duplicate or one that cannot be told says nothing about whether such alerts are right."""


class Reason(StrEnum):
    """Why an alert changed; every change carries one."""

    OPENED = "opened"
    LEVEL_RAISED = "level_raised"
    LEVEL_LOWERED = "level_lowered"
    EVIDENCE_GREW = "evidence_grew"
    STEADIED = "steadied"  # no longer rising
    INHIBITED = "inhibited"
    RELEASED = "released"  # no longer inhibited, withheld, suppressed or held as flapping
    WITHHELD = "withheld"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    HANDED_OUT = "handed_out"  # to somebody of the desk
    HANDLING = "handling"
    REPORTED = "reported"  # what was done was told back
    HANDED_DOWN = "handed_down"  # to an area below
    HANDED_UP = "handed_up"  # to an area above
    NOTED = "noted"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    OVERDUE = "overdue"
    EXPIRED = "expired"  # ended, and nobody gave a verdict in time
    DRAFTED = "drafted"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    DRILL_ENDED = "drill_ended"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one indicator brings to the likelihood.

    `p` is the tail probability of the observed count given the expectation; `share` is its part
    of the evidence, all shares of an alert add up to 1; `log_odds` is what it adds to the
    log-odds of the outcome. `since_us` is the first call of the window, `usual_per_day` the rate
    that is usual here.
    """

    indicator: str
    window_h: float
    observed: int
    expected: float
    p: float
    share: float
    log_odds: float
    since_us: int | None = None
    usual_per_day: float = 0.0


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level and the decision instant at which it was taken."""

    at_us: int
    level: Level


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts against what was usual, a step each, oldest first; the last step ends at `end_us`."""

    end_us: int
    step_us: int
    observed: tuple[int, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True)  # no slots: a cached property needs somewhere to keep its value
class Assessment:
    """What the composite says of one area's signature at a tick.

    `inhibited_by` is the code of a relative whose alert rests on the same calls. `calls` are those
    of the window that carries most evidence: number `window` of `calls_by_window`, which is left out
    where there is but one. `explain` is called only if something comes of it. `around` are the codes of
    the neighbours whose calls are counted with those of the area.
    """

    area: str
    signature: str
    likelihood: float
    impact: float
    calls: int
    explain: Callable[[], tuple[Contribution, ...]]
    inhibited_by: str | None = None
    window: int = 0
    calls_by_window: tuple[int, ...] = ()
    around: tuple[str, ...] = ()

    def calls_in(self, window: int) -> int:
        """Calls of one window, of the indicators that carry any evidence there."""
        return self.calls_by_window[window] if self.calls_by_window else self.calls

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """Why: what each indicator adds; worked out on first use."""
        return self.explain()


@dataclass(frozen=True, slots=True)
class Alert:
    """An episode of one signature in one area, as it stands after its latest change.

    It always has a `holder`, at first its own area.
    """

    id: str
    kind: AlertKind
    area: str
    signature: str
    level: Level
    peak_level: Level
    levels: tuple[LevelChange, ...]
    shown: bool
    state: State
    opened_at_us: int
    updated_at_us: int
    closed_at_us: int | None = None
    evidence_at_us: int | None = None  # when likelihood to chart were taken: at its last rise
    likelihood: float | None = None
    impact: float | None = None
    contributions: tuple[Contribution, ...] = ()
    inhibited_by: str | None = None  # code of the area whose alert rests on the same calls
    chart: Chart | None = None
    feeds_missing: tuple[str, ...] = ()
    detail: str = ""  # what a data-health or schema alert is about: a feed, a code
    since_us: int | None = None  # data health: when the feed fell silent
    rising: bool = False
    judged: tuple[int, int] = (0, 0)  # of such alerts, how many were right, of how many judged so far
    verdict: Verdict | None = None
    actor: str | None = None
    note: str = ""
    model_versions: tuple[tuple[str, str], ...] = ()
    config_hash: str = ""
    revision: int = 0  # counts the changes, from 1
    handed_to: str | None = None  # code of the area whose desk has it now, if not its own
    handler: str | None = None  # whom the desk handed it out to
    reported_at_us: int | None = None
    incident: str = ""  # alerts of one happening share it
    by_hand: bool = False
    mode: Mode = Mode.ACTUAL
    drill: str = ""  # the name of the exercise or test it belongs to
    duty: Duty | None = None
    shelved: Shelf | None = None
    suppressed: Suppressed | None = None
    flapping: Flapping | None = None
    expired_at_us: int | None = None
    release: Release | None = None
    planned: tuple[tuple[tuple[str, str], ...], ...] = ()  # (language, name) of each that it goes beyond
    around: tuple[str, ...] = ()  # codes of the neighbours whose calls its evidence counts, too

    @property
    def holder(self) -> str:
        """Code of the area whose desk has it now: always exactly one."""
        return self.handed_to or self.area

    @property
    def withheld(self) -> bool:
        """Whether the alert budget holds it back: it is listed, and nobody is told."""
        return self.kind is AlertKind.RISK and not self.shown and self.inhibited_by is None

    @property
    def quiet(self) -> Quiet | None:
        """Why nobody is told now; orange and red are quiet only where an operator shelved them."""
        if self.shelved:
            return Quiet.SHELVED
        if self.level <= Level.ORANGE:
            return None
        if self.suppressed:
            return Quiet.SUPPRESSED
        return Quiet.FLAPPING if self.flapping else None

    @property
    def overdue(self) -> bool:
        """Whether the step that is owed was not done in time."""
        return self.duty is not None and self.duty.overdue_since_us is not None

    @property
    def drafted(self) -> bool:
        """Whether its publication waits for a second person."""
        return self.release is not None and self.release.state is ReleaseState.DRAFTED

    @property
    def released(self) -> bool:
        """Whether it may be published at its present level."""
        kept = self.release
        return kept is not None and kept.state is ReleaseState.APPROVED and kept.level <= self.level


@dataclass(frozen=True, slots=True)
class AlertChange:
    """One appended row of an alert's life: the alert after it, who made it and why."""

    alert: Alert
    reason: Reason
    at_us: int
    actor: str  # "engine", or "NAME (unverified)" until there is sign-in
    came_from: State | None = None  # the state before it; None where it was opened
    why: str = ""  # in the words of who made it


def alert_id(
    *,
    kind: AlertKind,
    area: str,
    signature: str,
    opened_at_us: int,
    detail: str = "",
    mode: Mode = Mode.ACTUAL,
) -> str:
    """An id derived from content, so that a replay makes the same one.

    >>> alert_id(kind=AlertKind.RISK, area="COLLEGEVILLE", signature="gastro", opened_at_us=0)
    'rw-7bb19d9c8a73'
    """
    text = "\x1f".join((kind, area, signature, str(opened_at_us), detail))
    return mode.prefix + hashlib.sha256(text.encode()).hexdigest()[:12]
