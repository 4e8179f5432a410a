"""A small folder in the benchmark's layout: made streams, with a window where one was made to leap."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

ROWS = 1000
LEAP = 700


def stamp(row: int) -> str:
    return str(datetime(2024, 3, 1) + timedelta(minutes=5 * row))  # noqa: DTZ001 - files have no zone


def stream(height: int, *, leaps: bool) -> list[tuple[str, float]]:
    """An hourly saw tooth; its calm is exact, so that a false alarm in it is a fault."""
    values = height * (1.0 + np.arange(ROWS) % 12)
    if leaps:
        values[LEAP:] += 50.0
    return [(stamp(n), float(v)) for n, v in enumerate(values)]


def text_of(rows) -> str:
    return "".join(["timestamp,value\n", *(f"{at},{value}\n" for at, value in rows)])


def made_corpus(folder: Path) -> Path:
    """Two categories, three files (one gzipped), one window where a stream leaps."""
    for category in ("realMade", "artificialCalm"):
        (folder / category).mkdir(parents=True)
    (folder / "realMade" / "leaps.csv").write_text(text_of(stream(1, leaps=True)))
    with gzip.open(folder / "realMade" / "calm.csv.gz", "wt") as file:
        file.write(text_of(stream(2, leaps=False)))
    (folder / "artificialCalm" / "calm.csv").write_text(text_of(stream(3, leaps=False)))
    windows = {
        "realMade/leaps.csv": [[f"{stamp(690)}.000000", f"{stamp(760)}.000000"]],
        "realMade/calm.csv": [],
        "artificialCalm/calm.csv": [],
    }
    (folder / "combined_windows.json").write_text(json.dumps(windows))
    return folder
