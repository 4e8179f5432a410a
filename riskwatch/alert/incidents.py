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


class _Reach:
    """Who is near an incident's areas: those above and below them, and their siblings."""

    def __init__(self, tree: AreaTree, areas: Iterable[str]) -> None:
        self._tree = tree
        self._areas: set[str] = set()
        self._above: set[str] = set()  # the areas and all above them
        self._parents: set[str | None] = set()
        for area in areas:
            self.add(area)

    def add(self, area: str) -> None:
        self._areas.add(area)
        self._above.update(self._tree.line(area))
        self._parents.add(self._tree[area].parent)

    def near(self, area: str) -> bool:
        up = self._tree[area].parent
        return (
            area in self._above
            or not self._areas.isdisjoint(self._tree.line(area))
            or (up is not None and up in self._parents)
        )


class Incidents:
    """The incidents that may still grow, oldest first; `of` finds or begins that of an alert.

    Near are an area's relatives (above and below) and its siblings. Another signature in the same
    town is another incident, and an exercise never joins what is real.
    """

    def __init__(self, tree: AreaTree, rule: IncidentRule) -> None:
        self._tree, self._rule = tree, rule
        self._growing: list[Incident] = []
        self._like: dict[tuple[str, str], list[tuple[Incident, _Reach]]] = {}  # by mode and signature
        self._looked_us = -1

    def of(self, alert: Alert) -> str:
        """The id of the incident the alert belongs to, derived from its first alert."""
        at_us = alert.opened_at_us
        if at_us != self._looked_us:  # once for all that open at an instant
            self._hold([i for i in self._growing if self._may_grow(i, at_us)])
            self._looked_us = at_us
        like = self._like.setdefault((str(alert.mode), alert.signature), [])
        for incident, reach in like:
            if reach.near(alert.area):
                incident.last_us = max(incident.last_us, at_us)
                if alert.area not in incident.areas:
                    incident.areas.append(alert.area)
                    reach.add(alert.area)
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
        like.append((made, _Reach(self._tree, made.areas)))
        return made.id

    def _hold(self, growing: list[Incident]) -> None:
        """Keep these and no others."""
        if len(growing) == len(self._growing):
            return
        kept, self._growing = {i.id for i in growing}, growing
        self._like = {
            key: [held for held in like if held[0].id in kept] for key, like in self._like.items()
        }

    def _may_grow(self, incident: Incident, at_us: int) -> bool:
        window_us = round(self._rule.window_h * HOUR_US)
        longest_us = round(self._rule.longest_h * HOUR_US)
        return at_us - incident.last_us <= window_us and at_us - incident.first_us <= longest_us

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
        self._growing, self._like, self._looked_us = [Incident(**s) for s in state], {}, -1
        for made in self._growing:
            like = self._like.setdefault((made.mode, made.signature), [])
            like.append((made, _Reach(self._tree, made.areas)))
