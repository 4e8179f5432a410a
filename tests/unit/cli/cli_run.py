"""One call of the command line and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from riskwatch.cli import main

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Result:
    """The exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


def run_main(capsys: pytest.CaptureFixture[str], words: list[str]) -> Result:
    """Run to the end; the process would have ended with this code."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr()
    return Result(int(ended.value.code or 0), told.out, told.err)


def environment() -> dict[str, str]:
    """For a process of its own, which finds riskwatch also where it is not installed."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}


def own_process(*words: object, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "riskwatch", *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment() | extra,
        check=False,
        timeout=300,
    )
