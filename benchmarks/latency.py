"""From a tick's close to its commit, while events come in over HTTP: `python -m benchmarks.latency`.

One process runs what `riskwatch run` runs (server, engine, store); another sends Arrow batches at a
stated rate, in real time. Ticks are a minute long. Fifteen days at the same rates are told to the
engine first, as counts, so that it may speak; bursts are planted in what comes then. Writes `latency.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from benchmarks.page import ROOT, provenance, table
from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US, MINUTE_US, SECOND_US, SystemClock, to_us
from riskwatch.core.panels import TickGrid
from riskwatch.desk import Desk, Place
from riskwatch.extract.arrivals import Accepted
from riskwatch.live import Live
from riskwatch.settings import load_settings
from riskwatch.store.alerts import Commit
from riskwatch.workspace import enter_workspace

FloatArray, IntArray = NDArray[np.float64], NDArray[np.int64]
AREAS, INDICATORS, SIGNATURES = 3_000, 20, 5
BATCH_ROWS = 2_000
HISTORY_DAYS = 15
SKEW = (
    4.0  # sd of the log of the series' rates: a tenth bring nearly all, as full windows of a week must fit
)
BURSTS = 3  # planted a minute, each ten minutes of twenty calls a minute in one village
BURST_MIN, BURST_ROWS = 10, 20
LATENESS_MIN = 1


def write_configs(folder: Path) -> Path:
    """A county of 60 towns and 2,939 villages, 20 indicators in 5 signatures, one source with ids."""
    towns = [f"T{n}" for n in range(60)]
    villages = [(f"V{n}", towns[n % len(towns)]) for n in range(AREAS - len(towns) - 1)]
    rows = ["code,name,parent,level,population", "COUNTY,County,,county,3000000"]
    rows += [f"{t},{t},COUNTY,town,50000" for t in towns]
    rows += [f"{v},{v},{t},village,1000" for v, t in villages]
    names = [f"i{n}" for n in range(INDICATORS)]
    domain = {"domain": "public_health", "owner": "desk"}
    harm = {"harm": {"en": "people come to harm"}, "response": "medical", "expires": "2100-01-01"}
    indicators = {
        "signatures": {f"s{n}": {"name": {"en": f"s{n}"}, **domain} for n in range(SIGNATURES)},
        "indicators": {
            name: {"name": {"en": name}, "signature": f"s{n % SIGNATURES}", **domain, **harm}
            for n, name in enumerate(names)
        },
    }
    mapping = {
        "source": "load",
        "about": {"en": "made load"},
        "areas": "areas/load.csv",
        "indicators": "indicators/load.yaml",
        "timezone": "UTC",
        "lateness_min": LATENESS_MIN,
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
        },
    }
    texts = {
        "areas/load.csv": "\n".join(rows) + "\n",
        "indicators/load.yaml": yaml.safe_dump(indicators),
        "sources/load.yaml": yaml.safe_dump(mapping),
        "ingest.yaml": yaml.safe_dump({"rows_per_s": 1e6, "wait_s": 30, "backlog": 10_000}),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rates(rate: float) -> FloatArray:
    """[villages * indicators] events a second of each series, so many in all."""
    drawn = np.random.default_rng(3).lognormal(0.0, SKEW, (AREAS - 61) * INDICATORS)
    share: FloatArray = drawn / drawn.sum() * rate
    return share


class Warmed(Desk):
    """A desk whose engine has been told fifteen days of counts, up to now, before it is given out."""

    rate = 0.0
    warmed: threading.Event

    @contextmanager
    def engine(self, *, tell: bool = True) -> Iterator[Pipeline]:
        """The pipeline, warm; the inbox knows nothing of that history, so it is never restored."""
        with super().engine(tell=tell) as pipeline:
            self._warm(pipeline)
            self.warmed.set()
            yield pipeline

    def _warm(self, pipeline: Pipeline) -> None:
        tree, grid = self.settings.world.tree, self.settings.world.grid
        area = np.array([tree.index[f"V{n}"] for n in range(AREAS - 61)])
        code = np.array([self.settings.world.registry.index[f"i{n}"] for n in range(INDICATORS)])
        each, draw = rates(self.rate) * grid.tick_us / SECOND_US, np.random.default_rng(4)
        tick = grid.last_decided(to_us(self.clock.now())) - HISTORY_DAYS * DAY_US // grid.tick_us
        while tick <= grid.last_decided(to_us(self.clock.now())):
            counts = draw.poisson(each)
            told = np.flatnonzero(counts)
            pipeline._builder.add(
                Accepted(
                    area=area[told // INDICATORS],
                    indicator=code[told % INDICATORS],
                    source=np.zeros(len(told), np.int64),
                    occurred_us=np.full(len(told), grid.start(tick)),
                    count=counts[told],
                )
            )
            for panel in pipeline._builder.close(grid.decided_at(tick), 1):
                pipeline.volume.update(panel)
            tick += 1


def drawn(draw: np.random.Generator, share: FloatArray, n: int, minute: int) -> IntArray:
    """So many series, by their rates, and the rows of the bursts of this minute."""
    series = np.searchsorted(np.cumsum(share / share.sum()), draw.random(n))
    planted = np.random.default_rng(5).integers(0, len(share), (minute + 1) * BURSTS)
    bursting = planted[-BURSTS * BURST_MIN :]
    of_batch = draw.random((len(bursting), BURST_ROWS)) < n / share.sum() / 60
    return np.r_[series, np.repeat(bursting, of_batch.sum(axis=1))]


def body(draw: np.random.Generator, serial: int, series: IntArray) -> bytes:
    """An Arrow stream of events of this moment; ids count on from a serial number."""
    village = pa.DictionaryArray.from_arrays(
        pa.array(series // INDICATORS, pa.int32()), pa.array([f"V{k}" for k in range(AREAS - 61)])
    )
    code = pa.DictionaryArray.from_arrays(
        pa.array(series % INDICATORS, pa.int32()), pa.array([f"i{k}" for k in range(INDICATORS)])
    )
    at_us = to_us(SystemClock().now()) - draw.integers(0, 5_000_000, len(series))
    made = pa.table(
        {
            "id": pa.array(np.arange(serial, serial + len(series))).cast(pa.string()),
            "area": village,
            "code": code,
            "at": pa.array(at_us).cast(pa.timestamp("us", "UTC")),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    return sink.getvalue().to_pybytes()


def send(url: str, rate: float, seconds: float) -> None:
    """Send batches at a rate until the time is over; says how many were taken, and how fast."""
    draw, share, serial, taken, answers = np.random.default_rng(1), rates(rate), 0, 0, []
    headers = {"Content-Type": "application/vnd.apache.arrow.stream", "Prefer": "respond-async"}
    started = time.perf_counter()
    with httpx.Client(timeout=60) as http:
        while (now := time.perf_counter() - started) < seconds:
            due = serial / rate
            if due > now:
                time.sleep(due - now)
            series = drawn(draw, share, BATCH_ROWS, int(now / 60))
            before = time.perf_counter()
            answer = http.post(
                f"{url}/v1/events?source=load", content=body(draw, serial, series), headers=headers
            )
            answers.append(time.perf_counter() - before)
            taken += len(series) * (answer.status_code in (200, 202))
            serial += len(series)
    p50, p99 = np.quantile(answers, [0.5, 0.99])
    print(f"{taken} {serial} {time.perf_counter() - started:.3f} {p50:.4f} {p99:.4f}")


@dataclass
class Measured:
    """Milliseconds from the close of each tick to its commit, and how many alert changes it held."""

    ms: list[float] = field(default_factory=list)
    changes: int = 0


def measure(rate: float, minutes: float) -> tuple[Measured, list[float], int]:
    """Run engine and server here and a sender beside them; (latencies, what the sender says, ticks)."""
    from riskwatch.api.application import make_app
    from riskwatch.cli.page import served
    from riskwatch.cli.shell import Shell

    clock, measured, stop = SystemClock(), Measured(), threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        enter_workspace(ROOT)
        settings = load_settings(
            ROOT, ["load"], today=clock.now().date(), overlay=write_configs(home / "configs")
        )
        grid = TickGrid(tick_us=MINUTE_US, lateness_us=LATENESS_MIN * MINUTE_US)
        desk = Warmed(
            Place(ROOT, home / "store"), replace(settings, world=replace(settings.world, grid=grid)), clock
        )
        desk.rate, desk.warmed = rate, threading.Event()
        commit, last = desk.alerts.commit, [0]

        def timed(what: Commit) -> None:
            commit(what)
            end_us = what.standing.last_tick_us or 0
            if end_us > last[0]:
                if last[0]:  # the first closes whatever came before
                    measured.ms.append((to_us(clock.now()) - end_us - grid.lateness_us) / 1000)
                last[0] = end_us
                measured.changes += len(what.changes)

        desk.alerts.commit = timed  # type: ignore[method-assign] - measured from outside
        live = threading.Thread(target=Live(desk, {}, stop, lambda told: print(told, flush=True)).run)
        app = make_app(desk, live=True, hosts=("127.0.0.1",))
        with served(Shell({}, ROOT, "en"), app, host="127.0.0.1", port=0) as url:
            live.start()
            desk.warmed.wait()
            command = [sys.executable, "-m", "benchmarks.latency", "--send", url]
            command += ["--rate", str(rate), "--minutes", str(minutes)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            stop.set()
            live.join()
        return measured, [float(x) for x in done.stdout.split()], len(measured.ms)


def main() -> None:
    """Measure and write the page."""
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=20_000)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--send")
    given = options.parse_args()
    if given.send:
        send(given.send, given.rate, 60 * given.minutes)
        return
    measured, (taken, sent, seconds, p50_s, p99_s), ticks = measure(given.rate, given.minutes)
    p50, p99 = np.quantile(measured.ms, [0.5, 0.99])
    rows: list[list[object]] = [
        ["areas, indicators", f"{AREAS:,}, {INDICATORS}"],
        ["events sent, taken", f"{sent:,.0f}, {taken:,.0f}"],
        ["rate asked for, reached (events/s)", f"{given.rate:,.0f}, {taken / seconds:,.0f}"],
        ["answer of the ingest (durable), p50, p99 (ms)", f"{1000 * p50_s:.0f}, {1000 * p99_s:.0f}"],
        ["ticks measured", ticks],
        ["tick's close to commit, p50, p99, longest (ms)", f"{p50:.0f}, {p99:.0f}, {max(measured.ms):.0f}"],
        ["changes of alerts in those commits", measured.changes],
        ["load average at the end (this benchmark needs two cores)", f"{os.getloadavg()[1]:.1f}"],
    ]
    text = f"""# Latency: from a tick's close to what it decides, committed

{provenance("python -m benchmarks.latency " + " ".join(sys.argv[1:]))}

Events come over HTTP in Arrow batches of {BATCH_ROWS:,} rows, in real time, from another process on
the same machine; ticks are one minute long and close {LATENESS_MIN} minute after their end. Measured
from that instant until the transaction with the tick's alerts is committed (synchronous=FULL).
Before it the engine is told {HISTORY_DAYS} days of counts at the same rates (lognormal over the series,
sd of the log {SKEW}), so that its windows are full and it may speak; {BURSTS} bursts a minute are planted.
The aim is a p99 under 250 ms at 20,000 events a second; a p99 of fewer than 100 ticks is their longest.

{table(["what", "value"], rows)}
"""
    (ROOT / "benchmarks" / "latency.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
