"""An opened store: one engine at a time, actions that reach it, and the world of its first day."""

from __future__ import annotations

import fcntl
import shutil
import threading
from pathlib import Path

import pytest
from desk_town import configs, opened, parts

from riskwatch.alert.lifecycle import ActionKind, ActionRefused
from riskwatch.core.alerts import State, Verdict
from riskwatch.core.errors import ConfigError, StoreError
from riskwatch.desk import Desk
from riskwatch.summary import ReplaySummary


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store of the town with all its calls; it is copied, never written."""
    folder = tmp_path_factory.mktemp("town")
    made = opened(folder / "home", sources=["town"], overlay=configs(folder / "configs"))
    for n, path in enumerate(parts(folder)):
        made.replay(path, "town", stream=f"part{n}")
    return folder / "home"


@pytest.fixture
def desk(whole: Path, tmp_path: Path) -> Desk:
    """A copy of that store."""
    shutil.copytree(whole, tmp_path / "home")
    return opened(tmp_path / "home")


def first(desk: Desk):
    return next(a for a in desk.alerts.find(shown_only=True) if a.signature == "illness")


def test_a_replay_tells_what_it_did(tmp_path):
    """The account adds up, progress reaches the end of the file, and a second reading counts nothing."""
    desk = opened(tmp_path / "home", sources=["town"], overlay=configs(tmp_path / "configs"))
    told, done = [], []
    for n, path in enumerate(parts(tmp_path)):
        done.append(desk.replay(path, "town", stream=f"part{n}", progress=told.append))
    account = [summary.account for summary in done]
    for a in account:
        assert a["rows_read"] == a["accepted"] + a["duplicate"] + a["late"] + a["quarantined"]
    assert sum(a["accepted"] for a in account) > 400
    assert sum(sum(summary.alerts.values()) for summary in done) >= 1
    assert told[-1].ticks > 10
    assert done[0].events_per_s > 0
    assert (desk.settings.mappings["town"].source, done[0].incomplete) == ("town", None)
    again = desk.replay(tmp_path / "part3.csv", "town", stream="part3")
    assert again.account["accepted"] == 0
    assert again.account["rows_read"] == again.account["duplicate"] == account[3]["rows_read"]


def test_no_time_is_no_speed():
    """A summary of nothing does not divide by it."""
    assert ReplaySummary({"rows_read": 0}, 0, {}, 0.0, None).events_per_s == 0.0


def test_a_second_engine_is_refused(desk):
    """While one holds the store; afterwards another may."""
    other = opened(desk.place.home)
    message = r"home: another riskwatch runs on this store; stop it, or use another store$"
    with desk.engine(), pytest.raises(StoreError, match=message), other.engine():
        pass
    with other.engine() as pipeline:
        assert pipeline.position == desk.inbox.last()


def test_acting_is_an_entry_of_the_inbox(desk):
    """It is applied here when no engine runs, and the name says that nobody checked it."""
    alert = first(desk)
    changed = desk.act(ActionKind.ACK, alert.id[:8], "Ann", note="on it")
    assert (changed.state, changed.actor, changed.note) == (State.ACKNOWLEDGED, "Ann (unverified)", "on it")
    assert list(desk.inbox.after(0))[-1].body["kind"] == "ack"
    closed = desk.act(ActionKind.CLOSE, alert.id, "Ann", verdict=Verdict.TRUE)
    assert (closed.state, closed.verdict) == (State.CLOSED, Verdict.TRUE)
    assert [c.actor for c in desk.alerts.changes(alert.id)][-2:] == ["Ann (unverified)"] * 2


def test_an_action_that_is_not_possible_says_why(desk):
    """An unknown alert, no verdict, and a state that does not allow it."""
    alert = first(desk)
    entries = desk.inbox.last()
    with pytest.raises(StoreError, match=r"^alert 'rw-none' is not known, or its beginning fits several"):
        desk.act(ActionKind.ACK, "rw-none", "Ann")
    with pytest.raises(ActionRefused, match=r"closing needs a verdict; give one of true, false, already"):
        desk.act(ActionKind.CLOSE, alert.id, "Ann")
    assert desk.inbox.last() == entries
    desk.act(ActionKind.ACK, alert.id, "Ann")
    with pytest.raises(
        ActionRefused, match=rf"^alert {alert.id} is acknowledged; ack needs one that is open$"
    ):
        desk.act(ActionKind.ACK, alert.id, "Bea")


def test_whoever_looks_for_an_engine_keeps_none_from_starting(desk):
    """`serve` looks at each batch that is sent to it; the look takes the lock for an instant."""
    looked = (desk.place.home / "engine.lock").open("a")
    fcntl.flock(looked, fcntl.LOCK_SH)
    looker = threading.Timer(0.3, looked.close)
    looker.start()
    with desk.engine():
        assert desk.engine_runs()
        with pytest.raises(StoreError, match="another riskwatch runs"), desk.engine():
            pass
    looker.join()
    assert not desk.engine_runs()


def test_a_running_engine_applies_what_another_desk_does(desk):
    """The action goes through the inbox of the engine that holds the store."""
    alert, stop, ready = first(desk), threading.Event(), threading.Event()

    def run() -> None:
        with opened(desk.place.home).engine() as pipeline:
            ready.set()
            while not stop.wait(0.02):
                pipeline.catch_up()

    engine = threading.Thread(target=run)
    engine.start()
    try:
        assert ready.wait(120)
        changed = desk.act(ActionKind.ACK, alert.id, "Ann")
        assert changed.state is State.ACKNOWLEDGED
    finally:
        stop.set()
        engine.join()


def test_an_engine_that_does_not_answer_is_told(desk, monkeypatch):
    """The action is kept and will be applied by whoever comes next."""
    alert, now = first(desk), [0.0]

    def late() -> float:
        now[0] += 6.0
        return now[0]

    monkeypatch.setattr("riskwatch.desk.time.monotonic", late)
    with opened(desk.place.home).engine():
        with pytest.raises(StoreError, match=r"has not applied it within 10 s; it is kept in the"):
            desk.act(ActionKind.ACK, alert.id, "Ann")
        assert desk.alerts.get(alert.id).state is State.OPEN
    with desk.engine():
        assert desk.alerts.get(alert.id).state is State.ACKNOWLEDGED


def test_an_empty_store_says_what_to_do(tmp_path):
    """Without a source there is nothing to open."""
    with pytest.raises(
        StoreError, match=r"home: the store is empty; replay a file into it, or try: riskwatch"
    ):
        opened(tmp_path / "home")


def test_a_store_keeps_the_world_of_its_first_day(tmp_path):
    """Other areas belong to another store, and what was refused leaves no trace."""
    home = tmp_path / "home"
    opened(home, sources=["town"], overlay=configs(tmp_path / "one"))
    kept = (home / "configs" / "areas" / "town.csv").read_text()
    with pytest.raises(
        StoreError, match=r"home: the store was made with other areas or indicators; name an"
    ):
        opened(home, overlay=configs(tmp_path / "two", towns=("NORTH", "SOUTH")))
    assert (home / "configs" / "areas" / "town.csv").read_text() == kept
    assert opened(home).settings.world.tree.codes == ("COUNTY", "NORTH", "EAST", "WEST")
    assert not (home / "configs.coming").exists()


def test_a_broken_overlay_leaves_the_kept_copy(tmp_path):
    """The store still opens."""
    home = tmp_path / "home"
    opened(home, sources=["town"], overlay=configs(tmp_path / "one"))
    broken = configs(tmp_path / "two")
    (broken / "indicators" / "town.yaml").write_text("signatures: {}\n")
    with pytest.raises(ConfigError):
        opened(home, overlay=broken)
    assert opened(home).settings.mappings.keys() == {"town"}


def test_the_overlay_is_kept_with_the_store(tmp_path):
    """It opens when the folder it came from is gone, with the same configs; sources join it."""
    home = tmp_path / "home"
    one = opened(home, sources=["town"], overlay=configs(tmp_path / "one"))
    for path in sorted((tmp_path / "one").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    two = opened(home)
    assert two.settings.config_hash == one.settings.config_hash
    three = opened(home, sources=["fire"], overlay=configs(tmp_path / "more", sources=("fire",)))
    assert sorted(three.settings.mappings) == ["fire", "town"]
    assert sorted(opened(home, overlay=home / "configs").settings.mappings) == ["fire", "town"]
