"""The year of real calls through the engine: `RISKWATCH_DATA=… python -m benchmarks.montco911`.

Replays `$RISKWATCH_DATA/montco911` into a temporary store and writes `montco911.md`: what was
said of the confirmed incidents, how often the desk was called, and every orange and red alert.
The incidents are a regression test, not a score.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from benchmarks.page import ROOT, asked, provenance, table
from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.clock import SystemClock, from_us
from riskwatch.desk import Desk, Place
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words
from riskwatch.summary import ReplaySummary

ZONE = ZoneInfo("America/New_York")
COUNTY = "MONTGOMERY COUNTY"
WARM_UP = timedelta(days=30)
JUDGED = Path(__file__).with_name("montco911_judged.yaml")
MOST_GRAVE, MOST = 0.3, 2  # a day
FILE = "calls_2015-12-10_2016-12-31.csv.gz"


@dataclass(frozen=True)
class Happening:
    """One line of incidents.csv, in local time; `end` is exclusive."""

    start: datetime
    end: datetime
    kind: str
    area: str
    text: str


def happenings(folder: Path) -> list[Happening]:
    """The confirmed incidents, the feed gaps and the daylight-saving hour."""
    with (folder / "incidents.csv").open(newline="", encoding="utf-8") as lines:
        return [_happening(row) for row in csv.DictReader(lines)]


def _happening(row: dict[str, str]) -> Happening:
    start = datetime.fromisoformat(row["start"]).replace(tzinfo=ZONE)
    end = datetime.fromisoformat(row["end"]).replace(tzinfo=ZONE)
    if len(row["end"]) == len("2016-01-25"):
        end += timedelta(days=1)
    area = COUNTY if row["area"] == "county" else row["area"]
    return Happening(start, end, row["kind"], area, row["description"])


def found(alerts: list[Alert], happening: Happening, worst: Level) -> list[tuple[datetime, Alert]]:
    """Shown risk alerts of the right area that reached a level within the happening's dates."""
    hits = []
    for alert in alerts:
        for change in alert.levels:
            at = from_us(change.at_us)
            if (
                alert.area == happening.area
                and change.level <= worst
                and happening.start <= at < happening.end
            ):
                hits.append((at, alert))
                break
    return sorted(hits, key=lambda hit: hit[0])


