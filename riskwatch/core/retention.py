"""`configs/retention.yaml`: how long each thing that grows is kept; read by the settings and the store."""

from __future__ import annotations

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
