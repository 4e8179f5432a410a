"""Faults on purpose: a process that dies by SIGKILL at a named place or instant; used by fault tests."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riskwatch.core.fail_points import (
    DELIVERY_FAIL_POINTS,
    FAIL_POINTS,
    PROMOTION_POINTS,
    RARE_FAIL_POINTS,
    VARIABLE,
)

READY = "ready"
"""What a process prints when its work begins; instants are counted from there."""

_LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a process dies: at the n-th passing of a fail-point, or so many seconds into its work.

    >>> print(Kill(point="alerts.after_commit", passing=3), Kill(after_s=0.25))
    alerts.after_commit:3 0.250 s
    """

    point: str = ""
    passing: int = 1
    after_s: float = _LONGEST_S

    def __post_init__(self) -> None:
        known = ("", *FAIL_POINTS, *DELIVERY_FAIL_POINTS, *PROMOTION_POINTS, *RARE_FAIL_POINTS)
        assert self.point in known, f"fail-point '{self.point}' is unknown"

    def __str__(self) -> str:
        return f"{self.point}:{self.passing}" if self.point else f"{self.after_s:.3f} s"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: killed, or at its end after so many seconds of work."""

    killed: bool
    work_s: float


def run_to_the_end_or(kill: Kill | None, command: Sequence[str], *, stderr: Path) -> Ended:
    """Run a command that prints READY when it begins; AssertionError if it fails by itself.

    The process is a real one, and so is its death: no handler runs, no buffer is written.
    """
    environ = {k: v for k, v in os.environ.items() if k != VARIABLE}
    if kill and kill.point:
        environ[VARIABLE] = str(kill)
    with (
        stderr.open("w") as errors,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True) as process,  # noqa: S603 - the caller's own command
    ):
        assert process.stdout is not None
        try:
            first = process.stdout.readline().strip()
            started = time.perf_counter()
            assert first == READY, f"{list(command)} did not begin:\n{stderr.read_text()}"
            process.communicate(timeout=kill.after_s if kill else _LONGEST_S)
        except subprocess.TimeoutExpired:
            due = kill is not None and not kill.point
            assert due, f"{list(command)} did not end in {_LONGEST_S:.0f} s"
        finally:
            process.kill()
        code = process.wait()
    killed = code == -signal.SIGKILL
    assert killed or code == 0, f"{list(command)} ended with {code}:\n{stderr.read_text()}"
    return Ended(killed, time.perf_counter() - started)
