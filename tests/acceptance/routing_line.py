"""Alerts told by hand on a fake clock, the planner, and an outbox as plain as one can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.clock import MINUTE_US, SECOND_US, from_us, to_us
from riskwatch.core.documents import parse_document
from riskwatch.core.indicators import DOMAINS, Indicator, IndicatorRegistry, Signature
from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import World
from riskwatch.core.sends import Planned, Send, SendReason, send_id
from riskwatch.deliver.planner import Known, RoutePlanner
from riskwatch.deliver.routes import Routes
from riskwatch.deliver.verbs import group_of

ZONE = ZoneInfo("America/New_York")
SIGNATURES = {"storm": DOMAINS[0], "gas": DOMAINS[1], "gastro": DOMAINS[2]}
AREAS = [
    Area("COUNTY", "County", None, "county"),
    Area("TOWN", "Town", "COUNTY", "town"),
    Area("VILLAGE", "Village", "TOWN", "village"),
    *(Area(f"T{n}", f"Town {n}", "COUNTY", "town") for n in range(60)),
]
CHAIN = [{"after_min": 10, "receivers": "duty"}, {"after_min": 25, "receivers": ["duty", "chief"]}]
BASE: dict[str, Any] = {
    "receivers": {
        "desk": {"pages": True},
        "night": {"pages": True},
        "duty": {"pages": True},
        "chief": {"pages": True},
        "file": {},
        "hook": {},
    },
    "windows": {"night": {"from": "18:00", "to": "08:00"}},
    "calendars": {"holidays": {"dates": ["2026-07-03"]}, "weekend": {"weekdays": ["sat", "sun"]}},
    "route": {"name": "all", "receivers": ["desk", "file"], "steps": CHAIN, "repeat_min": 30},
    "tests": [{"level": "blue", "at": "2026-03-04T12:00:00", "expect": {0: "file"}}],
}

PAGED = [
    "12:00 desk first a",
    "12:10 duty escalated a",
    "12:25 chief escalated a",
    "12:25 duty escalated a",
]
"""What is told of an orange alert 'a' of noon that nobody acknowledges."""


def world() -> World:
    """A county of three signatures, on New York's clocks."""
    indicators = [
        Indicator(s, {"en": s}, d, s, "harm", "rescue", "desk", date(2100, 1, 1))
        for s, d in SIGNATURES.items()
    ]
    signatures = [Signature(s, {"en": s}, d, (s,), "desk") for s, d in SIGNATURES.items()]
    grid = TickGrid(tick_us=15 * MINUTE_US, lateness_us=0)
    return World(AreaTree(AREAS), IndicatorRegistry(indicators, signatures), grid, ZONE.key)


def routes(**changes: Any) -> Routes:
    """The base with other keys; `route` is merged into the base's root."""
    route = BASE["route"] | changes.pop("route", {})
    return parse_document(BASE | changes | {"route": route}, Routes, "routes.yaml")


@dataclass(frozen=True, slots=True)
class Told(Alert):
    """An alert with what grouping, shelving and handing over add to it."""

    incident: str = ""
    shelved: str = ""
    holder: str = ""


