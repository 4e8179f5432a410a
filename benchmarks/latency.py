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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.latency_load import (
    AREAS,
    BATCH_ROWS,
    BURSTS,
    INDICATORS,
    LATENESS_MIN,
    SKEW,
    rates,
    write_configs,
)
from benchmarks.page import ROOT, noted, provenance, table
from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US, MINUTE_US, SECOND_US, Clock, SystemClock, to_us
from riskwatch.core.panels import Panel, TickGrid
from riskwatch.desk import Desk, Place
from riskwatch.extract.arrivals import Accepted
from riskwatch.live import Live, settle
from riskwatch.settings import load_settings
from riskwatch.store.alerts import Commit
from riskwatch.store.inbox import Entry
from riskwatch.workspace import enter_workspace

HISTORY_DAYS = 15
PARTS = {
    "wait": "until the engine turns to the entry that closes it",
    "panel": "the panel of what was counted as it came",
    "features": "features: windows, expectation, evidence",
    "judging": "judging, grading, explanations, the casebook",
    "routing": "who is told of it",
    "commit": "the transaction",
    "rest": "the rest: the feed's health, the entry itself",
}


@dataclass
class Stopwatch:
    """Milliseconds from the close of each tick to its commit, by part, and the alert changes in it."""

    clock: Clock
    ticks: list[dict[str, float]] = field(default_factory=list)
    changes: int = 0
    _spent_s: dict[str, float] = field(default_factory=dict)  # on the entry that is applied now
    _last_us: int = 0

    def put_on(self, pipeline: Pipeline) -> None:
        """Measure a pipeline from outside, by a few calls a tick."""
        apply, commit, close = pipeline.apply, pipeline._alerts.commit, pipeline._builder.close
        lateness_us = pipeline._settings.world.grid.lateness_us
        begun: list[tuple[int, float]] = []

        def applied(entry: Entry) -> None:
            begun[:] = [(to_us(self.clock.now()), time.perf_counter())]
            self._spent_s = {}
            apply(entry)

        def committed(what: Commit) -> None:
            before = time.perf_counter()
            commit(what)
            end_us, now_s = what.standing.last_tick_us or 0, time.perf_counter()
            if end_us > self._last_us > 0:  # the first closes whatever came before
                (begun_us, begun_s), parts = begun[0], self._spent_s | {"commit": now_s - before}
                parts["rest"] = now_s - begun_s - sum(parts.values())
                parts["wait"] = (begun_us - end_us - lateness_us) / SECOND_US
                self.ticks.append({name: 1000 * spent_s for name, spent_s in parts.items()})
                self.changes += len(what.changes)
            self._last_us = max(self._last_us, end_us)

        def closed(*given: int) -> Iterator[Panel]:
            panels = close(*given)
            while (panel := self._timed("panel", lambda: next(panels, None))()) is not None:
                yield panel

        given: Any = pipeline  # its methods are put in place of
        given.apply, given._alerts.commit, given._builder.close = applied, committed, closed
        given.volume.update = self._timed("features", pipeline.volume.update)
        given._decide = self._timed("judging", pipeline._decide)
        given._planned = self._timed("routing", pipeline._planned)

    def _timed(self, part: str, what: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            before = time.perf_counter()
            try:
                return what(*given)
            finally:
                self._spent_s[part] = self._spent_s.get(part, 0.0) + time.perf_counter() - before

        return timed

    def rows(self) -> list[list[object]]:
        """Each part in the median, at its longest, and in the longest tick."""
        longest = max(self.ticks, key=lambda parts: sum(parts.values()))
        rows: list[list[object]] = []
        for name, told in PARTS.items():
            each = [parts.get(name, 0.0) for parts in self.ticks]
            rows.append(
                [told, f"{np.median(each):.1f}", f"{max(each):.1f}", f"{longest.get(name, 0.0):.1f}"]
            )
        return rows


class Warmed(Desk):
    """A desk whose engine has been told fifteen days of counts, up to now, before it is given out."""

    rate = 0.0
    warmed: threading.Event
    watch: Stopwatch

    @contextmanager
    def engine(self, *, tell: bool = True) -> Iterator[Pipeline]:
        """The pipeline, warm; the inbox knows nothing of that history, so it is never restored."""
        with super().engine(tell=tell) as pipeline:
            self._warm(pipeline)
            self.watch.put_on(pipeline)
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


def measure(rate: float, minutes: float) -> tuple[Stopwatch, list[float]]:
    """Run engine and server here and a sender beside them; also gives what the sender says."""
    from riskwatch.api.application import make_app
    from riskwatch.cli.page import served
    from riskwatch.cli.shell import Shell

    clock, stop = SystemClock(), threading.Event()
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
        desk.rate, desk.warmed, desk.watch = rate, threading.Event(), Stopwatch(clock)
        engine = Live(desk, {}, stop, lambda told: print(told, flush=True), begun=settle)
        live = threading.Thread(target=engine.run)
        app = make_app(desk, live=True, hosts=("127.0.0.1",))
        with served(Shell({}, ROOT, "en"), app, host="127.0.0.1", port=0) as url:
            live.start()
            desk.warmed.wait()
            command = [sys.executable, "-m", "benchmarks.latency_load", url]
            command += ["--rate", str(rate), "--minutes", str(minutes)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            stop.set()
            live.join()
        return desk.watch, [float(x) for x in done.stdout.split()]


def main() -> None:
    """Measure and write the page."""
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=20_000)
    options.add_argument("--minutes", type=float, default=30)
    given = options.parse_args()
    watch, (taken, sent, seconds, p50_s, p99_s) = measure(given.rate, given.minutes)
    ms = [sum(parts.values()) for parts in watch.ticks]
    p50, p99 = np.quantile(ms, [0.5, 0.99])
    rows: list[list[object]] = [
        ["areas, indicators", f"{AREAS:,}, {INDICATORS}"],
        ["events sent, taken", f"{sent:,.0f}, {taken:,.0f}"],
        ["rate asked for, reached (events/s)", f"{given.rate:,.0f}, {taken / seconds:,.0f}"],
        ["answer of the ingest (durable), p50, p99 (ms)", f"{1000 * p50_s:.0f}, {1000 * p99_s:.0f}"],
        ["ticks measured", len(ms)],
        ["tick's close to commit, p50, p99, longest (ms)", f"{p50:.0f}, {p99:.0f}, {max(ms):.0f}"],
        ["changes of alerts in those commits", watch.changes],
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

Where the time of a tick goes, by the clock on the wall (ms):

{table(["part", "median", "longest", "in the longest tick"], watch.rows())}
"""
    text = "\n".join([text, *(f"{note}\n" for note in noted(__file__))])
    (ROOT / "benchmarks" / "latency.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
