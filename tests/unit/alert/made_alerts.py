"""Rules, assessments and stamps by hand."""

from __future__ import annotations

from typing import Any

from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.episodes import Episodes, Stamp
from riskwatch.alert.release_rules import ReleaseRules
from riskwatch.alert.rules import AlertRules
from riskwatch.alert.terms import Terms
from riskwatch.core.alerts import Alert, AlertChange, Assessment, Chart, Contribution, Reason, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.documents import parse_document

STEP_H = 0.25
CHART = Chart(0, HOUR_US, (1,), (0.5,))
BASE: dict[str, Any] = {
    "likelihood": [0.05, 0.10, 0.40],
    "impact": [3.0, 5.0, 7.0],
    "matrix": [
        ["blue", "blue", "yellow", "yellow"],
        ["yellow", "orange", "orange", "orange"],
        ["orange", "orange", "red", "red"],
    ],
    "clear": {"factor": 0.6, "dwell_h": 6},
    "tests": [{"likelihood": 0.06, "impact": 2, "expect": "blue"}],
}
NONE, BLUE, YELLOW, ORANGE, RED = 0.01, 0.06, 0.12, 0.2, 0.5
"""Likelihoods that give the level at impact 4 (2 for yellow)."""


def rules(**changes: Any) -> AlertRules:
    return parse_document(BASE | changes, AlertRules, "alerts.yaml")


TREE = AreaTree(
    [
        Area("COUNTY", "County", None, "county"),
        Area("TOWN", "Town", "COUNTY", "town"),
        Area("OTHER", "Other", "COUNTY", "town"),
        Area("VILLAGE", "Village", "TOWN", "village"),
    ]
)


def terms(**given: Any) -> Terms:
    """The default rules over a small tree, changed by `rules` and `release`."""
    desk = parse_document(given.get("rules", {}), DeskRules, "desk.yaml")
    return Terms(TREE, desk, parse_document(given.get("release", {}), ReleaseRules, "release.yaml"))


def assessed(
    likelihood: float,
    *,
    by: str | None = None,
    calls: int = 10,
    impact: float = 4.0,
    area: str = "TOWN",
    windows: tuple[int, ...] = (),
) -> Assessment:
    """With `windows`, the calls are those of the window that has most of them."""
    if windows:
        calls = max(windows)
    found = windows.index(calls) if windows else 0
    told = Contribution("fever", 1.0, calls, 0.5, 0.001, 1.0, 3.0)
    return Assessment(area, "gastro", likelihood, impact, calls, lambda: (told,), by, found, windows)


def stamp(at_us: int, missing: tuple[str, ...] = ()) -> Stamp:
    return Stamp(
        at_us=at_us,
        feeds_missing=missing,
        judged=lambda signature: (len(signature), 7),
        model_versions=(("bundle", "1"),),
        config_hash="cafe",
    )


class Timeline:
    """Gives one assessment a quarter of an hour and keeps the changes."""

    def __init__(self, **changes: Any) -> None:
        self.episodes = Episodes(rules(**changes))
        self.at_us = 1_000 * HOUR_US
        self.told: list[AlertChange] = []

    def step(self, likelihood: float, hours: float = STEP_H, **more: Any) -> list[str]:
        """The same assessment for so many hours; the reasons of its changes, but that it is steady."""
        before = len(self.told)
        for _ in range(round(hours / STEP_H)):
            self.at_us += 15 * MINUTE_US
            self.told += self.episodes.step(
                [assessed(likelihood, **more)], stamp(self.at_us), lambda _: CHART
            )
        return [str(c.reason) for c in self.told[before:] if c.reason is not Reason.STEADIED]

    @property
    def alert(self) -> Alert:
        """As it stands after its last change."""
        return self.told[-1].alert

    def operator(self, **changes: Any) -> None:
        """What an operator made of it."""
        from dataclasses import replace

        self.episodes.adopt(replace(self.alert, revision=self.alert.revision + 1, **changes))

    def closed(self) -> None:
        self.operator(state=State.CLOSED, closed_at_us=self.at_us)
