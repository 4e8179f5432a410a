"""`configs/retention.yaml`: how long each thing that grows is kept; read by the settings and the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import Field, model_validator

from riskwatch.core.documents import Document

DEDUP_DAYS = 14
"""Ids are remembered for so many days: what is sent again within them is a duplicate."""


class RetentionRules(Document):
    """Days of the engine's clock; alerts, their changes, their evidence and the record do not expire."""

    inbox_days: float = Field(default=90, gt=0)
    quarantine_days: float = Field(default=30, gt=0)
    feature_log_days: float = Field(default=400, gt=0)
    idempotency_days: float = Field(default=DEDUP_DAYS, gt=0)

    @model_validator(mode="after")
    def _answers_outlive_no_entry(self) -> RetentionRules:
        if self.inbox_days < self.idempotency_days:
            raise ValueError(
                f"inbox_days {self.inbox_days:g} is less than idempotency_days {self.idempotency_days:g}; "
                "keep the inbox at least as long as the answers about it"
            )
        return self


@dataclass(frozen=True, slots=True)
class Stock:
    """How much of something stands, and how much of that has outlived its time."""

    name: str
    stands: int
    goes: int


class Expirable(Protocol):
    """Something that grows, kept for so many days of the engine's clock; whoever keeps it implements it."""

    @property
    def name(self) -> str:
        """What it is called where it is listed."""
        ...

    @property
    def days(self) -> float:
        """How long it is kept."""
        ...

    def stock(self, before_us: int) -> Stock:
        """How much stands, and how much is older than an instant."""
        ...

    def expire(self, before_us: int) -> bool:
        """Let a bounded piece of what is older go; True if there is more."""
        ...
