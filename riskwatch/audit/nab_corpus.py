"""Reads a folder of the Numenta Anomaly Benchmark: categories of streams, and their labelled windows."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from riskwatch.core.errors import SourceError

WINDOWS_FILE = "combined_windows.json"
Limits = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One file: its rows as written and as read, and its windows as first and last row.

    `at_s` are seconds since 1970 in the file's own local time, which it gives no zone for.
    """

    name: str
    written: tuple[tuple[str, str], ...]
    at_s: tuple[int, ...]
    values: tuple[float, ...]
    windows: tuple[tuple[int, int], ...]

    @property
    def category(self) -> str:
        """The folder it lies in."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The files of a folder by name, such as `realTraffic/speed_6005.csv`, and the windows, if known."""

    files: Mapping[str, Path]
    windows: Mapping[str, Limits] | None

    @classmethod
    def open(cls, folder: Path, windows: Path | None = None) -> Corpus:
        """List the .csv and .csv.gz files of every category; SourceError says what is missing.

        Windows come from the file that is named, else from `combined_windows.json` in the folder or
        in `labels` beside or within it, as a checkout of the benchmark has it.
        """
        found = {
            f"{path.parent.name}/{path.name.removesuffix('.gz')}": path
            for path in sorted(folder.glob("*/*.csv*"))
            if path.name.endswith((".csv", ".csv.gz"))
        }
        if not found:
            raise SourceError(
                f"{folder}: has no categories; name the folder whose subfolders hold the .csv or "
                ".csv.gz files, such as realTraffic/speed_6005.csv"
            )
        labels = windows or _beside(folder)
        if labels is None:
            return cls(found, None)
        known = _read_windows(labels)
        missing = [name for name in found if name not in known]
        if missing:
            raise SourceError(
                f"{labels}: has no windows for {_some(missing)}; add them (an empty list means that "
                "nothing is labelled), or leave the files out"
            )
        return cls(found, {name: known[name] for name in found})

    def read(self, name: str) -> Stream:
        """One file with its windows; SourceError names the line or the window at fault."""
        path = self.files[name]
        written, at_s, values = [], [], []
        for line, row in _rows(path):
            instant, value = _row(path, line, row)
            written.append((row[0], row[1]))
            at_s.append(instant)
            values.append(value)
        if not values:
            raise SourceError(f"{path}: has no rows; leave the file out")
        limits = self.windows[name] if self.windows is not None else ()
        windows = tuple(sorted(_place(name, at_s, begin, end) for begin, end in limits))
        return Stream(name, tuple(written), tuple(at_s), tuple(values), windows)


def _beside(folder: Path) -> Path | None:
    places = (folder, folder.parent / "labels", folder / "labels")
    return next((p / WINDOWS_FILE for p in places if (p / WINDOWS_FILE).is_file()), None)


def _read_windows(path: Path) -> dict[str, Limits]:
    fix = 'give a file like {"realTraffic/speed_6005.csv": [["BEGIN", "END"]]}'
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); {fix}") from None
    except ValueError as error:
        raise SourceError(f"{path}: is not JSON ({error}); {fix}") from None
    try:
        return {name: [(str(begin), str(end)) for begin, end in given] for name, given in document.items()}
    except (AttributeError, TypeError, ValueError):
        raise SourceError(f"{path}: is not a list of [begin, end] for each file; {fix}") from None


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every row behind the header."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if header[:2] != ["timestamp", "value"]:
                given = ",".join(header)
                raise SourceError(
                    f"{path}: line 1: the header is {given!r}; it must begin with timestamp,value"
                )
            for row in reader:
                if row:
                    yield reader.line_num, row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: cannot be read ({error}); fetch the file again") from None


def _row(path: Path, line: int, row: list[str]) -> tuple[int, float]:
    try:
        instant = _seconds(row[0])
    except ValueError:
        raise SourceError(
            f"{path}: line {line}: {row[0]!r} is no timestamp; write it like 2014-04-10 07:15:00"
        ) from None
    try:
        value = float(row[1])
    except (IndexError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        given = row[1] if len(row) > 1 else ""
        raise SourceError(
            f"{path}: line {line}: the value is {given!r}; a score needs a finite number, so fill the row "
            "or drop it"
        )
    return instant, value


def _place(name: str, at_s: Sequence[int], begin: str, end: str) -> tuple[int, int]:
    """First and last row of a window: where its limits first stand, as the benchmark has it."""
    try:
        first, last = at_s.index(_seconds(begin)), at_s.index(_seconds(end))
    except ValueError:
        first, last = 1, 0
    if last < first:
        raise SourceError(
            f"{WINDOWS_FILE}: {name}: the window from {begin!r} to {end!r} does not begin and end at rows "
            "of the file; take data and windows of the same version"
        )
    return first, last


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
