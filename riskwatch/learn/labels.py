"""What is learnt and judged, read from `configs/labels.yaml`; its hash goes with every model and figure."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from riskwatch.core.config_folder import ConfigFolder
from riskwatch.core.documents import Document, read_document


class SeasonSpec(Document):
    """How fast the past fades, and what parents and other hours weigh, in calls."""

    half_life_days: float = Field(default=56.0, gt=0)
    prior_calls: float = Field(default=2.0, gt=0)


class OnsetSpec(Document):
    """An outcome is an onset if the last `quiet_h` hours did not exceed their own quantile."""

    quiet_h: int = Field(default=6, ge=1, le=168)


class Labels(Document):
    """The outcome, the onset, and the gap between training and test.

    >>> Labels().hash == Labels(horizon_h=6).hash, Labels().hash == Labels(horizon_h=12, embargo_h=12).hash
    (True, False)
    """

    horizon_h: int = Field(default=6, ge=1, le=168)
    quantile: float = Field(default=0.99, gt=0.5, lt=1.0)
    season: SeasonSpec = SeasonSpec()
    min_history_days: int = Field(default=28, ge=1)
    onset: OnsetSpec = OnsetSpec()
    embargo_h: int = Field(default=6, ge=0)

    @model_validator(mode="after")
    def _embargo_covers_the_horizon(self) -> Self:
        if self.embargo_h < self.horizon_h:
            raise ValueError(f"embargo_h is shorter than horizon_h; write at least {self.horizon_h}")
        return self

    @property
    def hash(self) -> str:
        """SHA-256 (16 digits) of what is defined, however it is written."""
        return _digest(self)


class Sample(Document):
    """Which rows of the log become rows of training; weights make up for the others.

    `negatives` and `absent` are shares: of rows with features but without the outcome, and of
    areas and signatures without features. Which ones is a function of tick, area and signature.
    """

    every_ticks: int = Field(default=2, ge=1)
    negatives: float = Field(default=0.25, gt=0, le=1)
    absent: float = Field(default=0.002, ge=0, le=1)

    @property
    def hash(self) -> str:
        """SHA-256 (16 digits) of what is sampled."""
        return _digest(self)


class LabelsFile(Document):
    """`configs/labels.yaml`."""

    labels: Labels
    sample: Sample = Sample()


def load_labels(root: Path, overlay: Path | None = None) -> LabelsFile:
    """The workspace's `configs/labels.yaml`, or that of an overlay; raises ConfigError with every fault."""
    return read_document(ConfigFolder(root, overlay).path("labels.yaml"), LabelsFile, "labels.yaml")


def _digest(document: Document) -> str:
    text = json.dumps(document.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
