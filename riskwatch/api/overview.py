"""What the first screen answers: what is new or rising, what is open, what ended, which feeds are blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskwatch.api.filters import Filter
from riskwatch.core.alerts import AlertKind, Level
from riskwatch.core.clock import DAY_US, HOUR_US, to_us
from riskwatch.core.panels import TickGrid
from riskwatch.desk import Desk
from riskwatch.store import listing
from riskwatch.store.alerts import ACCOUNT
from riskwatch.store.listing import Listing, Part

NEW_H = 6
ENDED_DAYS = 7
ENDED_SHOWN = 8
SHOWN, MEMBERS, ROOM = 25, 60, 200  # happenings of a part, their further alerts, and those in all
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
    """The first screen; happenings are graver first, then oldest. `counts` are of what is shown."""

    new: Part
    open: Part
    quiet: Part
    ended: Part
    notices: Part
    hidden: int
    withheld: Mapping[Level, int]
    counts: Mapping[Level, int]


def overview(desk: Desk, chosen: Filter, now_us: int) -> Overview:
    """The alerts of the first screen as of an instant; it reads no more of them than it lists."""
    query = chosen.query(desk.settings.world.tree)
    every = Listing(desk.database, **query)
    risks = Listing(desk.database, **query | {"kind": AlertKind.RISK})
    new = listing.fresh(now_us - NEW_H * HOUR_US)
    shown, loud = listing.shown_risks(), listing.loud()
    size = {"most": SHOWN, "most_members": MEMBERS, "room": ROOM}
    return Overview(
        new=risks.part(shown, loud, new, **size),
        open=risks.part(shown, loud, ~new, **size),
        quiet=risks.part(shown, ~loud, **size),
        ended=risks.worst(listing.returned(now_us - ENDED_DAYS * DAY_US), most=ENDED_SHOWN),
        notices=every.part(listing.shown_notices(), **size),
        hidden=sum(every.by_level(listing.behind_others()).values()),
        withheld=risks.by_level(listing.withheld()),
        counts=risks.by_level(shown),
    )


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
