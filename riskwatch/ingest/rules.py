"""`configs/ingest.yaml`: how much a department may send at once and by the second, and its token."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import Field, field_validator

from riskwatch.core.documents import Document


class IngestRules(Document):
    """Limits of one request, of one client, and of what may wait for the engine.

    `tokens` holds the SHA-256 of each bearer token by the name of its holder; without any, only
    this machine may send.
    """

    body_mib: float = Field(default=8, gt=0, le=256)
    decoded_mib: float = Field(default=64, gt=0, le=1024)
    rows: int = Field(default=50_000, ge=1, le=1_000_000)
    rows_per_s: float = Field(default=50_000, gt=0)
    requests_per_s: float = Field(default=100, gt=0)
    burst_s: float = Field(default=10, ge=1, le=600)
    body_timeout_s: float = Field(default=30, gt=0, le=600)
    at_once: int = Field(default=16, ge=1, le=256)
    wait_s: float = Field(default=10, ge=0, le=60)
    backlog: int = Field(default=1000, ge=1)
    tokens: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("tokens")
    @classmethod
    def _tokens_are_hashed(cls, tokens: Mapping[str, str]) -> Mapping[str, str]:
        for holder, digest in tokens.items():
            if not re.fullmatch(r"[0-9a-f]{64}", digest):
                raise ValueError(
                    f"the token of '{holder}' is not the SHA-256 of one; give 64 hex digits, as from: "
                    "printf %s TOKEN | sha256sum"
                )
        return tokens
