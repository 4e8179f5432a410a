"""What a wheel holds: the engine, its data files, and a copy of the content."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTENT = ("features", "models", "flows", "configs")


def test_the_package_list_is_the_tree():
    """A package that is not listed would be missing from the wheel."""
    engine = {
        ".".join(init.parent.relative_to(ROOT).parts) for init in (ROOT / "riskwatch").rglob("__init__.py")
    }
    content = {f"riskwatch._workspace.{name}" for name in CONTENT}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == engine | content


def test_the_content_lies_at_the_top():
    """Flat folders: a folder within them would need its own line in the package list."""
    mapped = PROJECT["tool"]["setuptools"]["package-dir"]
    assert mapped == {f"riskwatch._workspace.{name}": name for name in CONTENT}
    nested = [p for name in CONTENT[:3] for p in (ROOT / name).glob("*/*.py")]
    assert nested == []


@pytest.mark.parametrize("lock", ["base", "test", "dev"])
def test_a_lock_pins_every_package_with_its_hashes_and_names_no_host(lock):
    """Where packages come from is the business of whoever installs."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|--index|--extra-index|--find-links|--trusted", text)
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry


def test_the_locks_agree_and_hold_what_the_project_asks_for():
    """A layer adds to the one below and changes no version; it may need a package on more platforms."""
    pins = {
        lock: set(re.findall(r"^(\S+==\S+).*? \\$", (ROOT / "locks" / f"{lock}.txt").read_text(), re.M))
        for lock in ("base", "test", "dev")
    }
    assert pins["base"] < pins["test"] < pins["dev"]
    names = {re.split(r"[\[=]", pin)[0] for pin in pins["base"]}
    wanted = {re.split(r"[\[><=~;! ]", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    assert wanted <= names
    wanted = {re.split(r"[\[><=~;! ]", line)[0].lower() for line in PROJECT["build-system"]["requires"]}
    assert wanted <= names


def test_the_build_input_is_that_of_the_project():
    """`make lock` reads a file, pip reads pyproject.toml."""
    lines = (ROOT / "locks" / "build.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == PROJECT["build-system"]["requires"]


@pytest.mark.slow
def test_a_wheel_holds_engine_data_and_content(tmp_path):
    """Built from the checkout without the network, by the setuptools that is installed."""
    pytest.importorskip("setuptools", reason="the wheel is built by the installed setuptools")
    pip = [sys.executable, "-m", "pip", "wheel", str(_copy(tmp_path / "source")), "--no-deps", "-q"]
    done = subprocess.run(
        [*pip, "--no-build-isolation", "--no-index", "-w", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named pip" in done.stderr:
        pytest.skip("pip is not installed in this environment, so no wheel can be built")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    held = {n.partition("/_workspace/")[2] for n in names if "/_workspace/" in n}
    files = {
        p.relative_to(ROOT).as_posix()
        for name in CONTENT
        for p in (ROOT / name).rglob("*")
        if p.suffix in {".py", ".yaml", ".csv"}
    }
    assert held == files
    engine = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "riskwatch").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert engine <= names
    assert "riskwatch/py.typed" in names


def _copy(target: Path) -> Path:
    """The files that a build reads, so that it leaves nothing in the checkout."""
    import shutil

    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info")
    for name in ("riskwatch", *CONTENT):
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    for name in ("pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]):
        shutil.copy(ROOT / name, target / name)
    return target
