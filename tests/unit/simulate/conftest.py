"""One simulated month that the tests of this folder read."""

from __future__ import annotations

import pytest
from simulated_run import Run, run


@pytest.fixture(scope="session")
def month(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Thirty days of sixty areas with everything planted."""
    return run(tmp_path_factory.mktemp("month"), areas=60, days=30, events=60_000)
