"""Hashes of a folder's files: taken when a bundle is registered, verified before anything is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from riskwatch.core.errors import RiskwatchError


class ArtifactRefused(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """A file of a registered bundle is not the one that was registered, or holds what it must not."""


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by its path within it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): _sha256(p) for p in files}


def verify(folder: Path, expected: Mapping[str, str]) -> None:
    """Compare a folder with the hashes that were taken; raises ArtifactRefused naming every difference."""
    found = hashes_of(folder)
    changed = [name for name in expected if name in found and found[name] != expected[name]]
    missing = [name for name in expected if name not in found]
    foreign = [name for name in found if name not in expected]
    faults = [
        f"{name} {what}"
        for names, what in (
            (changed, "is not the file that was registered"),
            (missing, "is missing"),
            (foreign, "was not there when it was registered"),
        )
        for name in names
    ]
    if faults:
        raise ArtifactRefused(
            f"{folder}: {'; '.join(faults)}; nothing was loaded, the champion stays. "
            "Restore the folder from a backup, or train again with: riskwatch train"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
