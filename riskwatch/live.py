"""The live loop: files that grow, the clock and operators' entries, into one engine until it is stopped."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskwatch.app import Pipeline
from riskwatch.core.clock import DAY_US, SECOND_US, to_us
from riskwatch.core.compiled import load_kept
from riskwatch.core.errors import SourceError, StoreError, StoreUnavailable
from riskwatch.desk import Desk
from riskwatch.ingest.intake import FileIntake
from riskwatch.store.inbox import EntryKind

LONGEST_GAP_DAYS = 31
"""A store that ends longer ago is history: going on from it would count all the time since as silence."""

_HISTORY_S = 5.0
_LONGEST_PAUSE_S = 30.0
_GLANCE_S = 0.02  # one number is read: an acknowledgement from another process waits no longer
_MOST_RESTLESS = 8  # looks


@dataclass(slots=True)
class Followed:
    """A file that grows: how much of it was read, and when it is looked at again."""

    path: Path
    size: int = -1
    looked_at: int = -1  # its size when it was last looked at
    restless: int = 0  # how often in a row it was growing then
    next_s: float = 0.0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the loop says of itself: rows that were taken, or a fault of a followed file."""

    source: str
    rows: int = 0
    fault: str = ""


@dataclass(slots=True)
class Live:
    """Runs one store until `stop` is set.

    What a file holds when it is followed for the first time is history, received when the file
    says; every row that comes later is received when it is read.
    """

    desk: Desk
    follow: Mapping[str, Path]
    stop: threading.Event
    tell: Callable[[Told], None]
    longest_gap_days: float = LONGEST_GAP_DAYS
    poll_s: float = 0.25
    rest: float = 10.0  # reading a file again may take one part in so many of the time, and so may saving
    retry_s: float = 1.0  # a store that took nothing is tried again after this, then twice as long
    snapshot_every_s: float = 60.0
    begun: Callable[[], None] = lambda: None  # called once the engine stands where its store does
    _saved: tuple[float, int] = field(init=False, default=(0.0, 0))  # when the next is due; ticks so far
    _expired_day: int = field(init=False, default=-1)
    _trouble: str = field(init=False, default="")
    _files: dict[str, Followed] = field(init=False, default_factory=dict)

    def run(self) -> None:
        """Read, tick and apply until stopped; the engine's state is saved at the end.

        A store that takes nothing (its disk is full) is told once and tried again: the engine starts
        anew from what is stored, since what it had applied in memory alone is not what counts.
        """
        pause_s = self.retry_s
        while not self.stop.is_set():
            try:
                self._run()
            except StoreUnavailable as error:
                if str(error) != self._trouble:
                    self.tell(Told("store", fault=str(error)))
                self._trouble = str(error)
                self.stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _run(self) -> None:
        with self.desk.engine() as pipeline:
            self.begin(pipeline)
            self.begun()
            self._trouble = ""
            self._saved = (time.monotonic() + self.snapshot_every_s, pipeline.ticks)
            while not self.stop.is_set():
                self.step(pipeline)
                self.save(pipeline)
                self._rest(pipeline)

    def begin(self, pipeline: Pipeline) -> None:
        """Read what the files hold already; raises StoreError where the store ended too long ago."""
        self._files = {source: Followed(path) for source, path in self.follow.items()}
        self._read_history(pipeline)
        self._check_gap()

    def step(self, pipeline: Pipeline) -> None:
        """Read what files have gained, tell the time if a tick is due, and apply all of it."""
        self.desk.woken.clear()
        for source in self._files:
            self._take(source, pipeline)
        self._tell_time(pipeline)
        for entry in self.desk.inbox.after(pipeline.position):
            pipeline.apply(entry)
            if self.stop.is_set():
                return  # what waits is durable; a stop does not wait for a backlog
        self._expire()

    def save(self, pipeline: Pipeline) -> None:
        """Save the state just behind a tick, and at no other time, so that none waits for it.

        That is the last tick before so much time will have passed, and a save takes a small part of it.
        """
        (due_s, ticks), now_s = self._saved, time.monotonic()
        tick_s = self.desk.settings.world.grid.tick_us / SECOND_US
        if pipeline.ticks > ticks and now_s + tick_s > due_s:
            pipeline.snapshot()
            due_s = now_s + max(self.snapshot_every_s, self.rest * (time.monotonic() - now_s))
        self._saved = (due_s, pipeline.ticks)

    def _expire(self) -> None:
        """Once a day let go what has outlived its time, a piece at each step."""
        clock_us = self.desk.clock_us()
        if clock_us // DAY_US > self._expired_day and not self.desk.retention.expire(clock_us):
            self._expired_day = clock_us // DAY_US

    def _read_history(self, pipeline: Pipeline) -> None:
        """Read what is there before the clock moves on, or all of it would be late."""
        deadline = time.monotonic() + _HISTORY_S
        while not self.stop.is_set():
            for source in self._files:
                self._take(source, pipeline)
            waiting = [f for f in self._files.values() if f.size < 0 and not f.fault]
            if not waiting or time.monotonic() > deadline:
                return
            self.stop.wait(self.poll_s)

    def _take(self, source: str, pipeline: Pipeline) -> None:
        """Read what a file has gained; a file that is missing or broken is told once and tried again."""
        file, now_s = self._files[source], time.monotonic()
        if now_s < file.next_s:
            return
        try:
            size = _whole_lines(file)
            if size is not None and size != file.size:
                self._read(source, file, pipeline)
                file.size = size
            self._faulty(source, file, "")
        except (SourceError, OSError) as error:
            self._faulty(source, file, str(error))
        file.next_s = now_s + max(self.poll_s, self.rest * (time.monotonic() - now_s))

    def _read(self, source: str, file: Followed, pipeline: Pipeline) -> None:
        mapping = self.desk.settings.mappings[source]
        intake = FileIntake(self.desk.settings.world, mapping, self.desk.inbox, self.desk.clock)
        known = self.desk.inbox.stream(source, mapping.stream) is not None
        rows = 0
        for taken in intake.read(file.path, live=known, growing=True):
            rows += taken.rows
            pipeline.catch_up()
            if self.stop.is_set():
                break
        if rows:
            self.tell(Told(source, rows=rows))
        if intake.incomplete:
            self._faulty(source, file, intake.incomplete)

    def _faulty(self, source: str, file: Followed, fault: str) -> None:
        if fault and fault != file.fault:
            self.tell(Told(source, fault=fault))
        file.fault = fault

    def _check_gap(self) -> None:
        standing = self.desk.alerts.standing()
        if standing is None or standing.clock_us < 0:
            return
        days = (to_us(self.desk.clock.now()) - standing.clock_us) / DAY_US
        if days > self.longest_gap_days:
            raise StoreError(
                f"{self.desk.place.home}: the store ends {days:.0f} days ago; all that time would count "
                "as silence of its feeds. Look at it with: riskwatch serve, run another store with "
                "--store DIR, or go on from it with --longest-gap-days"
            )

    def _rest(self, pipeline: Pipeline) -> None:
        """Until the next look, until this process wakes it, or until another has appended an entry."""
        until_s = time.monotonic() + self._pause_s(pipeline)
        while (left_s := until_s - time.monotonic()) > 0:
            if self.desk.woken.wait(min(left_s, _GLANCE_S)) or self.desk.inbox.last() > pipeline.position:
                return

    def _pause_s(self, pipeline: Pipeline) -> float:
        """Until the next look, or until the next tick or the limit of a step is due if that comes first."""
        grid = self.desk.settings.world.grid
        now_us = to_us(self.desk.clock.now())
        due_us = grid.decided_at(grid.last_decided(now_us) + 1)
        if (limit_us := pipeline.next_limit_us()) is not None:
            due_us = min(due_us, limit_us)
        return min(self.poll_s, max(due_us - now_us, 0) / SECOND_US)

    def _tell_time(self, pipeline: Pipeline) -> None:
        """An entry of the clock when a tick has become due, so that it closes even if nobody reports.

        Also when a time limit of an alert has run out, so that what is overdue is told when it is.
        """
        grid = self.desk.settings.world.grid
        now_us = to_us(self.desk.clock.now())
        standing, limit_us = self.desk.alerts.standing(), pipeline.next_limit_us()
        ticks = standing is None or grid.last_decided(now_us) > grid.last_decided(standing.clock_us)
        if ticks or (limit_us is not None and limit_us <= now_us):
            self.desk.inbox.append(EntryKind.CLOCK, {"at_us": now_us})


def settle() -> None:
    """Make a process ready to run for long: what its start left behind shall not hold a tick up.

    Loops are loaded before their first use, and Python's collector no longer looks at what is there
    by now, for good (modules, classes, settings): its longest pass takes 0.15 s with all that.
    """
    load_kept()
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _whole_lines(file: Followed) -> int | None:
    """The size of a file that ends with a whole line and rests, or has not rested for long; else None."""
    if not file.path.is_file():
        raise SourceError(f"{file.path}: does not exist yet; it is read as soon as it does")
    size = file.path.stat().st_size
    before, file.looked_at = file.looked_at, size
    file.restless = file.restless + 1 if size != before and before >= 0 else 0
    if size == 0 or 0 < file.restless < _MOST_RESTLESS:
        return None
    with file.path.open("rb") as opened:
        opened.seek(-1, 2)
        return size if opened.read(1) == b"\n" else None
