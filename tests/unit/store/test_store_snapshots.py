"""Snapshots: whole or not there, and the state in them as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_store import alert, database

from riskwatch.core.errors import StoreError
from riskwatch.store.snapshots import Snapshots, pack, unpack

STATES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(st.text("xyz", min_size=1, max_size=3), STATES, max_size=4))
def test_a_state_comes_back_as_it_was(state):
    """Numbers, texts, lists and nested states."""
    assert unpack(pack(state)) == state


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float64, np.uint64, np.bool_])
@pytest.mark.parametrize("shape", [(0,), (3,), (0, 4), (2, 3, 1)])
def test_arrays_keep_shape_type_and_bits(dtype, shape):
    """Also empty ones."""
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    again = unpack(pack({"a": {"b": [array]}}))["a"]["b"][0]
    assert (again.dtype, again.shape) == (array.dtype, shape)
    assert np.array_equal(again, array)


def test_alerts_and_single_numbers_of_numpy_come_back():
    """An alert as an alert, a NumPy number as a number."""
    again = unpack(pack({"alerts": [alert()], "n": np.int64(3), "x": np.float64(0.5), "t": (1, 2)}))
    assert again == {"alerts": [alert()], "n": 3, "x": 0.5, "t": [1, 2]}


def test_the_newest_whole_snapshot_is_used(tmp_path):
    """A torn, a changed or a missing file is passed over."""
    snapshots = Snapshots(database(tmp_path), tmp_path)
    assert snapshots.newest() is None
    for n in (1, 2):
        snapshots.save(n, {"n": n})
    assert snapshots.newest() == (2, {"n": 2})
    newest = tmp_path / "snapshots" / "000000000002.npz"
    whole = newest.read_bytes()
    newest.write_bytes(whole[: len(whole) // 2])
    assert snapshots.newest() == (1, {"n": 1})
    newest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert snapshots.newest() == (1, {"n": 1})
    newest.unlink()
    assert snapshots.newest() == (1, {"n": 1})
    (tmp_path / "snapshots" / "000000000001.npz").write_bytes(b"")
    assert snapshots.newest() is None


def test_two_snapshots_are_kept(tmp_path):
    """Older ones go, rows and files; no half-written file stays."""
    snapshots = Snapshots(database(tmp_path), tmp_path)
    for n in range(1, 6):
        snapshots.save(n, {"n": n})
    snapshots.save(5, {"n": "again"})
    assert sorted(p.name for p in (tmp_path / "snapshots").iterdir()) == [
        "000000000004.npz",
        "000000000005.npz",
    ]
    assert snapshots.newest() == (5, {"n": "again"})


def test_a_crash_while_writing_leaves_the_old_one(tmp_path, monkeypatch):
    """Only the rename makes a file, only the row makes it count."""
    snapshots = Snapshots(database(tmp_path), tmp_path)
    snapshots.save(1, {"n": 1})

    def crash(_: int) -> None:
        raise OSError("power")

    monkeypatch.setattr("riskwatch.store.snapshots.os.fsync", crash)
    with pytest.raises(StoreError, match=r"snapshots: the snapshot cannot be written \(power\); make room"):
        snapshots.save(2, {"n": 2})
    assert [p.name for p in (tmp_path / "snapshots").iterdir()] == ["000000000001.npz"]
    assert snapshots.newest() == (1, {"n": 1})
