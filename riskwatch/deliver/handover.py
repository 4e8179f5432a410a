"""The handover sheet: what the next shift must know, one incident a line with its list of alerts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from riskwatch.core.alerts import ENDED, Alert, AlertKind
from riskwatch.core.clock import HOUR_US, iso
from riskwatch.core.shifts import shift_at
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import Standing
from riskwatch.store.listing import Marked

SECTIONS = ("new", "rising", "open", "overdue", "quiet", "withheld", "drafts", "ended", "data")


@dataclass(frozen=True, slots=True)
class Happening:
    """The alerts of one incident, graver first; one that belongs to none is alone."""

    incident: str
    alerts: tuple[Alert, ...]
    more: int = 0

    @property
    def lead(self) -> Alert:
        """The gravest."""
        return self.alerts[0]

    @property
    def members(self) -> tuple[Alert, ...]:
        """The others."""
        return self.alerts[1:]

    @property
    def size(self) -> int:
        """How many alerts it is."""
        return len(self.alerts) + self.more


@dataclass(frozen=True, slots=True)
class Handover:
    """One sheet. An alert is new, rising, open or quiet; what is overdue is listed there once more.

    `totals` counts the alerts of each section, listed or not.
    """

    since_us: int
    until_us: int
    sections: Mapping[str, tuple[Happening, ...]]
    totals: Mapping[str, int]
    blind: Mapping[str, int] = field(default_factory=dict)
    planned: tuple[Mapping[str, Any], ...] = ()
    drill: str = ""

    def more(self, section: str) -> int:
        """How many alerts of a section are of happenings that are not listed."""
        return self.totals[section] - sum(one.size for one in self.sections[section])


def shift_start(now_us: int, shifts: Sequence[str], timezone: str) -> int:
    """Where the sheet begins: the shift that runs, or in the first hour of one, the shift before it.

    Shifts begin at local times of day, so one is an hour longer or shorter when the clocks change.

    >>> iso(shift_start(1_738_829_400_000_000, ("08:00", "20:00"), "UTC"))  # 2025-02-06 08:10
    '2025-02-05T20:00:00Z'
    """
    return shift_at(now_us - HOUR_US, shifts, timezone)[0]


Marks = Alert | Marked
Read = Callable[[Collection[str]], Mapping[str, Alert]]


@dataclass(frozen=True, slots=True)
class Span:
    """What a sheet is about: the instants it covers, and how the engine stands."""

    since_us: int
    until_us: int
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """How much a sheet lists: happenings of a section, alerts of a happening, further alerts in all."""

    most: int = 50
    most_alerts: int = 60
    members: int = 400


def sheet(alerts: Iterable[Marks], read: Read, span: Span, room: Room | None = None) -> Handover:
    """The sheet of alerts that stand or ended since, graver first; `read` gives those that it lists."""
    room = room or Room()
    sections: dict[str, list[Marks]] = {name: [] for name in SECTIONS}
    for alert in alerts:
        if not alert.shown:
            if alert.withheld and alert.state not in ENDED:
                sections["withheld"].append(alert)
            continue
        place = _section(alert, span.since_us)
        if place:
            sections[place].append(alert)
        if alert.overdue:
            sections["overdue"].append(alert)
        if alert.drafted:
            sections["drafts"].append(alert)
    cut, left = {}, room.members
    for name, found in sections.items():
        cut[name] = _cut(grouped(found), room, left)
        left -= sum(len(ids) - 1 for ids, _ in cut[name])
    bodies = read({i for happenings in cut.values() for ids, _ in happenings for i in ids})
    told = span.standing.feeds if span.standing else {}
    listed = {
        name: tuple(
            Happening(bodies[ids[0]].incident or ids[0], tuple(bodies[i] for i in ids), more)
            for ids, more in happenings
        )
        for name, happenings in cut.items()
    }
    return Handover(
        span.since_us,
        span.until_us,
        listed,
        {name: len(found) for name, found in sections.items()},
        dict(told.get("down_since_us", {})),
        tuple(told.get("windows", ())),
        drill_name(span.standing),
    )


def _cut(groups: Iterable[list[Marks]], room: Room, left: int) -> list[tuple[list[str], int]]:
    """Of the first happenings the first alerts, and how many more each has."""
    cut = []
    for group in islice(groups, room.most):
        ids = [alert.id for alert in group[: 1 + min(room.most_alerts - 1, left)]]
        left -= len(ids) - 1
        cut.append((ids, len(group) - len(ids)))
    return cut


def _section(alert: Marks, since_us: int) -> str | None:
    if alert.state in ENDED:
        ended = alert.closed_at_us is not None and alert.closed_at_us >= since_us
        return "ended" if ended and alert.kind == AlertKind.RISK else None
    if alert.kind != AlertKind.RISK:
        return "data"
    if alert.quiet:
        return "quiet"
    if alert.opened_at_us >= since_us:
        return "new"
    return "rising" if alert.rising else "open"


def drill_name(standing: Standing | None) -> str:
    """The exercise in progress, or the one that the whole store is; nothing if there is none."""
    drill = (standing.feeds.get("drill") if standing else None) or {}
    return str((drill.get("running") or {}).get("name") or drill.get("name") or "")


def grouped(alerts: Iterable[Marks]) -> Iterable[list[Marks]]:
    """Alerts by incident, the gravest first."""
    groups: dict[str, list[Marks]] = {}
    for alert in sorted(alerts, key=lambda a: (a.level, a.opened_at_us, a.id)):
        groups.setdefault(alert.incident or alert.id, []).append(alert)
    return groups.values()


def handover_document(made: Handover, words: Words) -> dict[str, Any]:
    """The sheet as JSON."""
    return {
        "since": iso(made.since_us),
        "until": iso(made.until_us),
        "drill": made.drill or None,
        **{name: [_happening(h, words) for h in happenings] for name, happenings in made.sections.items()},
        "more": {name: made.more(name) for name in made.sections if made.more(name)},
        "blind_feeds": {feed: iso(since_us) for feed, since_us in made.blind.items()},
        "planned": [
            {
                "window": w["name"],
                "area": w["area"],
                "signature": w["signature"],
                "starts": iso(w["starts_us"]),
                "ends": iso(w["ends_us"]),
                "reason": w["reason"],
                "by": w["by"],
            }
            for w in made.planned
        ],
    }


def _happening(happening: Happening, words: Words) -> dict[str, Any]:
    first = happening.alerts[0]
    return {
        "incident": first.incident or None,
        "level": int(first.level),
        "level_word": first.level.word,
        "sentence": words.sentence(first),
        "more": happening.more,
        "alerts": [
            {
                "id": a.id,
                "area": a.area,
                "level": int(a.level),
                "state": str(a.state),
                "holder": a.holder,
                "handler": a.handler,
                "step": a.duty and str(a.duty.step),
                "due": a.duty and a.duty.due_us and iso(a.duty.due_us),
                "overdue": a.overdue,
                "quiet": a.quiet and str(a.quiet),
                "mode": str(a.mode),
            }
            for a in happening.alerts
        ],
    }
