"""Runs a tutorial as a reader would: types every line behind `$` of its ```console blocks, in order.

What is printed must match what the page shows behind the command; `…` stands for anything. A `cd`
holds for the commands after it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HERE = re.compile(r"<<'(\w+)'")


@dataclass(frozen=True)
class Step:
    """A command and what the page shows of its output."""

    command: str
    shown: str


def steps(page: Path) -> Iterator[Step]:
    """Every command of a page; a line that ends in a backslash goes on, and so does a here-document."""
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.split("\n")
            command = [lines.pop(0)]
            while command[-1].endswith("\\"):
                command.append(lines.pop(0))
            if here := _HERE.search(command[0]):
                end = lines.index(here.group(1)) + 1
                command, lines = [*command, *lines[:end]], lines[end:]
            yield Step("\n".join(command), "\n".join(lines).strip())


def matches(shown: str, told: str) -> bool:
    """Whether the output holds what the page shows, line breaks aside.

    >>> matches("Fail: … rural", "before\\nFail: a group,\\n rural"), matches("Pass", "Fail")
    (True, False)
    """
    pattern = ".*?".join(re.escape(" ".join(part.split())) for part in shown.split("…"))
    return re.search(pattern.replace(r"\ ", r"\s*"), " ".join(told.split())) is not None


def run_tutorial(page: Path, folder: Path) -> list[str]:
    """Type every command in `folder`; returns what went wrong, at best nothing."""
    programs = folder / ".bin"
    programs.mkdir()
    (programs / "riskwatch").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m riskwatch "$@"\n')
    (programs / "riskwatch").chmod(0o755)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RISKWATCH_") or k.endswith("_DATA")}
    environ |= {
        "PATH": f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "default",
        "HOME": str(folder),
        "COLUMNS": "160",
    }
    faults, here = [], folder
    for step in steps(page):
        if step.command.startswith("cd "):
            here = (here / step.command.removeprefix("cd ")).resolve(strict=True)
            continue
        done = subprocess.run(
            [shutil.which("bash") or "sh", "-c", step.command],
            cwd=here,
            env=environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=600,
        )
        told = done.stdout + done.stderr
        meant_to_fail = step.shown.startswith(("error:", "错误"))
        if (done.returncode != 0) != meant_to_fail:
            faults.append(f"$ {step.command}\nended with {done.returncode}:\n{told[-2000:]}")
        elif not matches(step.shown, told):
            faults.append(f"$ {step.command}\nsaid\n{told[-2000:]}\nand the page shows\n{step.shown}")
        if "Warning" in done.stderr:
            faults.append(f"$ {step.command}\nwarned:\n{done.stderr[-2000:]}")
    return faults
