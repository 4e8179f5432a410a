"""Flapping: an episode that opens and clears again and again is marked, and held for a while, openly."""

from __future__ import annotations

from riskwatch.alert.desk_rules import FlappingRule
from riskwatch.alert.shelving import told_again
from riskwatch.alert.terms import changed
from riskwatch.core.alerts import Alert, AlertChange, Reason
from riskwatch.core.clock import HOUR_US
from riskwatch.core.revised import revised
from riskwatch.core.side_states import Flapping


class Flaps:
    """When each (area, signature) opened lately."""

    def __init__(self, rule: FlappingRule) -> None:
        self._rule = rule
        self._opened: dict[tuple[str, str], list[int]] = {}
        self._looked_h = -1

    def opened(self, alert: Alert) -> Flapping | None:
        """Count an opening; what opened too often within the window flaps."""
        at_us, key = alert.opened_at_us, (alert.area, alert.signature)
        since_us = at_us - round(self._rule.within_h * HOUR_US)
        if at_us // HOUR_US != self._looked_h:  # to forget is to save room: what is old is not counted
            self._opened = {k: v for k, v in self._opened.items() if v[-1] > since_us}
            self._looked_h = at_us // HOUR_US
        before = [t for t in self._opened.get(key, ()) if t > since_us]
        if not before:
            self._opened.pop(key, None)  # as if it had been forgotten: the newest stand last
        times = self._opened[key] = [*before, at_us]
        if len(times) <= self._rule.times:
            return None
        return Flapping(at_us, at_us + round(self._rule.hold_h * HOUR_US), len(times))

    def state(self) -> list[list[object]]:
        """(area, signature, instants) of what opened lately, as of the last opening."""
        newest_us = max((times[-1] for times in self._opened.values()), default=0)
        since_us = newest_us - round(self._rule.within_h * HOUR_US)
        return [[area, sig, list(at)] for (area, sig), at in self._opened.items() if at[-1] > since_us]

    def load(self, state: list[list[object]]) -> None:
        """Go on from a state."""
        self._opened = {(str(a), str(s)): list(t) for a, s, t in state}  # type: ignore[call-overload] # JSON
        self._looked_h = -1


def flapping_ended(alert: Alert, at_us: int) -> AlertChange | None:
    """The change that tells it again, if its hold is over."""
    if alert.flapping is None or at_us < alert.flapping.until_us:
        return None
    back = told_again(revised(alert, flapping=None))
    return changed(alert, back, Reason.RELEASED, at_us, why="flapping")