def local(instant: datetime) -> str:
    """Local time to the minute."""
    return instant.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def main() -> int:
    """Replay, measure, write the page; the exit code says whether the demands of the page hold."""
    asked(__doc__)
    folder = Path(os.environ["RISKWATCH_DATA"]) / "montco911"
    with tempfile.TemporaryDirectory() as home:
        desk = Desk.open(Place(ROOT, Path(home)), SystemClock(), sources=["montco911"])
        summary = desk.replay(folder / FILE, "montco911")
        alerts = desk.alerts.find(everything=True)
        text, holds = page(desk, summary, alerts, happenings(folder))
    (ROOT / "benchmarks" / "montco911.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if holds else 1


def page(
    desk: Desk, summary: ReplaySummary, alerts: list[Alert], known: list[Happening]
) -> tuple[str, bool]:
    """The page, and whether what is demanded of it holds."""
    risks = [a for a in alerts if a.kind is AlertKind.RISK]
    shown = [a for a in risks if a.shown]
    begin = min(h.start for h in known if h.kind == "feed_gap") - timedelta(days=7, hours=6)
    counted = [a for a in shown if from_us(a.opened_at_us) >= begin + WARM_UP]
    days = (from_us(desk.alerts.standing().clock_us) - begin - WARM_UP) / timedelta(days=1)  # type: ignore[union-attr]
    grave = [a for a in counted if a.peak_level <= Level.ORANGE]
    incident_rows, all_found = _incidents(shown, known)
    gap_rows, gaps_hold = _gaps(alerts, known)
    rates = [
        ["orange or red", f"{len(grave) / days:.2f}", f"{MOST_GRAVE}"],
        ["any level", f"{len(counted) / days:.2f}", f"{MOST}"],
    ]
    words = Words(desk.settings.world.tree, desk.settings.world.registry, Catalogue("en"), ZONE.key)
    judged = yaml.safe_load(JUDGED.read_text(encoding="utf-8"))
    listed = [
        [
            local(from_us(a.opened_at_us)),
            a.peak_level.word,
            _at_peak(desk, a, words),
            judged.get(a.id, "not read yet"),
        ]
        for a in grave
    ]
    verdicts = Counter(row[-1] for row in listed)
    by_signature = Counter(a.signature for a in grave)
    holds = all_found and gaps_hold and len(grave) / days <= MOST_GRAVE and len(counted) / days <= MOST
    account = ", ".join(f"{name} {n:,}" for name, n in summary.account.items())
    parts = [
        "# A year of real 911 calls",
        "Montgomery County, Pennsylvania, 2015-12-10 to 2016-12-31, `$RISKWATCH_DATA/montco911`. The "
        f"bundle's numbers were fitted on {desk.settings.bundle.fitted}. These incidents are a regression "
        "test, not a score.",
        provenance("RISKWATCH_DATA=… python -m benchmarks.montco911"),
        f"Account: {account}; {summary.ticks:,} ticks; {summary.wall_s:.0f} s in all.",
        "## The confirmed incidents",
        table(
            ["from", "area", "what", "first orange or red there", "its signature", "level"], incident_rows
        ),
        "## How often the desk is called",
        f"Shown alerts of kind risk by `opened_at`, at their peak level, over the {days:.0f} days after a "
        f"warm-up of {WARM_UP.days} days.",
        table(["level", "a day", "at most"], rates),
        "Orange and red by signature: "
        + ", ".join(f"{s} {n}" for s, n in by_signature.most_common())
        + ".",
        "## Gaps of the feed, daylight-saving hours, new codes",
        table(["from", "to", "what", "data-health alert", "risk alerts in it"], gap_rows),
        f"Notices of codes seen for the first time: {sum(a.kind is AlertKind.SCHEMA for a in alerts)}. "
        f"Risk alerts held back because a relative's rests on the same calls: {len(risks) - len(shown)}.",
        "## Every orange and red alert after the warm-up",
        "As it read when it reached its gravest level. Each was read by a person beside its counts and "
        "what is known of the day (storms, ice, heat): real, likely (small, but more than chance says) or "
        "chance (nothing else points at it): "
        + ", ".join(f"{name} {n}" for name, n in verdicts.most_common())
        + ". One reader judged, who knew the level: no blind review.",
        table(["opened", "peak", "sentence", "judged"], listed),
    ]
    return "\n\n".join(parts) + "\n", holds


def _incidents(shown: list[Alert], known: list[Happening]) -> tuple[list[list[object]], bool]:
    rows: list[list[object]] = []
    complete = True
    for happening in (h for h in known if h.kind == "incident"):
        hits = found(shown, happening, Level.ORANGE)
        complete &= bool(hits)
        at, alert = hits[0] if hits else (None, None)
        rows.append(
            [
                happening.start.strftime("%Y-%m-%d"),
                happening.area,
                happening.text.split(",")[0].split("(")[0].strip(),
                local(at) if at else "**none**",
                ", ".join(dict.fromkeys(a.signature for _, a in hits)),
                min((a.peak_level for _, a in hits), default=alert).word if alert else "",
            ]
        )
    return rows, complete


def _gaps(alerts: list[Alert], known: list[Happening]) -> tuple[list[list[object]], bool]:
    rows: list[list[object]] = []
    holds = True
    extra = Happening(
        datetime(2016, 11, 6, 0, tzinfo=ZONE),
        datetime(2016, 11, 6, 3, tzinfo=ZONE),
        "dst",
        COUNTY,
        "the hour that comes twice",
    )
    for happening in [*(h for h in known if h.kind != "incident"), extra]:
        slack = timedelta(hours=1)
        inside = [a for a in alerts if happening.start <= from_us(a.opened_at_us) <= happening.end + slack]
        health = [a for a in inside if a.kind is AlertKind.DATA_HEALTH]
        risks = [a for a in inside if a.kind is AlertKind.RISK and a.shown]
        if happening.kind == "feed_gap":
            holds &= bool(health) and not risks
        else:
            holds &= not health and not risks
        rows.append(
            [
                local(happening.start),
                local(happening.end),
                happening.text,
                local(from_us(health[0].opened_at_us)) if health else "none",
                len(risks),
            ]
        )
    return rows, holds


def _at_peak(desk: Desk, alert: Alert, words: Words) -> str:
    """The sentence of the change that took the alert to its gravest level."""
    changes = desk.alerts.changes(alert.id)
    return words.sentence(next(c.alert for c in changes if c.alert.level == alert.peak_level))


if __name__ == "__main__":
    sys.exit(main())
