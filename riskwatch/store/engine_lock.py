"""The lock of a store's engine: one process holds it; others may look whether one does."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

_A_LOOK_S = 0.001


def held_alone(lock: IO[str]) -> bool:
    """Hold the engine's lock; False where an engine has it, not where somebody looks whether one has."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(_A_LOOK_S)
        else:
            return True


def is_held(path: Path) -> bool:
    """Whether an engine holds it."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
