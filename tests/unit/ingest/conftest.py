"""How tests of the readers write a file and read it to its end."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_town import Reading, mapping

Reader = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Writes bytes to a file of that name and reads it to its end."""

    def run(content: bytes | str, name: str = "calls.csv", **options: Any) -> Reading:
        path = tmp_path / name
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return Reading(path, options.pop("mapping", None) or mapping(), **options).finish()

    return run
