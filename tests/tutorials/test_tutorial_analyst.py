"""The analyst's tutorial does what it says, command by command, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from tutorial_runner import ROOT, commands, missing, run

PAGE = ROOT / "docs" / "tutorials" / "analyst.md"

pytestmark = pytest.mark.slow
pytest.importorskip("prefect", reason="the layer 'analyst' is not installed")


def test_tutorial_of_the_analyst_runs_as_printed(tmp_path: Path):
    """From an empty workspace to a promoted bundle and back; each command prints what it should."""
    here, told = tmp_path, []
    for command in commands(PAGE):
        here, out = run(command, here)
        told += [f"$ {command.line}: no line like '{line}' in\n{out}" for line in missing(command, out)]
    assert told == []


def test_tutorial_has_commands_to_run():
    """A reader that finds none would pass."""
    lines = [command.line for command in commands(PAGE)]
    assert len(lines) >= 11
    assert all(line.startswith(("riskwatch ", "cd ")) for line in lines)
    assert [line for line in lines if "models promote newest" in line]
