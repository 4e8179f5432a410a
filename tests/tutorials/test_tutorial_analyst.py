"""The analyst's tutorial does what it says, command by command, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from tutorial_run import ROOT, run_tutorial, steps

PAGE = ROOT / "docs" / "tutorials" / "analyst.md"

pytestmark = pytest.mark.slow
pytest.importorskip("prefect", reason="the layer 'analyst' is not installed")


def test_tutorial_of_the_analyst_runs_as_printed(tmp_path: Path):
    """From an empty workspace to a promoted bundle and back; each command prints what it should."""
    assert run_tutorial(PAGE, tmp_path) == []
    assert (tmp_path / "desk" / ".riskwatch" / "models").is_dir()


def test_tutorial_has_commands_to_run():
    """A reader that finds none would pass."""
    typed = [step.command for step in steps(PAGE)]
    assert len(typed) >= 11
    assert all(command.startswith(("riskwatch ", "cd ")) for command in typed)
    assert [command for command in typed if "models promote newest" in command]
