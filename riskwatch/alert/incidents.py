"""Incidents: alerts of one signature in areas near each other, opened close in time, are one happening."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from riskwatch.alert.desk_rules import IncidentRule
from riskwatch.core.alerts import Alert
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import HOUR_US


@dataclass(slots=True)
class Incident:
    """One happening: what it is about, since when, when it last grew, and where."""

    id: str
    mode: str
    signature: str
    first_us: int
    last_us: int
    areas: list[str]


class Incidents:
    """The incidents that may still grow, oldest first; `of` finds or begins that of an alert.

    Near are an area's relatives (above and below) and its siblings. Another signature in the same
    town is another incident, and an exercise never joins what is real.
    """

    def __init__(self, tree: AreaTree, rule: IncidentRule) -> None:
        self._tree, self._rule = tree, rule
        self._growing: list[Incident] = []

    def of(self, alert: Alert) -> str:
        """The id of the incident the alert belongs to, derived from its first alert."""
        at_us = alert.opened_at_us
        self._growing = [i for i in self._growing if self._may_grow(i, at_us)]
        for incident in self._growing:
            same = (incident.mode, incident.signature) == (alert.mode, alert.signature)
            if same and any(self._near(alert.area, area) for area in incident.areas):
                incident.last_us = max(incident.last_us, at_us)
                if alert.area not in incident.areas:
                    incident.areas.append(alert.area)
                return incident.id
        made = Incident(
            "ri-" + hashlib.sha256(alert.id.encode()).hexdigest()[:12],
            str(alert.mode),
            alert.signature,
            at_us,
            at_us,
            [alert.area],
        )
        self._growing.append(made)
        return made.id

    def _may_grow(self, incident: Incident, at_us: int) -> bool:
        window_us = round(self._rule.window_h * HOUR_US)
        longest_us = round(self._rule.longest_h * HOUR_US)
        return at_us - incident.last_us <= window_us and at_us - incident.first_us <= longest_us

    def _near(self, one: str, other: str) -> bool:
        tree = self._tree
        if one in tree.line(other) or other in tree.line(one):
            return True
        up = tree[one].parent
        return up is not None and up == tree[other].parent

    def state(self) -> list[dict[str, Any]]:
        """What may still grow."""
        return [
            {
                "id": i.id,
                "mode": i.mode,
                "signature": i.signature,
                "first_us": i.first_us,
                "last_us": i.last_us,
                "areas": list(i.areas),
            }
            for i in self._growing
        ]

    def load(self, state: Iterable[dict[str, Any]]) -> None:
        """Go on from a state."""
        self._growing = [Incident(**s) for s in state]
