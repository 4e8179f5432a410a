"""The tutorial of an own source does what it says."""

from __future__ import annotations

import pytest
from tutorial_run import ROOT, run_tutorial, steps

PAGE = ROOT / "docs" / "tutorials" / "own-source.md"


@pytest.mark.slow
def test_tutorial_of_an_own_source_runs_as_printed(tmp_path):
    """A file in GB18030 that nobody mapped before is read, row by row accounted for."""
    assert run_tutorial(PAGE, tmp_path) == []
    assert (tmp_path / "desk" / ".riskwatch" / "riskwatch.db").is_file()


def test_tutorial_writes_its_files_itself():
    """A here-document is one command, up to the line that ends it."""
    written = [s.command for s in steps(PAGE) if "<<" in s.command]
    assert len(written) == 4
    assert all(command.endswith("\nEND") for command in written)
