"""Real registers: outbreak weeks of SurvStat and the Newport outbreak of 2011, beside R's surveillance.

    RISKWATCH_DATA=... python -m benchmarks.detection.registers

Writes `benchmarks/detection/registers.md`. Each R method alarms as it does at its level; riskwatch is cut
so that it gives as many alarms on the same series and weeks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.detection.rscript import surveillance
from benchmarks.page import asked, provenance, table
from models.outbreak_odds import OutbreakOdds

PAGE = Path(__file__).with_suffix(".md")
WARM_WEEKS = 14
YOUNG, OLD = ("C1", "C2", "C3", "bayes"), ("farrington", "C1", "C2", "C3", "rki", "bayes")
LEVEL = 0.01
NEWPORT_FROM, NEWPORT_TO = "2011-10-17", "2011-12-12"
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Register:
    """Counts [series, weeks] and the weeks that are known to be of an outbreak."""

    counts: NDArray[np.int64]
    outbreak: BoolArray

    def starts(self, first: int) -> list[tuple[int, int, int]]:
        """(series, first week, week behind the last) of each outbreak that begins from `first` on."""
        edge = np.diff(np.pad(self.outbreak.astype(int), ((0, 0), (1, 1))), axis=1)
        at, end = np.argwhere(edge == 1), np.argwhere(edge == -1)
        return [(int(s), int(a), int(b)) for (s, a), (_, b) in zip(at, end, strict=True) if a >= first]


def survstat(folder: Path) -> Register:
    """Eight weekly series with a marked outbreak state."""
    frame = pd.read_csv(folder / "survstat" / "weekly_with_outbreak_state.csv.gz")
    wide = frame.pivot(index="series", columns="t")
    return Register(wide["observed"].to_numpy(np.int64), wide["outbreak_state"].to_numpy(np.int64) > 0)


def newport(folder: Path) -> tuple[Register, list[str]]:
    """Salmonella Newport in 16 states; late 2011 is marked as the outbreak."""
    frame = pd.read_csv(folder / "survstat" / "salmonella_newport_16_states_weekly.csv.gz")
    wide = frame.pivot(index="unit", columns="date", values="observed")
    dates = [str(d) for d in wide.columns]
    marked = np.array([NEWPORT_FROM <= d <= NEWPORT_TO for d in dates])
    counts = wide.to_numpy(np.int64)
    return Register(counts, np.broadcast_to(marked, counts.shape).copy()), dates


def scores(counts: NDArray[np.int64], first: int) -> FloatArray:
    """[series, weeks from first] log-odds, each read from the past alone."""
    model = OutbreakOdds(len(counts), warm_weeks=WARM_WEEKS)
    found = []
    for week in range(counts.shape[1]):
        model.update(counts[:, week])
        found.append(model.read())
    return np.stack(found, axis=1)[:, first:]


def as_many(score: FloatArray, alarms: int) -> BoolArray:
    """The `alarms` highest scores."""
    order = np.argsort(-score, axis=None, kind="stable")[:alarms]
    chosen = np.zeros(score.size, bool)
    chosen[order] = True
    return chosen.reshape(score.shape)


def found_in(alarms: BoolArray, register: Register, first: int) -> tuple[str, str, str]:
    """Outbreak weeks alarmed, outbreaks found, weeks until each was found (a miss: its length)."""
    mine = register.outbreak[:, first:]
    weeks = f"{int((alarms & mine).sum())} of {int(mine.sum())}"
    delays, hits = [], 0
    for series, start, end in register.starts(first):
        at = np.flatnonzero(alarms[series, start - first : end - first])
        hits += bool(len(at))
        delays.append(int(at[0]) if len(at) else end - start)
    return weeks, f"{hits} of {len(delays)}", f"{np.mean(delays):.1f}" if delays else "none begins"


def compared(register: Register, first: int, methods: tuple[str, ...], years: int) -> list[list[object]]:
    """A row for each R method at its level, and one of riskwatch with as many alarms."""
    theirs, _ = surveillance(register.counts, first, methods, years)
    score = scores(register.counts, first)
    rows: list[list[object]] = []
    for method, levels in theirs.items():
        if method == "farrington":
            alarms = np.nan_to_num(levels[0], nan=1.0) < LEVEL
        else:
            alarms = levels[4 if method[0] == "C" else min(1, len(levels) - 1)] > 0  # the level 0.01
        number = int(alarms.sum())
        for name, found in ((f"surveillance {method}", alarms), ("riskwatch", as_many(score, number))):
            rows.append([name, number, *found_in(found, register, first)])
    return rows


def newport_rows(register: Register, dates: list[str]) -> list[list[object]]:
    """For each method: alarms a year outside the outbreak, states it found, the first week it spoke."""
    first = dates.index(min(d for d in dates if d >= "2010-01-01"))
    theirs, _ = surveillance(register.counts, first, OLD, 5)
    joined = OutbreakOdds(len(register.counts))
    everyone = [list(range(len(register.counts)))]
    together = []
    for week in range(register.counts.shape[1]):
        joined.update(register.counts[:, week])
        together.append(joined.read(everyone))
    score, marked = scores(register.counts, first), register.outbreak[:, first:]
    country = np.stack(together, axis=1)[:, first:]
    years = (~marked[0]).sum() / 52
    rows: list[list[object]] = []
    for method, levels in theirs.items():
        if method == "farrington":
            alarms = np.nan_to_num(levels[0], nan=1.0) < LEVEL
        else:
            alarms = levels[4 if method[0] == "C" else min(1, len(levels) - 1)] > 0
        quiet = int((alarms & ~marked).sum())
        cut = np.sort(score[~marked])[::-1][quiet] if quiet < (~marked).sum() else -np.inf
        for name, found in ((f"surveillance {method}", alarms), ("riskwatch", score > cut)):
            week = np.flatnonzero((found & marked).any(axis=0))
            when = dates[first + int(week[0])] if len(week) else "not found"
            rows.append([name, f"{quiet / years:.1f}", int((found & marked).any(axis=1).sum()), when])
    cut = np.sort(country[0, ~marked[0]])[::-1][int(years)]  # one alarm a year for the whole country
    week = np.flatnonzero((country[0] > cut) & marked[0])
    when = dates[first + int(week[0])] if len(week) else "not found"
    rows.append(["riskwatch, the states joined", "1.0", "all as one", when])
    return rows


def main() -> None:
    """Run the tables and write the page."""
    asked(__doc__)
    folder = Path(os.environ["RISKWATCH_DATA"])
    register = survstat(folder)
    state, dates = newport(folder)
    header = ["method", "alarms", "outbreak weeks found", "outbreaks found", "mean delay (weeks)"]
    lines = [
        "# Real registers",
        "",
        provenance("RISKWATCH_DATA=... python -m benchmarks.detection.registers"),
        "",
        "Eight German series of 209 weeks with a marked outbreak state (SurvStat). Each method of R's "
        f"`surveillance` alarms at its level {LEVEL}; riskwatch (`models/outbreak_odds.py`, the same "
        "numbers as on the Noufaily design) gives as many alarms on the same series and weeks. A missed "
        "outbreak counts with its whole length as delay. There are eight series: no interval would say "
        "more than that.",
        "",
        f"## From week {WARM_WEEKS + 1}: methods that need little history",
        "",
        table(header, compared(register, WARM_WEEKS, YOUNG, 1)),
        "",
        "## From week 113: methods that need two years",
        "",
        table(header, compared(register, 112, OLD, 2)),
        "",
        "## Salmonella Newport, 16 states, from 2010",
        "",
        f"The outbreak is looked for from {NEWPORT_FROM} to {NEWPORT_TO}; riskwatch is cut at the alarms "
        "each method gives outside these weeks. The last row joins the evidence of all states.",
        "",
        table(
            ["method", "alarms a year outside", "states found", "first week"], newport_rows(state, dates)
        ),
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
