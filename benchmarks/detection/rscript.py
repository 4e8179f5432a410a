"""Runs R's surveillance on weekly series (Debian: r-cran-surveillance)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SCRIPT = Path(__file__).with_name("surveillance.R")
METHODS = ("farrington", "C1", "C2", "C3", "rki", "bayes")


def available() -> bool:
    """Whether Rscript and the package are here."""
    if shutil.which("Rscript") is None:
        return False
    done = subprocess.run(
        ["Rscript", "-e", "library(surveillance)"], capture_output=True, check=False, timeout=120
    )
    return done.returncode == 0


def surveillance(
    counts: NDArray[np.int64], first: int, methods: tuple[str, ...] = METHODS, years: int = 5
) -> tuple[dict[str, list[NDArray[np.float64]]], dict[str, float]]:
    """({method: [series, weeks] at each level, or p-values}, {method: seconds}), from week `first`."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "counts.csv"
        np.savetxt(source, counts, fmt="%d", delimiter=",")
        command = ["Rscript", SCRIPT, source, str(first + 1), folder, ",".join(methods), str(years)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, check=True)
        seconds = {
            name: float(s)
            for name, s in re.findall(r"^(\w+) ([\d.]+) *$", done.stdout, re.M)
            if name in methods
        }
        found = {
            method: [
                np.loadtxt(path, delimiter=",", ndmin=2)
                for path in sorted(
                    (p for p in Path(folder).glob("*.csv") if re.fullmatch(rf"{method}(_\d+)?", p.stem)),
                    key=lambda p: int((re.findall(r"_(\d+)$", p.stem) or ["0"])[0]),
                )
            ]
            for method in methods
        }
    return found, seconds
