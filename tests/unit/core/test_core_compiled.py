"""Compiled loops answer as their Python does, wherever their machine code may be kept."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest

from riskwatch.core import compiled as module
from riskwatch.core.compiled import compiled


def total(n: int) -> int:
    found = 0
    for i in range(n):
        found += i
    return found


def test_a_loop_says_the_same_compiled():
    """And keeps its Python."""
    made = compiled(total)
    assert made(10) == made.py_func(10) == 45


def test_without_a_place_for_its_cache_a_loop_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch):
    """A read-only installation without a home compiles anew in each process."""

    def no_place(loop):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(module, "_Kept", no_place)
    assert compiled(total)(4) == 6


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where machine code is kept, for one test."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(tmp_path)
    yield tmp_path
    numba.config.CACHE_DIR = before


def test_machine_code_is_kept(folder: Path):
    """The second process loads it."""
    compiled(total)(4)
    again = compiled(total)
    assert again(4) == 6
    assert sum(again.stats.cache_hits.values()) == 1


def test_what_is_kept_can_be_loaded_before_its_first_use(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Of every signature; a loop of which only a torn index is kept waits for its first use."""
    made = compiled(total)
    made(4)
    made(np.uint8(4))
    monkeypatch.setattr(module, "_loops", [])
    again = compiled(total)
    module.load_kept()
    assert len(again.signatures) == 2
    assert sum(again.stats.cache_hits.values()) == 2
    assert again(4) == 6
    (index,) = folder.rglob("*.nbi")
    index.write_bytes(index.read_bytes()[:20])
    torn = compiled(total)
    module.load_kept()
    assert not torn.signatures


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 20])
def test_what_a_power_loss_tore_is_compiled_again(folder: Path, suffix: str, left: int):
    """Neither a torn index nor torn machine code keeps the engine from starting; it is kept anew."""
    compiled(total)(4)
    (torn,) = folder.rglob(f"*.{suffix}")
    torn.write_bytes(torn.read_bytes()[:left])
    assert compiled(total)(4) == 6
    again = compiled(total)
    assert again(4) == 6
    assert sum(again.stats.cache_hits.values()) == 1


def test_machine_code_of_another_signature_is_not_taken(folder: Path):
    """Two processes that compile at once may number theirs alike; the bytes of the last one stand there."""
    made = compiled(total)
    made(4)
    (first,) = folder.rglob("*.nbc")
    made(np.uint8(4))
    (second,) = set(folder.rglob("*.nbc")) - {first}
    first.write_bytes(second.read_bytes())
    again = compiled(total)
    assert again(300) == 44_850
    assert not again.stats.cache_hits


def test_a_full_disk_keeps_nothing_and_stops_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The loop answers all the same."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert compiled(total)(4) == 6
    assert not list(folder.rglob("*.nb*"))
