"""Alerts held against what happened: the rows that every figure of an audit is counted from.

An alert fits a happening if it is a shown risk alert of one of its signatures, on the same line of
the tree (the place, above it or below it), and opened or rose from the happening's start to a grace
after its end. It detects the happening for a group if it lies above or at the place, or in that group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskwatch.audit.happenings import Happening, Outside
from riskwatch.core.alerts import RIGHT, WRONG, Alert, AlertKind
from riskwatch.core.areas import AreaTree
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.core.indicators import IndicatorRegistry

GRACE_US = 6 * HOUR_US
TOUCHED_SHARE = 0.25
"""A happening or an alert counts for a group that has at least this share of the people below it."""

MONTH_DAYS = 365.25 / 12
UNLABELLED = "-"


@dataclass(frozen=True, slots=True)
class Hit:
    """A happening in one group: whether and how many hours after its start an alert came.

    `hours` of one that was missed is how long an alert could have come. `week` and `cluster` are the
    blocks it belongs to: the week of its start, and the place one level above the finest.
    """

    happening: str
    group: str
    domain: str
    week: int
    cluster: str
    detected: bool
    hours: float


@dataclass(frozen=True, slots=True)
class Call:
    """A shown risk alert in one group; `right` is None where nobody can say."""

    alert: str
    group: str
    domain: str
    week: int
    cluster: str
    right: bool | None
    likelihood: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a group lived through: areas without children, people (None if not known), and months."""

    areas: int
    people: int | None
    months: float


class Places:
    """The tree as an audit reads it: leaves, their labels in one partition, and who touches whom."""

    def __init__(self, tree: AreaTree, group_key: str | None) -> None:
        self.tree = tree
        parents = {int(p) for p in tree.parent if p >= 0}
        self.leaves = [i for i in range(len(tree.codes)) if i not in parents]
        self.label = {
            i: (a.groups.get(group_key, UNLABELLED) if group_key else "") for i, a in enumerate(tree.areas)
        }
        known = all(tree.areas[i].population is not None for i in self.leaves)
        self.people_known = known
        weight = np.zeros(len(tree.codes))
        for i in self.leaves:
            weight[i] = (tree.areas[i].population or 0) if known else 1
        self.groups = tuple(sorted({self.label[i] for i in self.leaves}))
        self._below: dict[int, dict[str, float]] = {i: {} for i in range(len(tree.codes))}
        for leaf in self.leaves:
            for up in tree.paths[leaf]:
                if up >= 0:
                    found = self._below[int(up)]
                    found[self.label[leaf]] = found.get(self.label[leaf], 0.0) + float(weight[leaf])
        self._cluster_depth = max(int(tree.depth.max(initial=0)) - 1, 0)

    def touched(self, areas: Iterable[str]) -> tuple[str, ...]:
        """The groups that have at least `TOUCHED_SHARE` of the people below these areas."""
        total: dict[str, float] = {}
        for code in areas:
            for label, people in self._below[self.tree.index[code]].items():
                total[label] = total.get(label, 0.0) + people
        whole = sum(total.values())
        return tuple(sorted(g for g, n in total.items() if n >= TOUCHED_SHARE * whole))

    def cluster(self, code: str) -> str:
        """The place one level above the finest; a higher place is its own."""
        line = self.tree.line(code)  # from the place up to the root
        return line[max(len(line) - 1 - self._cluster_depth, 0)]

    def fits(self, alert: Alert, place: str, group: str) -> bool:
        """Whether an alert speaks for this group of this place; its neighbours' calls are its own."""
        return any(self._fits(area, place, group) for area in (alert.area, *alert.around))

    def _fits(self, area: str, place: str, group: str) -> bool:
        if area not in self.tree.index:
            return False
        if area in self.tree.line(place):
            return True
        return place in self.tree.line(area) and group in self.touched([area])

    def exposure(self, days: float) -> dict[str, Exposure]:
        """Of each group over so many days."""
        found = {}
        for group in self.groups:
            mine = [i for i in self.leaves if self.label[i] == group]
            people = sum(self.tree.areas[i].population or 0 for i in mine) if self.people_known else None
            found[group] = Exposure(len(mine), people, days / MONTH_DAYS)
        return found


@dataclass(frozen=True, slots=True)
class Matched:
    """All rows of one store against one truth."""

    hits: tuple[Hit, ...]
    calls: tuple[Call, ...]
    exposure: Mapping[str, Exposure]
    weeks: int

    @property
    def rows(self) -> list[Hit | Call]:
        """Hits and calls together."""
        return [*self.hits, *self.calls]


