"""Reads the ```console blocks of a tutorial and runs every command as printed, one after the other."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LONGEST_S = 600.0


@dataclass(frozen=True)
class Command:
    """One command line, and the lines that the page prints below it."""

    line: str
    printed: tuple[str, ...]


def commands(page: Path) -> Iterator[Command]:
    """Every line after `$ `, with its continuations, in the order of the page."""
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        text = block.replace("\\\n", " ")
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, *printed = part.rstrip().splitlines()
            yield Command(line.strip(), tuple(p.rstrip() for p in printed))


def run(command: Command, here: Path) -> tuple[Path, str]:
    """Run one command; returns the folder to go on in and what it printed. AssertionError if it fails."""
    words = shlex.split(command.line)
    if words[0] == "cd":
        return (here / words[1]).resolve(), ""
    if words[0] == "riskwatch":
        words = [sys.executable, "-m", "riskwatch", *words[1:]]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RISKWATCH_")}
    done = subprocess.run(
        words,
        cwd=here,
        env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, f"$ {command.line}\n{done.stdout}\n{done.stderr}"
    return here, done.stdout


def missing(command: Command, out: str) -> list[str]:
    """Printed lines that did not come; digits are the machine's own, `…` stands for anything."""
    lines = [_plain(line) for line in out.splitlines()]
    found = []
    for printed in command.printed:
        pattern = ".*".join(re.escape(_plain(part)) for part in printed.split("…"))
        if not any(re.search(pattern, line) for line in lines):
            found.append(printed)
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", text)).strip()
