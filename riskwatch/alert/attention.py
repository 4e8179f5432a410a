"""Attention: a controller that holds what blue and yellow take of a desk under its ceilings.

It moves only the cut of what is shown, never a likelihood or a level. All that it remembers is what was
shown in the shift that runs and in the last ten minutes, so nothing can wind up: a storm that filled
every ceiling leaves the next shift its whole room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from riskwatch.alert.attention_rules import AttentionRule, Ceiling
from riskwatch.alert.rules import AlertRules
from riskwatch.core.alerts import Alert, Level
from riskwatch.core.clock import DAY_US, MINUTE_US
from riskwatch.core.shifts import shift_at

TEN_MIN_US = 10 * MINUTE_US
GRAVE_DAYS = 7
"""For so long after its last word of orange or red an incident's lesser alerts take no room."""


class Accounts(Protocol):
    """Which rules hold in a place, and on which account its alerts take room."""

    @property
    def accounts(self) -> Mapping[str, AttentionRule]:
        """The ceilings of each account, by name; the common one is ''."""
        ...

    def of(self, area: str, signature: str) -> AlertRules:
        """The grading rules of an area's signature."""
        ...

    def account(self, area: str, signature: str) -> str:
        """The account of an area's signature."""
        ...


@dataclass(frozen=True, slots=True)
class Showing:
    """An incident that was newly shown at a level."""

    at_us: int
    account: str
    level: int
    incident: str


@dataclass(frozen=True, slots=True)
class Room:
    """The incidents shown under a ceiling, and how far the shift's are ahead of the clock, as a share."""

    ceiling: Ceiling
    shift: frozenset[str]
    ten_min: frozenset[str]
    ahead: float

    @property
    def cut(self) -> float:
        """How far above the floor of its likelihood band an alert must stand to be shown, 0 to 1."""
        return max(self.ahead, 0.0)

    def told(self) -> dict[str, Any]:
        """As the store's standing has it."""
        return {
            "shift": len(self.shift),
            "shift_ceiling": self.ceiling.shift,
            "ten_min": len(self.ten_min),
            "ten_min_ceiling": self.ceiling.ten_min,
            "cut": round(self.cut, 4),
        }

    def has(self, incident: str) -> bool:
        """Whether an incident may be shown: it is counted already, or there is a place for one more."""
        return (incident in self.shift or len(self.shift) < self.ceiling.shift) and (
            incident in self.ten_min or len(self.ten_min) < self.ceiling.ten_min
        )


class Attention:
    """One desk's accounts; `take` asks for room, `heed` learns of what is orange or red."""

    def __init__(self, places: Accounts, shifts: Sequence[str], timezone: str) -> None:
        self._places, self._shifts, self._timezone = places, tuple(shifts), timezone
        self._showings: list[Showing] = []
        self._grave: dict[str, int] = {}
        self._shift = (0, 0)
        self._now_us = 0
        self._heeded_us = -1

    def heed(self, alert: Alert, at_us: int) -> None:
        """An incident that is shown at orange or red has the desk's attention: the rest of it is free."""
        if alert.shown and alert.level <= Level.ORANGE and alert.incident:
            if at_us != self._heeded_us:  # once for all of an instant
                oldest_us = at_us - GRAVE_DAYS * DAY_US
                self._grave = {i: last for i, last in self._grave.items() if last >= oldest_us}
                self._heeded_us = at_us
            self._grave[alert.incident] = at_us

    def take(self, alert: Alert, at_us: int, *, waited: bool = False) -> bool:
        """Whether an alert may be shown now; if so it takes room.

        One that `waited` is shown only while the cut stands at nothing, so that what is new finds room.
        """
        rules, level = self._places.of(alert.area, alert.signature), alert.level
        name = self._places.account(alert.area, alert.signature)
        rule = self._places.accounts.get(name)
        incident = alert.incident or alert.id
        if rule is None or level <= Level.ORANGE or incident in self._grave:
            return True
        self._now_us = now_us = max(self._now_us, at_us)
        self._forget(now_us)
        room = self._room(name, rule, level, now_us)
        if not room.has(incident):
            return False
        if incident not in room.shift:  # one that is counted already needs no more of the shift's room
            if waited and room.ahead >= 0:
                return False
            if room.cut > 0 and rules.strength(alert.likelihood or 0.0) < room.cut:
                return False
        self._showings.append(Showing(now_us, name, int(level), incident))
        return True

    def _forget(self, now_us: int) -> None:
        """Let go of what neither the shift nor the ten minutes hold."""
        oldest_us = min(self._shift_at(now_us)[0], now_us - TEN_MIN_US)
        self._showings = [s for s in self._showings if s.at_us >= oldest_us]

    def _shift_at(self, at_us: int) -> tuple[int, int]:
        if not self._shift[0] <= at_us < self._shift[1]:
            self._shift = shift_at(at_us, self._shifts, self._timezone)
        return self._shift

    def _room(self, name: str, rule: AttentionRule, level: Level, at_us: int) -> Room:
        begin_us, end_us = self._shift_at(at_us)
        ceiling = rule.yellow if level is Level.YELLOW else rule.blue
        mine = [s for s in self._showings if (s.account, s.level) == (name, level)]
        shift = frozenset(s.incident for s in mine if s.at_us >= begin_us)
        ten_min = frozenset(s.incident for s in mine if s.at_us > at_us - TEN_MIN_US)
        allowed = max((at_us - begin_us) / (end_us - begin_us), rule.free_share)
        return Room(ceiling, shift, ten_min, len(shift) / ceiling.shift - allowed)

    def told(self, at_us: int) -> dict[str, Any]:
        """Where every account stands at an instant, by level: taken, the ceilings and the cut."""
        return {
            name: {
                level.word: self._room(name, rule, level, at_us).told()
                for level in (Level.YELLOW, Level.BLUE)
            }
            for name, rule in self._places.accounts.items()
        }

    def state(self) -> dict[str, Any]:
        """What was shown lately, and which incidents are grave."""
        return {
            "showings": [asdict(s) for s in self._showings],
            "grave": dict(self._grave),
            "now_us": self._now_us,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self._showings = [Showing(**s) for s in state["showings"]]
        self._grave = dict(state["grave"])
        self._now_us, self._shift, self._heeded_us = int(state["now_us"]), (0, 0), -1
