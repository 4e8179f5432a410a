"""The pipeline: a function of its inbox, whatever crashes in between."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from desk_town import DAYS, START, configs, opened, outside, parts

from riskwatch.alert.lifecycle import ActionKind
from riskwatch.core.alerts import AlertKind, Verdict
from riskwatch.core.clock import HOUR_US, to_us
from riskwatch.desk import Desk
from riskwatch.ingest.intake import FileIntake
from riskwatch.store.inbox import EntryKind


class CrashError(Exception):
    """The power went."""


def take(desk: Desk, path: Path, n: int, *, crash_after: int | None = None, save: bool = True) -> None:
    """Replay one part; with `crash_after`, stop dead after that many entries were applied."""
    if save:
        desk.replay(path, "town", stream=f"part{n}")
        return
    intake = FileIntake(desk.settings.world, desk.settings.mappings["town"], desk.inbox, desk.clock)

    def run() -> None:
        with desk.engine() as pipeline:
            for k, _ in enumerate(intake.read(path, f"part{n}")):
                if crash_after is not None and k >= crash_after:
                    raise CrashError
                pipeline.catch_up()
            raise CrashError

    with pytest.raises(CrashError):
        run()


def acted(desk: Desk) -> None:
    """What the desk does between the third part and the fourth, and a clock entry."""
    alert = next(a for a in desk.alerts.find(shown_only=True) if a.signature == "illness")
    desk.act(ActionKind.ACK, alert.id, "Ann")
    desk.act(ActionKind.CLOSE, alert.id, "Ann", verdict=Verdict.TRUE, note="流感")


def ended(desk: Desk) -> None:
    desk.inbox.append(EntryKind.CLOCK, {"at_us": to_us(START + timedelta(days=DAYS, hours=30))})
    with desk.engine():
        pass


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store of the town with all its calls; it is copied, never written."""
    folder = tmp_path_factory.mktemp("town")
    desk = opened(folder / "home", sources=["town"], overlay=configs(folder / "configs"))
    for n, path in enumerate(parts(folder)):
        take(desk, path, n)
    return folder / "home"


def test_a_crash_changes_nothing(tmp_path):
    """Restored from an old snapshot, committed entries are replayed without being written twice."""
    files, overlay = parts(tmp_path), configs(tmp_path / "configs")
    whole = opened(tmp_path / "whole", sources=["town"], overlay=overlay)
    for n, path in enumerate(files[:3]):
        take(whole, path, n)
    acted(whole)
    take(whole, files[3], 3)
    ended(whole)

    torn = opened(tmp_path / "torn", sources=["town"], overlay=overlay)
    take(torn, files[0], 0)
    take(torn, files[1], 1, save=False)  # committed, but no snapshot of it
    take(torn, files[2], 2, save=False, crash_after=0)  # in the inbox, but not applied
    torn = opened(tmp_path / "torn")
    with torn.engine() as pipeline:
        assert pipeline.position == torn.inbox.last()
    for snapshot in (tmp_path / "torn" / "snapshots").iterdir():
        snapshot.write_bytes(b"torn")  # now everything is replayed from the beginning
    acted(torn)
    for snapshot in (tmp_path / "torn" / "snapshots").iterdir():
        snapshot.unlink()
    take(torn, files[3], 3)
    ended(torn)
    one, two = outside(tmp_path / "whole"), outside(tmp_path / "torn")
    assert len(one["changes"]) > 5
    for name, rows in one.items():
        assert two[name] == rows, name


def test_a_whole_replay_ends_in_the_same_state(tmp_path):
    """One pass from an empty memory gives the state that snapshots carried along, to the byte."""
    from riskwatch.store.snapshots import pack

    desk = opened(tmp_path / "home", sources=["town"], overlay=configs(tmp_path / "configs"))
    for n, path in enumerate(parts(tmp_path)):
        take(desk, path, n)
    with desk.engine() as carried:
        before = pack(carried._state())
    for snapshot in (tmp_path / "home" / "snapshots").iterdir():
        snapshot.unlink()
    written = outside(tmp_path / "home")
    with opened(tmp_path / "home").engine() as again:
        assert pack(again._state()) == before
    assert outside(tmp_path / "home") == written


@pytest.mark.parametrize(
    "rows", ["", "NORTH,FEVER,2025-01-06 00:00:01\n", "NORTH,UNKNOWN,2025-01-06 00:00:01\n"]
)
def test_a_store_that_has_hardly_begun_restores(tmp_path, rows):
    """After an entry that closed no tick: a clock, a row, a row that was set aside."""
    desk = opened(tmp_path / "home", sources=["town"], overlay=configs(tmp_path / "configs"))
    (tmp_path / "a.csv").write_text("town,title,when\n" + rows)
    desk.replay(tmp_path / "a.csv", "town")
    desk.inbox.append(EntryKind.CLOCK, {"at_us": to_us(START)})
    for _ in range(2):
        with opened(tmp_path / "home").engine() as pipeline:
            assert pipeline.position == desk.inbox.last()


def test_a_clock_entry_closes_ticks_and_tells_of_silence(whole, tmp_path):
    """A feed that stops is called by the clock alone, and the standing says since when."""
    shutil.copytree(whole, tmp_path / "home")
    desk = opened(tmp_path / "home")
    before = desk.alerts.standing()
    ended(desk)
    after = desk.alerts.standing()
    assert after.last_tick_us > before.last_tick_us
    assert (after.last_tick_us - before.last_tick_us) // (HOUR_US // 4) == after.ticks - before.ticks
    down = [a for a in desk.alerts.find() if a.kind is AlertKind.DATA_HEALTH]
    assert [a.detail for a in down] == ["town"]
    assert after.feeds["sources"] == ["town"]
    assert list(after.feeds["down_since_us"]) == ["town"]
    assert desk.act(ActionKind.ACK, down[0].id, "Ann").actor == "Ann (unverified)"


def test_an_action_on_nothing_changes_nothing(whole, tmp_path):
    """An alert that no store has, or a second close, is an entry without an effect."""
    shutil.copytree(whole, tmp_path / "home")
    desk = opened(tmp_path / "home")
    alert = next(a for a in desk.alerts.find(shown_only=True) if a.signature == "illness")
    body = {"kind": "close", "alert": "rw-none", "actor": "x", "at_us": 1, "verdict": "true", "note": ""}
    written = outside(tmp_path / "home")
    desk.inbox.append(EntryKind.ACTION, body)
    with desk.engine():
        pass
    after = outside(tmp_path / "home")
    assert {k: v for k, v in after.items() if k != "engine"} == {
        k: v for k, v in written.items() if k != "engine"
    }
    for _ in range(2):
        desk.inbox.append(EntryKind.ACTION, body | {"alert": alert.id})
    with desk.engine():
        pass
    assert len(outside(tmp_path / "home")["changes"]) == len(written["changes"]) + 1


def test_a_code_of_the_first_week_is_learnt_and_a_later_one_is_news(tmp_path):
    """A new code is a change of the form, told as such."""
    desk = opened(tmp_path / "home", sources=["town"], overlay=configs(tmp_path / "configs"))
    lines = ["town,title,when"]
    for hour in range(24 * 9):
        at = START + timedelta(hours=hour)
        lines.append(
            f"NORTH,{'NEW ONE' if hour == 200 else 'EARLY' if hour == 3 else 'FALL'},{at:%Y-%m-%d %H:%M:%S}"
        )
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    desk.replay(tmp_path / "a.csv", "town")
    told = [a for a in desk.alerts.find(everything=True) if a.kind is AlertKind.SCHEMA]
    assert [a.detail for a in told] == ["NEW ONE"]
