"""The handover sheet: what the next shift must know, one incident a line with its list of alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from riskwatch.core.alerts import ENDED, Alert, AlertKind
from riskwatch.core.clock import HOUR_US, iso
from riskwatch.core.shifts import shift_at
from riskwatch.core.side_states import ReleaseState
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import Standing

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
    """One sheet. An alert is new, rising, open or quiet; what is overdue is listed there once more."""

    since_us: int
    until_us: int
    sections: Mapping[str, tuple[Happening, ...]]
    blind: Mapping[str, int] = field(default_factory=dict)
    planned: tuple[Mapping[str, Any], ...] = ()
    drill: str = ""


def shift_start(now_us: int, shifts: Sequence[str], timezone: str) -> int:
    """Where the sheet begins: the shift that runs, or in the first hour of one, the shift before it.

    Shifts begin at local times of day, so one is an hour longer or shorter when the clocks change.

    >>> iso(shift_start(1_738_829_400_000_000, ("08:00", "20:00"), "UTC"))  # 2025-02-06 08:10
    '2025-02-05T20:00:00Z'
    """
    return shift_at(now_us - HOUR_US, shifts, timezone)[0]


def sheet(alerts: Iterable[Alert], *, since_us: int, until_us: int, standing: Standing | None) -> Handover:
    """The sheet of alerts that stand or were changed since; `standing` is the engine's."""
    sections: dict[str, list[Alert]] = {name: [] for name in SECTIONS}
    for alert in alerts:
        if not alert.shown:
            if alert.withheld and alert.state not in ENDED:
                sections["withheld"].append(alert)
            continue
        place = _section(alert, since_us)
        if place:
            sections[place].append(alert)
        if alert.overdue:
            sections["overdue"].append(alert)
        if alert.release and alert.release.state is ReleaseState.DRAFTED:
            sections["drafts"].append(alert)
    told = standing.feeds if standing else {}
    return Handover(
        since_us,
        until_us,
        {name: grouped(found) for name, found in sections.items()},
        dict(told.get("down_since_us", {})),
        tuple(told.get("windows", ())),
        drill_name(standing),
    )


def _section(alert: Alert, since_us: int) -> str | None:
    if alert.state in ENDED:
        ended = alert.closed_at_us is not None and alert.closed_at_us >= since_us
        return "ended" if ended and alert.kind is AlertKind.RISK else None
    if alert.kind is not AlertKind.RISK:
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


def grouped(alerts: Iterable[Alert]) -> tuple[Happening, ...]:
    """Alerts by incident, the gravest first."""
    groups: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda a: (a.level, a.opened_at_us, a.id)):
        groups.setdefault(alert.incident or alert.id, []).append(alert)
    return tuple(Happening(name, tuple(mine)) for name, mine in groups.items())


def handover_document(made: Handover, words: Words) -> dict[str, Any]:
    """The sheet as JSON."""
    return {
        "since": iso(made.since_us),
        "until": iso(made.until_us),
        "drill": made.drill or None,
        **{name: [_happening(h, words) for h in happenings] for name, happenings in made.sections.items()},
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
