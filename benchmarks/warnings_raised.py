"""What the engine's own orange and red alerts were followed by; a part of `surge.md`."""

from __future__ import annotations

import numpy as np

from benchmarks.budget_skill import Interval, Scored
from benchmarks.page import table
from riskwatch.core.alerts import AlertKind, Level
from riskwatch.core.clock import DAY_US, HOUR_US
from riskwatch.desk import Desk
from riskwatch.learn.training_set import TrainingSet


def warnings_raised(desk: Desk, finest: TrainingSet, test: TrainingSet) -> str:
    """Accuracy, base rate, persistence, recall, rate and lead time of orange and red.

    `finest` has the logged rows of every tick, `test` hourly ones and a sample of those without features.
    """
    first, last = test.window_us
    at = {
        key: row
        for row, key in enumerate(
            zip(finest.column("decided_at_us").tolist(), *_places(finest), strict=True)
        )
    }
    said = [
        (change.at_us, alert.area, alert.signature)
        for alert in desk.alerts.find(everything=True, kind=AlertKind.RISK, shown_only=True)
        for change in [c for c in alert.levels if c.level <= Level.ORANGE][:1]
        if first <= change.at_us <= last
    ]
    rows = np.array([at[key] for key in said if key in at], dtype=np.int64)
    onset, outcome = finest.column("onset"), finest.column("outcome")
    under_way = finest.column("in_progress")
    decided = finest.column("decided_at_us")
    week = (decided - first) // (7 * DAY_US)

    def share(label: np.ndarray, of: np.ndarray) -> Interval | str:
        if not len(of):
            return "none"
        return Scored(np.zeros(len(of)), label[of], np.ones(len(of)), week[of]).share()

    quiet = rows[~under_way[rows]]
    standing = np.flatnonzero(under_way & (decided >= first) & (decided <= last))
    calm = Scored(
        np.zeros(test.table.num_rows),
        test.column("onset"),
        test.column("weight"),
        (test.column("decided_at_us") - first) // (7 * DAY_US),
    ).where(~test.column("in_progress"))
    days = (last - first) / DAY_US
    lead = [h for h in (_lead_h(finest, int(row)) for row in quiet) if h is not None]
    lines: list[list[object]] = [
        ["orange and red alerts a day", f"{len(said) / days:.2f} ({len(said)} in {days:.0f} days)"],
        ["of these with a label at their instant", len(rows)],
        [
            "warning accuracy: onset follows, of those not in progress",
            f"{share(onset, quiet)}, {int(onset[quiet].sum())} of {len(quiet)}",
        ],
        ["onset follows, of all", share(onset, rows)],
        ["outcome follows, of all", share(outcome, rows)],
        ["already in progress when raised", share(under_way, rows)],
        ["base rate of the onset", calm.share()],
        ["persistence: outcome follows where one is in progress", share(outcome, standing)],
        ["recall: onset rows of the hour at which an alert stood", _recall(test, said)],
        [
            "lead time of right warnings, from the alert to the sum exceeding its quantile",
            f"median {np.median(lead):.2f} h, quartiles {np.percentile(lead, 25):.2f} to "
            f"{np.percentile(lead, 75):.2f} h ({len(lead)})"
            if lead
            else "none",
        ],
    ]
    return table(["what", "how much"], lines)


def _places(rows: TrainingSet) -> tuple[list[str], list[str]]:
    return rows.column("area").tolist(), rows.column("signature").tolist()


def _recall(test: TrainingSet, said: list[tuple[int, str, str]]) -> Interval | str:
    """The share of onset rows at which an alert of the same place was at most a horizon old."""
    onset = test.column("onset")
    decided = test.column("decided_at_us")
    stands = np.zeros(len(onset), dtype=bool)
    area, signature = test.column("area"), test.column("signature")
    for at_us, where, what in said:
        young = (decided >= at_us) & (decided < at_us + test.labels.horizon_h * HOUR_US)
        stands |= young & (area == where) & (signature == what)
    week = (decided - decided.min()) // (7 * DAY_US)
    return Scored(np.zeros(len(onset)), stands, test.column("weight"), week).where(onset).share()


def _lead_h(finest: TrainingSet, row: int) -> float | None:
    """Hours from a right warning to the first tick whose last hours exceed their quantile."""
    if not finest.column("onset")[row]:
        return None
    decided = finest.column("decided_at_us")
    later = finest.column("in_progress") & (decided > decided[row])
    later &= decided <= finest.column("known_at_us")[row]
    later &= finest.column("area") == finest.column("area")[row]
    later &= finest.column("signature") == finest.column("signature")[row]
    found = np.flatnonzero(later)
    return float((decided[found[0]] - decided[row]) / HOUR_US) if len(found) else None
