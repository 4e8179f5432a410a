"""The live loop on a clock that stands still: history, growth, silence and entries of operators."""

from __future__ import annotations

import gc
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from riskwatch import live
from riskwatch.core.clock import MovableClock, to_us
from riskwatch.core.errors import StoreError
from riskwatch.desk import Desk, Place
from riskwatch.live import Live, settle
from riskwatch.store.inbox import EntryKind

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # 07:00 in Montgomery County


def line(minute: int, title: str = "EMS: FEVER") -> str:
    """A call so many minutes after 06:00 local time."""
    local = datetime(2026, 3, 2, 6, 0) + timedelta(minutes=minute)  # noqa: DTZ001 - as the department writes it
    return f"{title},{local:%Y-%m-%d %H:%M:%S},ABINGTON\n"


class Run:
    """A live loop that is stepped by hand."""

    def __init__(self, folder: Path, *, gap_days: float = 31.0) -> None:
        self.clock = MovableClock(START)
        self.file = folder / "calls.csv"
        self.told: list[tuple[int, str]] = []
        self.desk = Desk.open(Place(ROOT, folder / "store"), self.clock, sources=["montco911"])
        self.live = Live(
            self.desk,
            {"montco911": self.file},
            threading.Event(),
            lambda told: self.told.append((told.rows, told.fault)),
            longest_gap_days=gap_days,
            poll_s=0.0,
            rest=0.0,
        )

    @property
    def account(self) -> dict[str, int]:
        """What became of the rows."""
        return self.desk.alerts.accounts()["montco911"]


@pytest.fixture
def run(tmp_path):
    """A store without a record and a file with its header and an hour of calls."""
    run = Run(tmp_path)
    run.file.write_text("title,timeStamp,twp\n" + "".join(line(m) for m in range(0, 60, 5)))
    return run


def grow(run: Run, text: str) -> None:
    """The department writes on."""
    with run.file.open("a") as file:
        file.write(text)


def test_what_the_file_holds_at_first_is_history(run):
    """Its rows were received when the file says, so they are not late, and their ticks are decided."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.live.step(pipeline)
        assert run.account["accepted"] == run.account["rows_read"] == 12
        assert pipeline.ticks == 3  # the last of four waits for its lateness
    assert run.told == [(12, "")]


def test_what_the_file_gains_is_received_now(run):
    """A row of half an hour ago comes too late; one of this minute is taken."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.clock.move(timedelta(minutes=30))
        run.live.step(pipeline)
        grow(run, line(58) + line(90))
        run.live.step(pipeline)
        run.live.step(pipeline)
        assert (run.account["late"], run.account["accepted"]) == (1, 13)


def test_the_state_is_saved_behind_a_tick_and_at_no_other_time(run, monkeypatch):
    """So a save, which may take long, holds up no tick."""
    run.live.snapshot_every_s = 0.0
    saved = []
    with run.desk.engine() as pipeline:
        monkeypatch.setattr(pipeline, "snapshot", lambda: saved.append(pipeline.ticks))
        run.live.begin(pipeline)
        run.live.save(pipeline)
        for minutes in (0, 1, 1, 28, 1):
            run.clock.move(timedelta(minutes=minutes))
            run.live.step(pipeline)
            run.live.save(pipeline)
        assert saved == sorted(set(saved))
        assert len(saved) >= 2
        assert saved[-1] == pipeline.ticks


def test_a_save_is_due_behind_the_last_tick_before_its_time(run, monkeypatch):
    """Not behind every tick, nor between two once its time has come; and it takes a small part of it."""
    now, saved = [100.0], []
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: now[0]))
    tick_s = run.desk.settings.world.grid.tick_us / 1e6
    pipeline = SimpleNamespace(ticks=0, snapshot=lambda: saved.append(now[0]))
    run.live.snapshot_every_s = 3 * tick_s
    run.live._saved = (100.0 + 3 * tick_s, 0)
    for step in range(1, 13):
        now[0], pipeline.ticks = 100.0 + step * tick_s / 2, step // 2
        run.live.save(pipeline)
    assert saved == [100.0 + 3 * tick_s, 100.0 + 6 * tick_s]

    def slow() -> None:
        saved.append(now[0])
        now[0] += tick_s

    run.live.rest, pipeline.snapshot = 5.0, slow
    for _ in range(12):
        now[0], pipeline.ticks = now[0] + tick_s, pipeline.ticks + 1
        run.live.save(pipeline)
    assert saved[2:] == [100.0 + 9 * tick_s, 100.0 + 14 * tick_s, 100.0 + 19 * tick_s]


@pytest.mark.parametrize("by", ["another process", "this one"])
def test_an_entry_ends_the_rest_of_the_loop(run, by):
    """Without it the loop would rest for ten minutes: an operator does not wait for the next look."""
    run.live.poll_s = 600.0
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.live.step(pipeline)
        assert run.live._pause_s(pipeline) > 60
        begun = time.monotonic()
        if by == "this one":
            run.desk.woken.set()
        else:
            other = Desk.open(run.desk.place, run.clock)
            other.inbox.append(EntryKind.CLOCK, {"at_us": to_us(START)})
        run.live._rest(pipeline)
        assert time.monotonic() - begun < 60


