"""The folder of configs: a workspace's, with an overlay that wins file by file; read by the settings."""

from __future__ import annotations

import hashlib
from pathlib import Path


class ConfigFolder:
    """The workspace's `configs/`, with an overlay that wins file by file; remembers what was read."""

    def __init__(self, root: Path, overlay: Path | None = None) -> None:
        self._folders = [f for f in (overlay, root / "configs") if f is not None]
        self.read: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        """Where a file of that name lies; the workspace's place if it is nowhere."""
        found = self.read[name] = self.where(name)
        return found

    def where(self, name: str) -> Path:
        """The same of a file that decides nothing about alerts: it is left out of the digest."""
        return next((f / name for f in self._folders if (f / name).is_file()), self._folders[-1] / name)

    def names(self, folder: str) -> list[str]:
        """The names of the YAML files in a folder, of all layers."""
        return sorted({f"{folder}/{p.name}" for f in self._folders for p in (f / folder).glob("*.yaml")})

    def digest(self) -> str:
        """SHA-256 (16 digits) over the names and contents of what was read."""
        sha = hashlib.sha256()
        for name, path in sorted(self.read.items()):
            content = path.read_bytes() if path.is_file() else b""  # one that a workspace does without
            sha.update(name.encode() + b"\0" + content + b"\0")
        return sha.hexdigest()[:16]