def match(
    alerts: Sequence[Alert], outside: Outside, places: Places, registry: IndicatorRegistry
) -> Matched:
    """Hold the alerts of a span against what happened in it."""
    start_us, end_us = outside.span_us
    shown = [
        a
        for a in alerts
        if a.kind is AlertKind.RISK
        and a.shown
        and a.area in places.tree.index
        and start_us <= a.opened_at_us < end_us
        and (outside.judged is None or _judged(a, outside) is not None)
    ]
    rises = {a.id: _rises(a) for a in shown}
    by_signature: dict[str, list[Alert]] = {}
    for alert in shown:
        by_signature.setdefault(alert.signature, []).append(alert)
    right: set[str] = set()
    hits: list[Hit] = []
    for happening in outside.happenings:
        mine = [a for s in sorted(happening.signatures) for a in by_signature.get(s, ())]
        right |= {a.id for a in mine if _came(happening, a, rises) and _on_line(places, a, happening)}
        hits += [_hit(happening, g, mine, rises, places, start_us) for g in places.touched(happening.areas)]
    calls = [call for a in shown for call in _calls(a, a.id in right, outside, places, registry)]
    days = (end_us - start_us) / DAY_US
    exposure = places.exposure(days)
    if outside.judged is not None:
        exposure = _sampled(exposure, outside, places)
    return Matched(tuple(hits), tuple(calls), exposure, int(np.ceil(days / 7)))


def _judged(alert: Alert, outside: Outside) -> int | None:
    """The start of the judged day that an alert of a judged area opened in."""
    days = (day for area, day in outside.judged or () if area == alert.area)
    return next((d for d in days if d <= alert.opened_at_us < d + DAY_US), None)


def _rises(alert: Alert) -> tuple[int, ...]:
    """When it opened and when its level rose."""
    instants, level = [alert.opened_at_us], None
    for change in alert.levels:
        if level is not None and change.level < level:
            instants.append(change.at_us)
        level = change.level
    return tuple(instants)


def _came(happening: Happening, alert: Alert, rises: Mapping[str, tuple[int, ...]]) -> int | None:
    """The first instant at which an alert could have told of a happening; None if there is none."""
    end_us = happening.end_us + GRACE_US
    return next((at for at in rises[alert.id] if happening.start_us <= at < end_us), None)


def _on_line(places: Places, alert: Alert, happening: Happening) -> bool:
    line = places.tree.line(alert.area)
    return any(alert.area in places.tree.line(area) or area in line for area in happening.areas)


def _hit(
    happening: Happening,
    group: str,
    mine: Sequence[Alert],
    rises: Mapping[str, tuple[int, ...]],
    places: Places,
    start_us: int,
) -> Hit:
    instants = [
        at
        for a in mine
        if any(places.fits(a, area, group) for area in happening.areas)
        and (at := _came(happening, a, rises)) is not None
    ]
    until_us = min(instants) if instants else happening.end_us + GRACE_US
    return Hit(
        happening.id,
        group,
        happening.domain,
        (happening.start_us - start_us) // (7 * DAY_US),
        places.cluster(happening.areas[0]),
        bool(instants),
        (until_us - happening.start_us) / HOUR_US,
    )


def _calls(
    alert: Alert, fits: bool, outside: Outside, places: Places, registry: IndicatorRegistry
) -> list[Call]:
    if alert.verdict in RIGHT or fits:
        right: bool | None = True
    else:
        right = False if outside.complete or alert.verdict in WRONG else None
    domain = (
        registry.signature(alert.signature).domain if alert.signature in registry.signature_index else ""
    )
    week = (alert.opened_at_us - outside.span_us[0]) // (7 * DAY_US)
    return [
        Call(alert.id, group, domain, week, places.cluster(alert.area), right, alert.likelihood or 0.0)
        for group in places.touched([alert.area])
    ]


def _sampled(exposure: Mapping[str, Exposure], outside: Outside, places: Places) -> dict[str, Exposure]:
    """Months of the area-days that were judged, spread over the areas of their group."""
    days: dict[str, int] = {}
    for area, _ in outside.judged or ():
        label = places.label[places.tree.index[area]]
        days[label] = days.get(label, 0) + 1
    return {
        g: Exposure(e.areas, e.people, days.get(g, 0) / MONTH_DAYS / e.areas) for g, e in exposure.items()
    }
