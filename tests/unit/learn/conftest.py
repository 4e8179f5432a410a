"""One store with a registered candidate; MLflow takes seconds to make its database, so it is made once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from registered import candidate, copied, desk_at, with_member

from riskwatch.succession import Succession


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a store whose registry holds the bundle "next"; not to be changed."""
    pytest.importorskip("mlflow", reason="the layer 'analyst' is not installed")
    home = tmp_path_factory.mktemp("registry") / "store"
    succession = Succession(desk_at(home))
    succession.register(with_member(candidate(succession._desk), home))
    return home


@pytest.fixture
def succession(registry: Path, tmp_path: Path) -> Callable[[], Succession]:
    """Makes copies of it."""
    number = itertools.count()
    return lambda: copied(registry, tmp_path / f"store{next(number)}")
