"""What people do: actions on one alert, orders to the whole desk, and how either is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from riskwatch.core.alerts import Verdict
from riskwatch.core.clock import DAY_US
from riskwatch.core.errors import RiskwatchError


class ActionKind(StrEnum):
    """What can be done to one alert."""

    ACK = "ack"
    HAND_OUT = "hand_out"  # to somebody of the desk
    HANDLE = "handle"
    REPORT = "report"
    CLOSE = "close"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    HAND = "hand"  # down or up the area tree
    NOTE = "note"
    DRAFT = "draft"
    APPROVE = "approve"
    REJECT = "reject"


class OrderKind(StrEnum):
    """What can be done that is about no alert yet, or about many."""

    OPEN = "open"  # an alert by hand, an exercise's and a test's too
    SUPPRESS = "suppress"
    LIFT = "lift"
    DRILL = "drill"
    END_DRILL = "end_drill"
    MODE = "mode"  # the whole store is an exercise


class ActionRefused(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """The action is not possible; `key` and `fields` say why in any language, the text in English."""

    def __init__(self, text: str, key: str = "state", **fields: object) -> None:
        self.key, self.fields = key, fields
        super().__init__(text)


def counted_from(clock_us: int, at_us: int) -> int:
    """The instant that spans of an action count from: the engine's own where its store lies days back.

    A store that was replayed stands at the end of its file; four hours on the shelf are four hours of
    its time, or they would never end.

    >>> counted_from(clock_us=60_000_000, at_us=61_000_000), counted_from(clock_us=5, at_us=10**12)
    (61000000, 5)
    """
    return clock_us if 0 <= clock_us < at_us - DAY_US else at_us


@dataclass(frozen=True, slots=True)
class Action:
    """An operator's action; `actor` says that nobody checked the name until there is sign-in.

    `to` is a person (hand_out), or an area's code (hand). `now_us` is the engine's instant where it
    is not the operator's: spans such as a shelf's count from it.
    """

    kind: ActionKind
    alert: str
    actor: str
    at_us: int
    verdict: Verdict | None = None
    note: str = ""
    to: str = ""
    until_us: int | None = None
    engine_us: int | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any], alert: str, engine_us: int) -> Action:
        """An inbox entry's action on an alert; its span is counted from the engine's instant."""
        at_us, until_us = int(body["at_us"]), body.get("until_us")
        return cls(
            ActionKind(body["kind"]),
            alert,
            body["actor"],
            at_us,
            Verdict(body["verdict"]) if body.get("verdict") else None,
            body["note"],
            body.get("to", ""),
            None if until_us is None else until_us - at_us + engine_us,
            engine_us,
        )

    @property
    def now_us(self) -> int:
        """The instant that spans count from."""
        return self.at_us if self.engine_us is None else self.engine_us


@dataclass(frozen=True, slots=True)
class Order:
    """An order to the desk: who, when, why, and what its kind needs besides.

    OPEN: id, area, signature, level (1 to 4), what, mode, drill. SUPPRESS: window, area, signature
    (None: every one), until_us. LIFT: window. DRILL: name, until_us. MODE: mode, name.
    """

    kind: OrderKind
    actor: str
    at_us: int
    why: str
    given: dict[str, Any]
    engine_us: int | None = None

    @property
    def now_us(self) -> int:
        """The instant that spans count from."""
        return self.at_us if self.engine_us is None else self.engine_us
