"""Compiled loops: what arrays alone don't reach, by numba; imported by the modules that hold such loops."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

_Loop = TypeVar("_Loop", bound=Callable[..., Any])
_loops: list[Any] = []
_FunctionCache: Any = FunctionCache  # numba's methods have no types


def compiled(loop: _Loop) -> _Loop:
    """The loop as machine code, kept on disk beside its module (or in the user's cache) once made.

    IEEE arithmetic in the order it is written, so the same numbers give the same bits; the
    interpreter is free meanwhile. Where no folder for the cache may be written, each process
    compiles anew. The loop in Python is its `py_func`.
    """
    made = njit(nogil=True, error_model="numpy")(loop)
    with suppress(RuntimeError):  # numba found no place for its cache
        made._cache = _Kept(loop)  # type: ignore[attr-defined] # what enable_caching() sets
        _loops.append(made)
    return cast(_Loop, made)


def load_kept() -> None:
    """Load the machine code that is kept of every loop, so that none has to be loaded at its first use."""
    for made in _loops:
        for signature in made._cache.signatures(made.targetctx):
            made.compile(signature)


class _Kept(_FunctionCache):  # type: ignore[misc] # for the same reason
    """Numba's cache of a loop, of which no fault ends the work: what is not kept is compiled again.

    Numba itself raises where the disk takes no more, and at every start after a power loss has torn
    one of its files, which it does not sync; and two processes that compile for the first time at
    once may number two signatures alike.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kept machine code of a signature, or None; a torn index is emptied."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # unpickling torn bytes raises anything
            found = None
            with suppress(OSError):
                self.flush()
        return found if found is not None and found.signature.args == tuple(sig) else None

    def signatures(self, target_context: Any) -> list[Any]:
        """Those that machine code is kept of, made for this machine from the loop as it is."""
        try:
            held, codegen = self._cache_file._load_index(), target_context.codegen()
        except Exception:  # as above; the first use will tell
            return []
        return [key[0] for key in held if key == self._index_key(key[0], codegen)]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code, where the disk takes it."""
        with suppress(OSError):
            super().save_overload(sig, data)
