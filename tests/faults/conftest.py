"""The county, and the run that was never killed."""

from __future__ import annotations

import pytest
from fault_county import Undisturbed, county, left, replayed


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A replay from beginning to end in one life."""
    folder = tmp_path_factory.mktemp("county")
    events = county(folder)
    ended = replayed(events, folder / "store")
    return Undisturbed(events, ended.work_s, left(folder / "store"))
