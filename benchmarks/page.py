"""What every benchmark page says of itself: the command, the machine, the commit."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def asked(doc: str | None, parts: Iterable[str] = ()) -> list[str]:
    """The parts named on the command line, every one if none is; `--help` answers, and runs nothing."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = list(parts)
    if not parts:
        parser.parse_args()
        return []
    parser.add_argument("part", nargs="*", help=f"of {', '.join(parts)}; every one if none is named")
    chosen: list[str] = parser.parse_args().part
    if unknown := set(chosen) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return chosen or parts


def noted(script: str) -> list[str]:
    """What somebody wrote down of a benchmark's numbers: `NAME_notes.md` beside NAME.py, if it is there."""
    file = Path(script).with_name(f"{Path(script).stem}_notes.md")
    return [file.read_text(encoding="utf-8").strip()] if file.exists() else []


def provenance(command: str) -> str:
    """A paragraph with the command, the machine and the commit the numbers belong to."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return (
        f"Command: `{command}`. Machine: {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}. "
        f"Commit: {commit or 'none'}{' with changes' if changed else ''}."
    )


def table(header: list[str], rows: list[list[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
