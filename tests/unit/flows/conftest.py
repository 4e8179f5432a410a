"""One retraining on made rows, whose parts many tests look at."""

from __future__ import annotations

from typing import Any

import pytest
from made_rows import made_rows
from retrained import Trained, desk_at

pytest.importorskip("prefect", reason="the layer 'analyst' is not installed")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A candidate trained on rows that hold something to learn."""
    from flows.retrain import train_on

    told: list[tuple[str, dict[str, Any]]] = []
    desk = desk_at(tmp_path_factory.mktemp("trained") / "store")
    with desk.engine():  # a running engine is in nobody's way
        kept = train_on(made_rows(), desk, lambda key, **values: told.append((key, values)))
    return Trained(desk, kept, told)
