"""What the first screen answers: what is new or rising, what is open, what ended, which feeds are blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskwatch.api.filters import Filter
from riskwatch.core.alerts import Alert, AlertKind, Level, State
from riskwatch.core.clock import DAY_US, HOUR_US, to_us
from riskwatch.core.panels import TickGrid
from riskwatch.desk import Desk
from riskwatch.store.alerts import ACCOUNT

NEW_H = 6
ENDED_DAYS = 7
ENDED_SHOWN = 8
_STALE_TICKS = 3


@dataclass(frozen=True, slots=True)
class Pulse:
    """When the engine last ticked; `age_us` is against the present, stale only if it should be ticking."""

    last_tick_us: int | None
    age_us: int | None
    stale: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """One source: its account, and since when it is silent."""

    name: str
    account: Mapping[str, int]
    silent_since_us: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The first screen; alerts are graver first, then newest."""

    new: tuple[Alert, ...]
    open: tuple[Alert, ...]
    quiet: tuple[Alert, ...]
    ended: tuple[Alert, ...]
    ended_more: int
    notices: tuple[Alert, ...]
    hidden: int
    withheld: tuple[Alert, ...]
    counts: Mapping[Level, int]


def overview(desk: Desk, chosen: Filter, now_us: int) -> Overview:
    """The alerts of the first screen as of an instant."""
    query = chosen.query(desk.settings.world.tree)
    standing = desk.alerts.find(**query)
    shown = [a for a in standing if a.shown]
    every = [a for a in shown if a.kind is AlertKind.RISK]
    risks = [a for a in every if not a.quiet]
    new = [a for a in risks if is_new(a, now_us)]
    ended = desk.alerts.newest(
        **{**query, "kind": AlertKind.RISK}, states=[State.RETURNED], since_us=now_us - ENDED_DAYS * DAY_US
    )
    ended = sorted(
        (a for a in ended if a.shown and a.expired_at_us is None),
        key=lambda a: (a.peak_level, -a.updated_at_us),
    )
    return Overview(
        new=tuple(new),
        open=tuple(a for a in risks if not is_new(a, now_us)),
        quiet=tuple(a for a in every if a.quiet),
        ended=tuple(ended[:ENDED_SHOWN]),
        ended_more=max(len(ended) - ENDED_SHOWN, 0),
        notices=tuple(a for a in shown if a.kind is not AlertKind.RISK),
        hidden=sum(not a.shown and not a.withheld for a in standing),
        withheld=tuple(a for a in standing if a.withheld),
        counts={level: sum(a.level is level for a in every) for level in Level},
    )


def is_new(alert: Alert, now_us: int) -> bool:
    """Open, unacknowledged, and opened or risen within the last hours."""
    risen_us = alert.updated_at_us if alert.rising else alert.opened_at_us
    return alert.state is State.OPEN and now_us - risen_us <= NEW_H * HOUR_US


def pulse(desk: Desk, *, live: bool) -> Pulse:
    """How the engine beats: a live one is stale when it missed three ticks."""
    standing = desk.alerts.standing()
    if standing is None or standing.last_tick_us is None:
        return Pulse(None, None, stale=False)
    age_us = to_us(desk.clock.now()) - standing.last_tick_us
    grid: TickGrid = desk.settings.world.grid
    return Pulse(
        standing.last_tick_us,
        age_us,
        stale=live and age_us > _STALE_TICKS * grid.tick_us + grid.lateness_us,
    )


def feeds(desk: Desk) -> tuple[list[Feed], dict[str, int]]:
    """The sources with their accounts, and every silent feed with the instant it fell silent."""
    standing = desk.alerts.standing()
    told = standing.feeds if standing else {}
    down = {str(feed): int(since) for feed, since in told.get("down_since_us", {}).items()}
    accounts = desk.alerts.accounts()
    names = sorted({*accounts, *told.get("sources", ())})
    empty = dict.fromkeys(ACCOUNT, 0)
    return [Feed(n, accounts.get(n, empty), down.get(n)) for n in names], down
