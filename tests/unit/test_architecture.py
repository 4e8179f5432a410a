"""The house keeps its own rules: one page that names it, docstrings, sizes, clocks and light imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "riskwatch"
CODE = sorted(
    p for folder in ("riskwatch", "features", "models", "flows") for p in (ROOT / folder).rglob("*.py")
)
PYTHON = [*CODE, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").glob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_architecture_page_names_every_package():
    """And every module that stands beside them, so that the page cannot lag behind the tree."""
    page = ROOT / "docs" / "ARCHITECTURE.md"
    if not page.is_file():
        pytest.skip("docs/ARCHITECTURE.md is not written yet")
    text = page.read_text(encoding="utf-8")
    packages = [p.parent.name + "/" for p in ENGINE.glob("*/__init__.py")]
    modules = [p.name for p in ENGINE.glob("*.py") if not p.name.startswith("__")]
    content = [f"{folder}/" for folder in ("features", "models", "flows", "configs")]
    assert [n for n in (*packages, *modules, *content) if f"`{n}`" not in text] == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_a_module_opens_with_one_sentence(path):
    """Its noun, on the first line, ended."""
    opening = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
    assert opening.endswith("."), "the docstring's first paragraph is no sentence"
    assert "\n" not in opening, "the first sentence is longer than a line"


def test_no_file_is_longer_than_400_lines():
    """There is a second noun in it."""
    sizes = {name(p): len(p.read_text(encoding="utf-8").splitlines()) for p in PYTHON}
    assert {n: size for n, size in sizes.items() if size > 400} == {}


def asked_of_the_machine(tree: ast.AST) -> set[str]:
    """Calls that read the machine's clock; clocks that only measure are allowed."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if re.search(r"\b(datetime|date)\.(now|utcnow|today)$|\btime\.(time|time_ns)$", text):
                found.add(text)
            if text.endswith(("Timestamp.now", "Timestamp.utcnow", "Timestamp.today")):
                found.add(text)
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found |= {f"time.{a.name}" for a in node.names if a.name in ("time", "time_ns")}
    return found


@pytest.mark.parametrize("path", CODE, ids=name)
def test_only_the_clock_asks_the_machine_for_the_time(path):
    """Everything else is given a clock."""
    found = asked_of_the_machine(ast.parse(path.read_text(encoding="utf-8")))
    assert found == ({"datetime.now"} if path == ENGINE / "core" / "clock.py" else set())


def test_the_search_for_clocks_finds_them():
    """A search that finds nothing would pass."""
    text = "from time import time\ndatetime.datetime.utcnow()\npd.Timestamp.now()"
    assert asked_of_the_machine(ast.parse(text)) == {
        "time.time",
        "datetime.datetime.utcnow",
        "pd.Timestamp.now",
    }
    assert asked_of_the_machine(ast.parse("time.perf_counter()\ntime.monotonic()\nclock.now()")) == set()


def committed() -> list[Path]:
    """The files of the repository, those to be added too; all text files of the tree without git."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [p for p in (ROOT / line for line in told.splitlines()) if p.is_file()]


MACHINE = re.compile(
    "|".join(
        [
            r"(?:index|extra-index|registry)[-_]url\s*[=:]\s*\S",
            r"https?://[\w.-]*(?:python"
            + r"hosted|py"
            + r"pi|npm"
            + r"js|artifact"
            + r"ory|nex"
            + r"us)[\w.-]*",
            r"(?<![\w.$}~])/(?:ho" + r"me|Us" + r"ers)/[a-z][\w-]*/",
            r"(?<![\w.$}~])/(?:wo" + r"rk|ro" + r"ot|tmp/d" + r"ev)/\w",
        ]
    )
)


def test_no_committed_file_names_a_registry_or_a_build_machine():
    """What is built here is built anywhere."""
    found = []
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or an archive
        found += [f"{name(path)}: {match.group()}" for match in MACHINE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-" + "url=https://mirror.example/simple",
        "https://files.python" + "hosted.org/x.whl",
        "see /ho" + "me/ann/riskwatch",
        '"/wo' + 'rk/main"',
    ],
)
def test_the_search_for_machines_finds_them(text):
    """A search that finds nothing would pass."""
    assert MACHINE.search(text)


HEAVY = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "river",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "mlflow",
)


def test_importing_the_command_line_stays_light():
    """`riskwatch --help` does not wait for arrays, databases or web servers."""
    script = f"import sys, riskwatch.cli; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
