"""Secrets of receivers: named in the config by an environment variable or a file, never written in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import model_validator

from riskwatch.core.documents import Document


class MissingSecretError(ValueError):
    """The variable or the file is not there, or empty."""


class SecretRef(Document):
    """`{env: NAME}` or `{file: PATH}`; a file's last line break is not part of the secret."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        if not isinstance(given, dict | SecretRef):  # its text must not come back in an error
            raise ValueError("a secret stands in the file itself; name it: {env: NAME} or {file: PATH}")
        return given

    @model_validator(mode="after")
    def _one(self) -> SecretRef:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is not named once; give either env: NAME or file: PATH")
        return self

    def read(self, environ: Mapping[str, str]) -> str:
        """The secret itself; raises MissingSecretError, which names where it was looked for."""
        if self.env is not None:
            found = environ.get(self.env, "")
            where = f"the environment variable {self.env}"
        else:
            assert self.file is not None  # noqa: S101 - one of them is given
            where = f"the file {self.file}"
            try:
                found = self.file.read_text(encoding="utf-8").removesuffix("\n")
            except (OSError, UnicodeDecodeError):
                found = ""
        if not found:
            raise MissingSecretError(f"{where} is missing or empty; set it where riskwatch runs")
        return found
