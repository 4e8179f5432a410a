"""The point-in-time training set: rows of the feature log with labels, for training and gates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskwatch.core.clock import HOUR_US
from riskwatch.core.errors import StoreError
from riskwatch.core.scores import FloatArray
from riskwatch.learn.labels import Labels, Sample
from riskwatch.learn.splits import Split, expanding_splits
from riskwatch.learn.training_rows import TrainingRows
from riskwatch.learn.verdict_labels import Judged, joined
from riskwatch.store.feature_log import FeatureLog

PLACE = ("tick", "decided_at_us", "known_at_us", "area", "signature")
LABELS = ("outcome", "onset", "in_progress", "week_ago", "weight", "bundle", "config", "verdict")


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """One row an area and signature at a tick.

    `table`: tick, decided_at_us (when the features were there), known_at_us (when the label was),
    area, signature, the features by name, likelihood (of what was on duty; null where it did not
    look), outcome, onset, in_progress, week_ago (the same hours of the week before exceeded
    theirs: the seasonal naive forecast), weight (how many rows this one stands for), bundle,
    config, verdict (of an alert that was up then; null where there was none).
    """

    table: pa.Table
    labels: Labels
    sample: Sample

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of `features`."""
        return tuple(n for n in self.table.column_names if n not in (*PLACE, *LABELS, "likelihood"))

    @property
    def features(self) -> FloatArray:
        """[n, feature_names]."""
        return np.column_stack([self.table.column(n).to_numpy() for n in self.feature_names])

    def column(self, name: str) -> NDArray[Any]:
        """One column as an array; a null is NaN, a code is its text."""
        column = self.table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        taken: NDArray[Any] = column.to_numpy(zero_copy_only=False)
        return taken

    @property
    def window_us(self) -> tuple[int, int]:
        """The first and the last decision instant; raises StoreError if there is no row."""
        if not self.table.num_rows:
            raise StoreError("the training set has no row; let the store run longer than min_history_days")
        found = pc.min_max(self.table.column("decided_at_us")).as_py()
        return int(found["min"]), int(found["max"])

    @property
    def hash(self) -> str:
        """SHA-256 (16 digits) of every number in it and of the labels and sample that made it."""
        sha = hashlib.sha256(f"{self.labels.hash} {self.sample.hash}".encode())
        for name in self.table.column_names:
            sha.update(name.encode())
            column = self.column(name)
            if column.dtype == object:
                sha.update("\0".join("" if v is None else str(v) for v in column).encode())
            else:
                sha.update(np.ascontiguousarray(column).tobytes())
        return sha.hexdigest()[:16]

    def take(self, rows: NDArray[np.int64]) -> TrainingSet:
        """The rows at these places."""
        return TrainingSet(self.table.take(pa.array(rows)), self.labels, self.sample)

    def splits(self, folds: int = 4, least_share: float = 0.4) -> Iterator[Split]:
        """Expanding-window cross-validation with the embargo of the labels."""
        yield from expanding_splits(
            self.column("decided_at_us"),
            self.column("known_at_us"),
            folds=folds,
            embargo_us=self.labels.embargo_h * HOUR_US,
            least_share=least_share,
        )

    def write(self, folder: Path) -> Path:
        """`training_set.parquet` with the labels and hashes in its metadata; returns its path."""
        told = {
            "labels": self.labels.model_dump_json(),
            "sample": self.sample.model_dump_json(),
            "labels_hash": self.labels.hash,
            "hash": self.hash,
            "features": json.dumps(self.feature_names),
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "training_set.parquet"
        temporary = path.with_name(f".{path.name}.part")
        pq.write_table(self.table.replace_schema_metadata(told), temporary, compression="zstd")
        temporary.replace(path)
        return path

    @classmethod
    def read(cls, folder: Path) -> TrainingSet:
        """What `write` wrote."""
        table = pq.read_table(folder / "training_set.parquet")
        told = table.schema.metadata or {}
        return cls(
            table.replace_schema_metadata(None),
            Labels.model_validate_json(told[b"labels"]),
            Sample.model_validate_json(told[b"sample"]),
        )


def build_training_set(
    log: FeatureLog,
    labels: Labels,
    sample: Sample | None = None,
    *,
    as_of_us: int | None = None,
    judged: tuple[Judged, ...] = (),
) -> TrainingSet:
    """Every row whose label was known as of an instant (now, if None), read a day at a time.

    Nothing that was received after `as_of_us` can change it. `judged` are the alerts with a
    verdict (`verdict_labels.judged_alerts`). Raises StoreError if the log has no row to learn from.
    """
    sample = sample or Sample()
    tables = [
        joined(table, judged, as_of_us) for table in TrainingRows(log, labels, sample, as_of_us).tables()
    ]
    tables = [t for t in tables if t.num_rows]
    if not tables:
        raise StoreError(
            f"{log.folder}: the feature log has no labelled row; it needs more than "
            f"{labels.min_history_days} whole days, this one has {len(log.days())}"
        )
    return TrainingSet(pa.concat_tables(tables).combine_chunks(), labels, sample)
