"""Runs a detector over a folder of the Numenta Anomaly Benchmark: a score a row, and their worth."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from riskwatch.audit.nab_corpus import Corpus, Stream
from riskwatch.audit.nab_score import (
    FloatArray,
    Profile,
    Scored,
    at_threshold,
    best_threshold,
    found_and_false,
)

DETECTOR = "riskwatch"
"""The name of the results folder and the beginning of its files, as the benchmark wants them."""


class Detector(Protocol):
    """What scores a row and then learns it; a row is {"value": float, "at_s": int}."""

    def score_one(self, x: dict[Any, Any]) -> float:
        """From 0 to 1, without learning."""
        ...

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Take the row into the past."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What scores are worth at one threshold, for the files of a category or for all (`""`)."""

    category: str
    files: int
    windows: int
    found: int
    false_alarms: int
    score: float | None
    """From 0 to 100; None where nothing is labelled."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every category and all files at one threshold of one profile."""

    profile: str
    threshold: float
    standings: tuple[Standing, ...]

    @property
    def overall(self) -> Standing:
        """All files together."""
        return self.standings[-1]


def scores(stream: Stream, detector: Detector) -> FloatArray:
    """A score in [0, 1] for each row [rows]: every row is scored, then learned."""
    found = np.empty(len(stream.values))
    for n, (value, at_s) in enumerate(zip(stream.values, stream.at_s, strict=True)):
        row = {"value": value, "at_s": at_s}
        found[n] = detector.score_one(row)
        detector.learn_one(row)
    return found


def run(corpus: Corpus, make: Callable[[], Detector]) -> Iterator[tuple[Stream, FloatArray]]:
    """Each file with its scores, by a detector of its own that knows no other file."""
    for name in corpus.files:
        stream = corpus.read(name)
        yield stream, scores(stream, make())


def write(stream: Stream, found: FloatArray, out: Path) -> Path:
    """Write the scores of a file in the benchmark's result format; returns where."""
    category, _, file = stream.name.partition("/")
    path = out / DETECTOR / category / f"{DETECTOR}_{file}"
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = np.zeros(len(found), dtype=np.int64)
    for first, last in stream.windows:
        labels[first : last + 1] = 1
    with path.open("w", encoding="utf-8", newline="") as file_out:
        writer = csv.writer(file_out, lineterminator="\n")
        writer.writerow(["timestamp", "value", "anomaly_score", "label"])
        for (at, value), score, label in zip(stream.written, found.tolist(), labels.tolist(), strict=True):
            writer.writerow([at, value, repr(score), label])
    return path


def judge(
    scored: Sequence[tuple[str, Scored]], profile: Profile, threshold: float | None = None
) -> Verdict:
    """What (category, scores) are worth at a threshold, or at the one that is best for all together."""
    everything = [file for _, file in scored]
    if threshold is None:
        threshold = best_threshold(everything, profile).threshold
    standings = []
    for category in (*sorted({c for c, _ in scored}), ""):
        files = [file for c, file in scored if category in ("", c)]
        windows, found, wrong = found_and_false(files, threshold)
        score = at_threshold(files, profile, threshold)
        standings.append(
            Standing(category, len(files), windows, found, wrong, None if math.isnan(score) else score)
        )
    return Verdict(profile.name, threshold, tuple(standings))