def test_half_a_line_waits_for_its_other_half(run):
    """It would be read as a row of its own and could never be continued."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        text = line(60)
        grow(run, text[:20])
        for _ in range(3):
            run.live.step(pipeline)
        assert run.account["rows_read"] == 12
        grow(run, text[20:])
        for _ in range(3):
            run.live.step(pipeline)
        assert run.account["rows_read"] == run.account["accepted"] == 13
    assert all(fault == "" for _, fault in run.told)


def test_half_a_line_waits_though_the_file_grew_while_it_was_read(run, monkeypatch):
    """The size was looked at before; what came since may end in the middle of a line."""
    monkeypatch.setattr("riskwatch.live._whole_lines", lambda file: file.path.stat().st_size)
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        text = line(60)
        grow(run, text[:20])
        run.live.step(pipeline)
        assert run.account["rows_read"] == 12
        grow(run, text[20:] + line(61)[:-1])
        run.live.step(pipeline)
        assert (run.account["rows_read"], run.account["quarantined"]) == (13, 0)
    assert all(fault == "" for _, fault in run.told)


def test_a_file_that_never_rests_is_read_all_the_same(run):
    """After eight looks whole lines are enough."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        for _ in range(10):
            grow(run, line(60))
            run.live.step(pipeline)
        assert run.account["rows_read"] > 12


def test_ticks_close_though_nobody_reports(run):
    """The clock is an entry of the inbox, one for each tick that becomes due."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.live.step(pipeline)
        entries, ticks = run.desk.inbox.last(), pipeline.ticks
        for _ in range(5):
            run.live.step(pipeline)
        assert run.desk.inbox.last() == entries
        run.clock.move(timedelta(minutes=60))
        for _ in range(5):
            run.live.step(pipeline)
        assert run.desk.inbox.last() == entries + 1
        assert pipeline.ticks == ticks + 4


def test_a_missing_file_is_told_once_and_read_when_it_comes(run):
    """A department may begin later."""
    text = run.file.read_text()
    run.file.unlink()
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.live.step(pipeline)
        assert [fault for _, fault in run.told] == [
            f"{run.file}: does not exist yet; it is read as soon as it does"
        ]
        run.file.write_text(text)
        run.live.step(pipeline)
        assert run.account["rows_read"] == 12


def test_a_file_that_was_replaced_is_told_and_the_engine_goes_on(run):
    """What was read is no longer there, so nothing of the new file is taken."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.file.write_text("title,timeStamp,twp\n" + line(61))
        for _ in range(12):
            run.live.step(pipeline)
        faults = [fault for _, fault in run.told if fault]
        assert len(faults) == 1
        assert "is shorter" in faults[0]
        run.clock.move(timedelta(minutes=60))
        ticks = pipeline.ticks
        run.live.step(pipeline)
        assert pipeline.ticks > ticks


def test_a_restart_goes_on_where_it_stopped(run, tmp_path):
    """Nothing is read twice; what came meanwhile is received now."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
        run.live.step(pipeline)
    again = Run(tmp_path)
    again.clock.move(timedelta(minutes=5))
    grow(again, line(63))
    with again.desk.engine() as pipeline:
        again.live.begin(pipeline)
        again.live.step(pipeline)
        assert (again.account["rows_read"], again.account["duplicate"]) == (13, 0)


def test_a_store_that_ended_long_ago_is_history(run, tmp_path):
    """Years of silence would be counted tick by tick; a person decides that."""
    with run.desk.engine() as pipeline:
        run.live.begin(pipeline)
    late = Run(tmp_path)
    late.clock.move(timedelta(days=40))
    with late.desk.engine() as pipeline, pytest.raises(StoreError, match="ends 40 days ago"):
        late.live.begin(pipeline)
    willing = Run(tmp_path, gap_days=50)
    willing.clock.move(timedelta(days=40))
    with willing.desk.engine() as pipeline:
        willing.live.begin(pipeline)


def test_a_stop_ends_the_loop_and_saves_the_state(run):
    """The next start restores it."""
    run.live.stop.set()
    run.live.run()
    assert run.told == []
    run.live.stop.clear()
    run.live.tell = lambda told: run.live.stop.set()
    run.live.run()
    assert len(list((run.desk.place.home / "snapshots").glob("*.npz"))) == 1


def test_the_process_is_made_ready_once_the_engine_stands_where_its_store_does(run):
    """Behind the history, before anything that follows; and the collector lets what is there alone."""
    seen = []

    def begun() -> None:
        seen.append(run.account["accepted"])
        run.live.stop.set()
        settle()

    run.live.begun = begun
    try:
        run.live.run()
        assert seen == [12]
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
