"""Compiled loops answer as their Python does, wherever their machine code may be kept."""

from __future__ import annotations

import numba
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

    def no_place(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(module, "njit", no_place)
    assert compiled(total)(4) == 6
