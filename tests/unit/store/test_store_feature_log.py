"""The feature log's files: what cannot be written is kept, what cannot be named is refused."""

from __future__ import annotations

import numpy as np
import pytest

from riskwatch.core.errors import StoreError
from riskwatch.core.scores import Features
from riskwatch.store.feature_buffer import Scored
from riskwatch.store.feature_log import FeatureLog
from riskwatch.store.snapshots import pack, unpack
from riskwatch.testing.made import made_panels, made_world

WORLD = made_world(tick_min=60)
NAMES = ("s0.surprise_1h", "s0.size", "s1.surprise_1h", "s1.size")
NOTHING = Scored(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def filled(log: FeatureLog, days: float = 1.5, names: tuple[str, ...] = NAMES) -> FeatureLog:
    for panel in made_panels(WORLD, days=days):
        read = Features(panel.tick, np.array([2], np.int32), names, np.array([[1.5, 0.0, 0.0, 0.25]]))
        scored = Scored(np.array([2]), np.array([0]), np.array([0.125]))
        log.add(panel, read, scored, ("b1", "c1"))
    return log


def test_rows_are_what_is_not_zero(tmp_path):
    """A likelihood where the composite looked, null where it did not; versions beside each row."""
    log = filled(FeatureLog(tmp_path, WORLD))
    log.flush()
    (day,) = log.days()
    rows = log.read(day).rows.slice(0, 2).to_pylist()
    assert [r["signature"] for r in rows] == ["s0", "s1"]
    assert [r["surprise_1h"] for r in rows] == [1.5, 0.0]
    assert [r["size"] for r in rows] == [0.0, 0.25]
    assert [r["likelihood"] for r in rows] == [0.125, None]
    assert {(r["bundle"], r["config"], r["area"]) for r in rows} == {("b1", "c1", WORLD.tree.codes[2])}
    assert log.read(day).ticks.num_rows == 24


def test_a_day_that_cannot_be_written_is_kept_until_it_can(tmp_path):
    """The error says where and what to do; nothing is lost and nothing half there."""
    log = filled(FeatureLog(tmp_path, WORLD))
    (tmp_path / "features").write_text("in the way")
    with pytest.raises(StoreError, match=r"feature log cannot be written .* the day is kept"):
        log.flush()
    (tmp_path / "features").unlink()
    log.flush()
    assert len(log.days()) == 1
    assert not [p for p in (tmp_path / "features").rglob("*") if p.name.endswith(".part")]


def test_a_day_written_aside_is_the_same_day(tmp_path):
    """The file is the same bytes as one that was waited for, and the state the same once it is there."""
    one, other = filled(FeatureLog(tmp_path / "a", WORLD)), filled(FeatureLog(tmp_path / "b", WORLD))
    kept = pack(one.state())
    one.write_aside()
    other.flush()
    assert pack(one.state()) in (kept, pack(other.state()))
    one.flush()
    assert pack(one.state()) == pack(other.state())
    files = [
        {p.relative_to(log.folder): p.read_bytes() for p in log.folder.rglob("*.parquet")}
        for log in (one, other)
    ]
    assert len(files[0]) == 3
    assert files[0] == files[1]


def test_a_day_that_cannot_be_written_aside_is_said_and_kept(tmp_path):
    """The error comes with the next look, and the day is written once there is room."""
    log = filled(FeatureLog(tmp_path, WORLD))
    (tmp_path / "features").write_text("in the way")
    log.write_aside()
    with pytest.raises(StoreError, match=r"feature log cannot be written .* the day is kept"):
        log.flush()
    (tmp_path / "features").unlink()
    log.write_aside()
    log.flush()
    assert len(log.days()) == 1


def test_what_is_not_written_is_state(tmp_path):
    """Saved, loaded and gone on from, the files are the same; an empty log has a state too."""
    one, other = FeatureLog(tmp_path / "a", WORLD), FeatureLog(tmp_path / "b", WORLD)
    other.load(unpack(pack(one.state())))
    filled(one)
    other.load(unpack(pack(one.state())))
    assert pack(other.state()) == pack(one.state())
    for log in (one, other):
        log.flush()
    assert one.read(one.days()[0]).rows.equals(other.read(one.days()[0]).rows)


def test_columns_of_another_shape_are_refused(tmp_path):
    """A row is an area and signature, so each signature has the same columns."""
    with pytest.raises(StoreError, match="the same columns of every signature"):
        filled(FeatureLog(tmp_path, WORLD), names=("s0.a", "s0.b", "s1.a", "s1.c"))


def test_a_quiet_log_writes_its_ticks(tmp_path):
    """A day without any row is a day all the same."""
    log = FeatureLog(tmp_path, WORLD)
    for panel in made_panels(WORLD, days=1.5):
        log.add(
            panel, Features(panel.tick, np.empty(0, np.int32), NAMES, np.empty((0, 4))), NOTHING, ("b", "c")
        )
    log.flush()
    assert log.read(log.days()[0]).rows.num_rows == 0
    assert log.read(log.days()[0]).ticks.num_rows == 24
