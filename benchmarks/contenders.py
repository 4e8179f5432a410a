"""What throughput is held against, by `python -m benchmarks.contenders NAME FILE`, each a process.

A number behind the file is the most rows River is given; the others always read all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

RIVER_EVENTS = 50_000
"""How many events the River pipeline is given; its time is per event and grows with their number."""


def duckdb(file: Path, most: int | None) -> int:
    """DuckDB reads, parses the times and counts by area and indicator."""
    import duckdb as db

    types = ", ".join(f"'{name}': '{kind}'" for name, kind in _TYPES.items())
    read = f"read_csv('{file}', header=true, columns={{{types}}})" if file.suffix == ".csv" else f"'{file}'"
    what = "count(*) n, max(occurred_at) t, max(received_at) r"
    counts = f"select area, indicator, {what} from {read} group by all"  # noqa: S608 - our own file
    found = db.sql(f"select sum(n), max(t), max(r) from ({counts})").fetchall()  # noqa: S608 - the same
    return int(found[0][0])


def polars(file: Path, most: int | None) -> int:
    """Polars does the same, streaming."""
    import polars as pl

    times = "occurred_at", "received_at"
    if file.suffix == ".csv":
        frame = pl.scan_csv(file).with_columns(pl.col(*times).str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))
    else:
        frame = pl.scan_parquet(file)
    counts = frame.group_by("area", "indicator").agg(pl.len().alias("n"), pl.col(*times).max())
    return int(counts.select(pl.col("n").sum(), pl.col(*times).max()).collect(engine="streaming")["n"][0])


def river(file: Path, most: int | None) -> int:
    """A River pipeline fed event by event: counts of the last hour and the gap, scaled, half-space trees.

    Scored, then learnt; one model for all series, since one a series would hold 25 trees each.
    """
    from collections import defaultdict, deque
    from datetime import datetime, timedelta

    from river import anomaly, preprocessing

    model = preprocessing.StandardScaler() | anomaly.HalfSpaceTrees(seed=1)
    recent: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)
    n = 0
    for row in islice(_rows(file), most):
        at = datetime.fromisoformat(row["occurred_at"])
        held = recent[row["area"], row["indicator"]]
        gap_h = (at - held[-1]) / timedelta(hours=1) if held else 24.0
        held.append(at)
        while at - held[0] > timedelta(hours=1):
            held.popleft()
        x = {"count_1h": len(held), "gap_h": gap_h, "hour": at.hour}
        model.score_one(x)
        model.learn_one(x)
        n += 1
    return n


def pandas(file: Path, most: int | None) -> int:
    """pandas: hourly counts of each series by group-by, and their z against a rolling week."""
    import pandas as pd

    wanted = ["area", "indicator", "occurred_at"]
    if file.suffix == ".csv":
        frame = pd.read_csv(file, usecols=wanted, dtype={"area": "category", "indicator": "category"})
        frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], format="%Y-%m-%dT%H:%M:%SZ")
    else:
        frame = pd.read_parquet(file, columns=wanted)
    hour = frame["occurred_at"].dt.floor("h")
    counts = frame.groupby(["area", "indicator", hour], observed=True).size().unstack([0, 1], fill_value=0)
    past = counts.shift().rolling(168)
    z = (counts - past.mean()) / past.std()
    (z > 4).sum().sum()
    return len(frame)


_TYPES = {
    **dict.fromkeys(("id", "source", "area", "indicator"), "VARCHAR"),
    **dict.fromkeys(("occurred_at", "received_at"), "TIMESTAMPTZ"),
    **{"value": "DOUBLE", "incident_ref": "VARCHAR"},
}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    import csv

    with file.open(newline="", encoding="utf-8") as text:
        yield from csv.DictReader(text)


CONTENDERS: dict[str, Callable[[Path, int | None], int]] = {
    "duckdb": duckdb,
    "polars": polars,
    "river": river,
    "pandas": pandas,
}

if __name__ == "__main__":
    given = [int(n) for n in sys.argv[3:]]
    print(CONTENDERS[sys.argv[1]](Path(sys.argv[2]), given[0] if given else None))
