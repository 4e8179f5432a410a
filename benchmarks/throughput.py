"""How fast is a replay? `python -m benchmarks.throughput` writes `throughput.md`; sizes by option.

Made events from Parquet and CSV; each contender a process of its own with its start-up, interleaved.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import RIVER_EVENTS
from benchmarks.page import ROOT, provenance, table

FLOOR = ("duckdb", "polars")
NOTES = Path(__file__).with_name("throughput_notes.md")
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds by the clock and of the processor (all its cores), peak memory in bytes."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


def run(command: list[str]) -> Run:
    """Run to the end; raises CalledProcessError."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def contender(name: str, file: Path, store: Path) -> Run:
    """One run of a contender over a file."""
    if name != "riskwatch":
        most = {"river": str(RIVER_EVENTS), "river, start-up": "1"}.get(name, "")
        module = [sys.executable, "-m", "benchmarks.contenders", name.partition(",")[0]]
        return run([*module, str(file), *([most] if most else [])])
    shutil.rmtree(store, ignore_errors=True)
    replay = [sys.executable, "-m", "riskwatch", "replay", str(file), "--source", "simulated"]
    return run([*replay, "--store", str(store), "--json"])


def simulate(folder: Path, options: argparse.Namespace) -> dict[str, Path]:
    """The events as Parquet and as CSV, the same rows."""
    files = {kind: folder / kind / f"events.{kind}" for kind in ("csv", "parquet")}
    for file in files.values():
        if not file.exists():
            size = ["--areas", str(options.areas), "--indicators", "20", "--days", str(options.days)]
            made = ["--events", str(options.events), "--seed", "7", "--out", str(file)]
            run([sys.executable, "-m", "riskwatch", "simulate", *size, *made])
    return files


def measure(files: dict[str, Path], options: argparse.Namespace) -> dict[tuple[str, str], list[Run]]:
    """All runs by (kind of file, contender): the slow ones only in one round of three."""
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        store = Path(place) / "store"
        contender("riskwatch", files["csv"], store) if options.warm else None
        for n in range(options.rounds):
            for kind, file in files.items():
                for name in (*FLOOR, "riskwatch"):
                    runs[kind, name].append(contender(name, file, store))
                    print(kind, name, runs[kind, name][-1], flush=True)
            if n % 3 == 0:
                for name in ("river, start-up", "river", "pandas"):
                    runs["csv", name].append(contender(name, files["csv"], store))
                    print("csv", name, runs["csv", name][-1], flush=True)
    return runs


def page(runs: dict[tuple[str, str], list[Run]], rows: int, options: argparse.Namespace) -> str:
    """The page: medians, ratios by the clock and by processor time."""
    runs = dict(runs)
    start_up = runs.pop(("csv", "river, start-up"))
    begin, each = _medians(start_up), rows / RIVER_EVENTS
    lines: list[list[object]] = []
    for kind in ("csv", "parquet"):
        floors = [_medians(runs[kind, name]) for name in FLOOR]
        floor_s, floor_cpu_s = (min(f[i] for f in floors) for i in range(2))
        for (of, name), mine in runs.items():
            if of != kind:
                continue
            wall_s, cpu_s = _medians(mine)
            if name == "river":
                wall_s, cpu_s = (b + (t - b) * each for t, b in zip((wall_s, cpu_s), begin, strict=True))
            peak = max(r.peak_bytes for r in mine) / GIB
            told = [kind, name + (" (scaled)" if name == "river" else ""), len(mine)]
            seconds = [f"{wall_s:,.1f}", f"{cpu_s:,.1f}", f"{rows / wall_s:,.0f}"]
            ratios = [f"{wall_s / floor_s:.1f}", f"{cpu_s / floor_cpu_s:.1f}"]
            lines.append([*told, *seconds, *ratios, f"{peak:.2f}"])
    header = [
        "file",
        "contender",
        "runs",
        "wall s",
        "CPU s",
        "rows/s",
        "x floor",
        "x floor, CPU",
        "peak GiB",
    ]
    command = (
        f"python -m benchmarks.throughput --events {options.events} --areas {options.areas} "
        f"--days {options.days} --rounds {options.rounds}"
    )
    return "\n\n".join(
        [
            "# Throughput of a replay",
            f"{rows:,} made rows: {options.areas:,} areas, 20 indicators, {options.days} days, "
            f"15-minute ticks. Medians of whole processes with their start-up, interleaved. "
            f"{provenance(command)} Load of the machine at the end: "
            f"{', '.join(f'{x:.1f}' for x in os.getloadavg())} (1, 5, 15 minutes).",
            table(header, lines),
            f"The floor is the faster of DuckDB and Polars doing nothing but read, parse both times and "
            f"count by area and indicator. River was given {RIVER_EVENTS:,} events; what they took "
            "beyond its start-up is multiplied. What riskwatch does: validation, duplicate removal, "
            "late handling, panels, features, scoring with the bundle of `configs/`, grading, explained "
            "alerts stored.",
            NOTES.read_text(encoding="utf-8").strip(),
            "",
        ]
    )


def _medians(runs: list[Run]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    return statistics.median(r.wall_s for r in runs), statistics.median(r.cpu_s for r in runs)


def _rows_of(file: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(file).metadata.num_rows)


def main() -> None:
    """Make the data, run the rounds, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--areas", type=int, default=3_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="keeps the made files; else a temporary folder")
    parser.add_argument("--warm", action="store_true", help="run riskwatch once before, uncounted")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        options.folder = options.folder or Path(place)
        options.folder.mkdir(parents=True, exist_ok=True)
        files = simulate(options.folder, options)
        runs = measure(files, options)
        text = page(runs, _rows_of(files["parquet"]), options)
    (ROOT / "benchmarks" / "throughput.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
