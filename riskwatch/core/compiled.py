"""Compiled loops: what arrays alone don't reach, by numba; imported by the modules that hold such loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def compiled(loop: _Loop) -> _Loop:
    """The loop as machine code, kept on disk beside its module (or in the user's cache) once made.

    IEEE arithmetic in the order it is written, so the same numbers give the same bits; the
    interpreter is free meanwhile. Where no folder for the cache may be written, each process
    compiles anew. The loop in Python is its `py_func`.
    """
    try:
        return cast(_Loop, njit(cache=True, nogil=True, error_model="numpy")(loop))
    except RuntimeError:  # numba found no place for its cache
        return cast(_Loop, njit(nogil=True, error_model="numpy")(loop))
