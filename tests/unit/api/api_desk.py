"""A desk over the checkout's montco911 configs, with alerts of every kind and state committed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from riskwatch.core.alerts import (
    Alert,
    AlertChange,
    AlertKind,
    Chart,
    Contribution,
    Level,
    LevelChange,
    Reason,
    State,
    Verdict,
)
from riskwatch.core.clock import HOUR_US, MINUTE_US, MovableClock, to_us
from riskwatch.desk import Desk, Place
from riskwatch.store.alerts import Commit, Standing

ROOT = Path(__file__).parents[3]
NOW = datetime(2016, 2, 10, 16, 0, tzinfo=UTC)
NOW_US = to_us(NOW)
TICK_US = NOW_US - 15 * MINUTE_US
ACCOUNT = {"rows_read": 1234, "accepted": 1200, "duplicate": 4, "late": 20, "quarantined": 10}


def made(number: int, **changes: object) -> Alert:
    """An orange alert of Collegeville, open and rising."""
    at_us = NOW_US - HOUR_US
    alert = Alert(
        id=f"rw-{number:012d}",
        kind=AlertKind.RISK,
        area="COLLEGEVILLE",
        signature="gastro",
        level=Level.ORANGE,
        peak_level=Level.ORANGE,
        levels=(LevelChange(at_us, Level.ORANGE),),
        shown=True,
        state=State.OPEN,
        opened_at_us=at_us,
        updated_at_us=at_us,
        likelihood=0.31,
        impact=4.2,
        contributions=(
            Contribution("nausea_vomiting", 12.0, 4, 0.02, 1e-6, 1.0, 5.0, NOW_US - 8 * HOUR_US, 0.04),
        ),
        chart=Chart(TICK_US, HOUR_US, (0,) * 47 + (4,), (0.1,) * 48),
        rising=True,
        model_versions=(("bundle", "0.1"),),
        config_hash="0123456789abcdef",
        revision=1,
    )
    return replace(alert, **changes)


def county() -> list[Alert]:
    """One alert of each kind and state, level and manner of being shown."""
    ended = {"closed_at_us": NOW_US - MINUTE_US, "rising": False}
    notice = {"area": "MONTGOMERY COUNTY", "contributions": (), "chart": None, "rising": False}
    return [
        made(1),
        made(2, area="LOWER MERION", signature="fire", level=Level.RED, peak_level=Level.RED),
        made(3, area="ABINGTON", state=State.ACKNOWLEDGED, actor="Ana (unverified)", rising=False),
        made(4, level=Level.YELLOW, shown=False, inhibited_by="MONTGOMERY COUNTY", rising=False),
        made(5, area="AMBLER", state=State.RETURNED, level=Level.BLUE, **ended),
        made(6, area="AMBLER", state=State.RESOLVED, **ended),
        made(7, state=State.CLOSED, verdict=Verdict.TRUE, note="two <schools>", **ended),
        made(8, kind=AlertKind.DATA_HEALTH, signature="feed", detail="montco911", **notice),
        made(
            9, kind=AlertKind.SCHEMA, signature="form", detail="<TRAIN> CRASH", level=Level.BLUE, **notice
        ),
        made(10, signature="road", opened_at_us=NOW_US - 30 * HOUR_US, rising=False, contributions=()),
    ]


def open_desk(home: Path) -> Desk:
    """An empty store."""
    home.mkdir(exist_ok=True)
    return Desk.open(Place(ROOT, home), MovableClock(NOW), sources=["montco911"])


def fill(desk: Desk, alerts: list[Alert], *, down: dict[str, int] | None = None) -> None:
    """Commit alerts, an account and a standing, as if the engine had; its inbox stays empty."""
    changes = [AlertChange(a, Reason.OPENED, a.opened_at_us, "engine") for a in alerts]
    feeds = {"sources": ["montco911"], "down_since_us": down or {}}
    standing = Standing(position=0, clock_us=NOW_US, last_tick_us=TICK_US, ticks=960, feeds=feeds)
    desk.alerts.commit(Commit(changes, {"montco911": ACCOUNT}, standing))
