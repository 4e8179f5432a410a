"""The folder of configs: a workspace's, with an overlay that wins file by file; read by the settings."""

from __future__ import annotations

import hashlib
from pathlib import Path


class ConfigFolder:
    """The workspace's `configs/`, with an overlay that wins file by file; remembers what was read."""

    def __init__(self, root: Path, overlay: Path | None = None) -> None:
        self._folders = [f for f in (overlay, root / "configs") if f is not None]
        self.read: dict[str, Path] = {}

    def path(self, name: str, *, counts: bool = True) -> Path:
        """Where a file of that name lies; the workspace's place if it is nowhere.

        `counts`: it is part of the digest.
        """
        found = next((f / name for f in self._folders if (f / name).is_file()), self._folders[-1] / name)
        if counts:
            self.read[name] = found
        return found

    def names(self, folder: str) -> list[str]:
        """The names of the YAML files in a folder, of all layers."""
        return sorted({f"{folder}/{p.name}" for f in self._folders for p in (f / folder).glob("*.yaml")})

    def digest(self) -> str:
        """SHA-256 (16 digits) over the names and contents of what was read."""
        sha = hashlib.sha256()
        for name, path in sorted(self.read.items()):
            sha.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        return sha.hexdigest()[:16]
