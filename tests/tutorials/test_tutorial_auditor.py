"""The auditor's tutorial does what it says."""

from __future__ import annotations

import pytest
from tutorial_run import ROOT, matches, run_tutorial, steps

PAGE = ROOT / "docs" / "tutorials" / "auditor.md"


@pytest.mark.slow
def test_tutorial_of_the_auditor_runs_as_printed(tmp_path):
    """Every command ends as the page says and prints what the page shows."""
    assert run_tutorial(PAGE, tmp_path) == []
    for name in ("report.html", "report.zh.html", "register.html", "sample.html"):
        assert (tmp_path / name).stat().st_size > 8_000


def test_tutorial_commands_are_found(tmp_path):
    """A runner that finds nothing would pass; a continued line is one command."""
    assert len(list(steps(PAGE))) >= 9
    page = tmp_path / "p.md"
    page.write_text("```console\n$ a \\\n  b\nout\n$ c\n```\n```sh\n$ no\n```\n")
    assert [(s.command, s.shown) for s in steps(page)] == [("a \\\n  b", "out"), ("c", "")]


def test_tutorial_faults_are_found(tmp_path):
    """A command that fails, and one that prints something else."""
    page = tmp_path / "p.md"
    (tmp_path / "sub").mkdir()
    page.write_text("```console\n$ exit 3\n$ echo one\ntwo\n$ echo yes\nye…\n$ cd sub\n$ pwd\n…/sub\n```\n")
    faults = run_tutorial(page, tmp_path)
    assert [f.splitlines()[0] for f in faults] == ["$ exit 3", "$ echo one"]
    assert matches("a … b", "a 1 2 b")
    assert not matches("a … c", "a 1 2 b")
