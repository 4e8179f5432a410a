"""The area tree's file: a CSV of code, name, parent and level, and of what else is known of areas."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.errors import ConfigError, Fault

_AREA_COLUMNS = ("code", "name", "parent", "level")
_NEVER_EMPTY = ("code", "name", "level")


def load_areas(path: Path, file: str) -> AreaTree:
    """Read and validate an area tree; raises ConfigError with all its faults."""
    header, rows = _read(path, file)
    missing = [c for c in _AREA_COLUMNS if c not in header]
    if missing:
        has = f"it has {', '.join(header)}" if header else "its first line is empty"
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            has = "separate its cells by commas"
        raise ConfigError([Fault(file, "header", f"has no column {', '.join(missing)}", has)])
    faults: list[Fault] = []
    areas = [_area(row, f"line {n}", file, faults) for n, row in rows]
    if faults:
        raise ConfigError(faults)
    return AreaTree(areas, file)


def _read(path: Path, file: str) -> tuple[list[str], list[tuple[int, dict[Any, Any]]]]:
    """The header, and each row with the line it ends on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            return list(reader.fieldnames or []), [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise ConfigError([Fault(file, "", "does not exist", "create it or fix the name")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Fault(file, "", f"is not UTF-8 ({error.reason})", "save it as UTF-8")]) from None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ConfigError([Fault(file, "", what, "give it a file that may be read")]) from None
    except csv.Error as error:
        raise ConfigError([Fault(file, "", f"is not valid CSV: {error}", "fix the line")]) from None


def _area(row: dict[Any, Any], where: str, file: str, faults: list[Fault]) -> Area:
    def text(key: str) -> str:
        return (row.get(key) or "").strip()

    def number(key: str, top: float, least: float = 0.0) -> float | None:
        given = text(key)
        if not given:
            return None
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if least <= value <= top:
            return value
        faults.append(
            Fault(
                file, where, f"{key} '{given}' is not accepted", f"use a number from {least:g} to {top:g}"
            )
        )
        return None

    def position() -> tuple[float, float] | None:
        latitude, longitude = number("latitude", 90.0, -90.0), number("longitude", 180.0, -180.0)
        if bool(text("latitude")) != bool(text("longitude")):
            faults.append(Fault(file, where, "has half a position", "fill in latitude and longitude"))
        return None if latitude is None or longitude is None else (latitude, longitude)

    for key in _NEVER_EMPTY:
        if not text(key):
            faults.append(Fault(file, where, f"has no {key}", "fill it in"))
    if None in row:
        faults.append(
            Fault(file, where, "has more cells than the header", "quote a cell that holds a comma")
        )
    population, vulnerability = number("population", 2e9), number("vulnerability", 1.0)
    groups = {k: text(k) for k in row if k and k.startswith("group:")}
    return Area(
        code=text("code"),
        name=text("name"),
        parent=text("parent") or None,
        level=text("level"),
        population=None if population is None else int(population),
        vulnerability=0.5 if vulnerability is None else vulnerability,
        groups={k.removeprefix("group:"): v for k, v in groups.items() if v},
        name_zh=text("name_zh"),
        position=position(),
        neighbours=tuple(text("neighbours").split()),
    )