@dataclass
class Outbox:
    """Sends by id; what is due is sent, unless its receiver is down, and repeated until it is cancelled."""

    pending: dict[str, Send] = field(default_factory=dict)
    sent: list[tuple[int, Send]] = field(default_factory=list)
    cancelled: list[tuple[Send, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    def apply(self, planned: Planned) -> None:
        """Cancel, then add; an id is never given twice."""
        for gone, why in planned.cancel:
            assert why, "what is cancelled says why"
            self.cancelled.append((self.pending.pop(gone), why))
        for send in planned.add:
            assert send.id not in self.ids, f"{send} was planned before"
            self.ids.add(send.id)
            self.pending[send.id] = send

    def run_until(self, at_us: int) -> None:
        """Send what is due, earliest first."""
        while due := [
            s for s in self.pending.values() if s.due_us <= at_us and s.receiver not in self.down
        ]:
            send = min(due, key=lambda s: (s.due_us, s.step, s.id))
            del self.pending[send.id]
            self.sent.append((send.due_us, send))
            if send.repeat_s is not None and send.until_ack:
                self._again(send)

    def _again(self, send: Send) -> None:
        due_us = send.due_us + round((send.repeat_s or 0) * SECOND_US)
        again = send_id(
            alert=send.alert, revision=send.revision, receiver=send.receiver,
            reason=SendReason.REPEATED, step=send.step, n=due_us,
        )  # fmt: skip
        self.pending[again] = replace(send, id=again, reason=SendReason.REPEATED, due_us=due_us)
        self.ids.add(again)


class Line:
    """One desk's day: alerts change, the planner plans, the outbox sends. Instants are local."""

    def __init__(self, given: Routes | None = None, start: str = "2026-03-04 12:00") -> None:
        self.planner = RoutePlanner(given or routes(), world())
        self.outbox = Outbox()
        self.alerts: dict[str, Told] = {}
        self.now_us = instant(start)
        self.changes: list[AlertChange] = []
        self.knows_told = True

    def at(self, when: str) -> Self:
        """Let time pass: `HH:MM` of the same day, or with a date."""
        today = from_us(self.now_us).astimezone(ZONE).date()
        at_us = instant(when if "-" in when else f"{today} {when}")
        return self.pass_min((at_us - self.now_us) / MINUTE_US)

    def pass_min(self, minutes: float) -> Self:
        """Let so many real minutes pass."""
        assert minutes >= 0, "time goes on"
        self.now_us += round(minutes * MINUTE_US)
        self.outbox.run_until(self.now_us)
        return self

    # --- what happens ------------------------------------------------------------------------

    def made(self, name: str, level: str, **more: Any) -> AlertChange:
        """An alert that opens now, not yet planned."""
        grade = Level[level.upper()]
        alert = Told(
            id=name, kind=AlertKind.RISK, area="TOWN", signature="gas", level=grade, peak_level=grade,
            levels=(LevelChange(self.now_us, grade),), shown=True, state=State.OPEN,
            opened_at_us=self.now_us, updated_at_us=self.now_us, revision=1,
        )  # fmt: skip
        return AlertChange(replace(alert, **more), Reason.OPENED, self.now_us, "engine")

    def opens(self, name: str, level: str, **more: Any) -> Self:
        """An alert opens; `shown=False` for one behind a relative."""
        change = self.made(name, level, **more)
        reason = Reason.OPENED if change.alert.shown else Reason.INHIBITED
        return self.entry([replace(change, reason=reason)])

    def changed(self, name: str, reason: str, *, by: str = "engine", **more: Any) -> AlertChange:
        """The next revision of an alert, not yet planned."""
        alert = self.alerts[name]
        after = replace(alert, revision=alert.revision + 1, updated_at_us=self.now_us, **more)
        return AlertChange(after, reason, self.now_us, by)  # type: ignore[arg-type]  # reasons to come too

    def turns(self, name: str, reason: str, **more: Any) -> Self:
        """An alert changes for a reason."""
        return self.entry([self.changed(name, reason, **more)])

    def level(self, name: str, word: str) -> Self:
        """The engine raises or lowers an alert; a rise opens it again."""
        alert, level = self.alerts[name], Level[word.upper()]
        rises = level < alert.level
        levels = (*alert.levels, LevelChange(self.now_us, level))
        return self.turns(
            name, "level_raised" if rises else "level_lowered", level=level, levels=levels,
            peak_level=min(level, alert.peak_level), state=State.OPEN if rises else alert.state,
        )  # fmt: skip

    def acked(self, name: str) -> Self:
        """Somebody acknowledges."""
        return self.turns(name, "acknowledged", by="Ann", state=State.ACKNOWLEDGED)

    def clears(self, name: str) -> Self:
        """The evidence is gone."""
        seen = self.alerts[name].state != State.OPEN
        return self.turns(name, "cleared", state=State.RESOLVED if seen else State.RETURNED)

    def entry(self, changes: Sequence[AlertChange]) -> Self:
        """All changes of one inbox entry, through the planner into the outbox."""
        groups = {group_of(c.alert) for c in changes}
        mine = {c.alert.id for c in changes}
        kin = [a for a in self.alerts.values() if group_of(a) in groups and a.id not in mine]
        told = [s for _, s in self.outbox.sent] if self.knows_told else None
        planned = self.planner.plan_all(changes, list(self.outbox.pending.values()), Known(kin, told))
        self.outbox.apply(planned)
        self.alerts |= {c.alert.id: c.alert for c in changes}  # type: ignore[misc]  # all are Told
        self.changes += changes
        self.outbox.run_until(self.now_us)
        return self

    # --- what came of it ---------------------------------------------------------------------

    def told(self, *receivers: str, since: str | None = None) -> list[str]:
        """What was sent to these, or to all who page: `HH:MM receiver reason alert`."""
        who = receivers or tuple(n for n, r in self.planner.tree.routes.receivers.items() if r.pages)
        first = instant(since) if since else 0
        return [
            f"{from_us(at_us).astimezone(ZONE):%H:%M} {s.receiver} {s.reason} {s.alert}"
            for at_us, s in sorted(self.outbox.sent, key=lambda row: (row[0], row[1].receiver))
            if s.receiver in who and at_us >= first
        ]

    def why(self, receiver: str) -> list[str]:
        """Why what was to be sent to a receiver was not, in the order of cancelling."""
        return [why for send, why in self.outbox.cancelled if send.receiver == receiver]


def instant(local: str) -> int:
    """`YYYY-MM-DD HH:MM` on New York's clocks."""
    return to_us(datetime.fromisoformat(local).replace(tzinfo=ZONE))
