"""The area tree's file: a CSV of code, name, name_zh, parent, level, population, vulnerability, group:*."""

from __future__ import annotations

import csv
from pathlib import Path

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import ConfigError, Fault

_AREA_COLUMNS = ("code", "name", "parent", "level")


def load_areas(path: Path, file: str) -> AreaTree:
    """Read and validate an area tree; raises ConfigError with all its faults."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            header = reader.fieldnames or []
            missing = [c for c in _AREA_COLUMNS if c not in header]
            if missing:
                raise ConfigError(
                    [
                        Fault(
                            file,
                            "header",
                            f"has no column {', '.join(missing)}",
                            f"it has {', '.join(header)}",
                        )
                    ]
                )
            rows = list(reader)
    except FileNotFoundError:
        raise ConfigError([Fault(file, "", "does not exist", "create it or fix the name")]) from None
    faults: list[Fault] = []
    areas = [_area(row, f"line {n}", file, faults) for n, row in enumerate(rows, start=2)]
    if faults:
        raise ConfigError(faults)
    return AreaTree(areas, file)


def _area(row: dict[str, str], where: str, file: str, faults: list[Fault]) -> Area:
    def number(key: str, empty: float | None, top: float) -> float | None:
        text = (row.get(key) or "").strip()
        if not text:
            return empty
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= top:
            faults.append(
                Fault(file, where, f"{key} '{text}' is not accepted", f"use a number from 0 to {top:g}")
            )
        return value

    population = number("population", None, 2e9)
    vulnerability = number("vulnerability", 0.5, 1.0)
    return Area(
        code=(row["code"] or "").strip(),
        name=(row["name"] or "").strip(),
        parent=(row["parent"] or "").strip() or None,
        level=(row["level"] or "").strip(),
        population=None if population is None else int(population),
        vulnerability=0.5 if vulnerability is None else vulnerability,
        groups={k.removeprefix("group:"): v for k, v in row.items() if k and k.startswith("group:") and v},
        name_zh=(row.get("name_zh") or "").strip(),
    )
