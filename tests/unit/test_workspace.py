"""The workspace: where the content lives, and what is said when it cannot be found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from riskwatch.core.errors import ConfigError, RiskwatchError, WorkspaceConflict
from riskwatch.workspace import MARK, enter_workspace, find_workspace, resolve

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def same_path_afterwards(monkeypatch):
    """Entering a workspace changes sys.path for the process."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def workspace(folder: Path) -> Path:
    (folder / MARK).parent.mkdir(parents=True)
    (folder / MARK).write_text("features: {}\n")
    return folder.resolve()


def test_the_named_workspace_wins(tmp_path):
    """RISKWATCH_WORKSPACE, then the folder one stands in and those above, then the checkout."""
    named, here = workspace(tmp_path / "named"), workspace(tmp_path / "here")
    deep = here / "a" / "b"
    deep.mkdir(parents=True)
    assert find_workspace({"RISKWATCH_WORKSPACE": str(named)}, deep) == named
    assert find_workspace({}, deep) == here
    assert find_workspace({"RISKWATCH_WORKSPACE": ""}, here) == here
    assert find_workspace({}, tmp_path) == ROOT


def test_a_named_folder_that_is_no_workspace_says_what_to_do(tmp_path):
    """It is not passed over in silence."""
    with pytest.raises(RiskwatchError) as error:
        find_workspace({"RISKWATCH_WORKSPACE": str(tmp_path)}, ROOT)
    place = tmp_path.resolve()
    assert str(error.value) == (
        f"RISKWATCH_WORKSPACE: {place} has no configs/features.yaml; "
        f"name a workspace, or make one with: riskwatch init {place}"
    )


def test_without_any_workspace_one_is_to_be_made(tmp_path, monkeypatch):
    """Neither here nor in a checkout nor bundled."""
    monkeypatch.setattr("riskwatch.workspace.__file__", str(tmp_path / "lib" / "workspace.py"))
    with pytest.raises(RiskwatchError, match=r"^no workspace found; make one with: riskwatch init DIR$"):
        find_workspace({}, tmp_path)


def test_entering_puts_the_root_first_once():
    """However often it is entered."""
    for _ in range(2):
        enter_workspace(ROOT)
    assert sys.path[0] == str(ROOT)
    assert sys.path.count(str(ROOT)) == 1


def test_content_that_resolves_elsewhere_is_a_conflict(tmp_path):
    """A workspace with features of its own cannot follow another one in the same process."""
    import features

    assert features.__file__
    other = workspace(tmp_path / "other")
    (other / "features").mkdir()
    with pytest.raises(
        WorkspaceConflict, match=r"^'features' resolves to .*; uninstall or rename the other"
    ):
        enter_workspace(other)


def test_a_workspace_without_content_takes_that_of_the_path(tmp_path):
    """Configs alone are a workspace too."""
    enter_workspace(workspace(tmp_path / "bare"))


def test_names_resolve_to_classes_or_say_what_to_do(tmp_path, monkeypatch):
    """The module, then the attribute."""
    assert resolve("riskwatch.core.areas:AreaTree").__name__ == "AreaTree"
    with pytest.raises(ConfigError) as error:
        resolve("features.no_such:Thing", "features.yaml")
    assert str(error.value) == (
        "features.yaml: 'features.no_such:Thing': cannot be imported (No module named 'features.no_such'); "
        "create features/no_such.py in the workspace, or fix the name"
    )
    with pytest.raises(ConfigError) as error:
        resolve("riskwatch.core.meter:Thing")
    assert "create riskwatch/core/meter.py in the workspace" in str(error.value)
    with pytest.raises(ConfigError) as error:
        resolve("riskwatch.core.panels:Pannel")
    assert "has no 'Pannel'; it has " in str(error.value)
    assert "Panel, TickGrid" in str(error.value)
    (tmp_path / "empty_module_of_test.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="it has no classes"):
        resolve("empty_module_of_test:Thing")
