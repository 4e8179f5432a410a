"""What timelines start from: a county that lived through thirty quiet days, and a post that delivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from riskwatch.core.areas import Area
from riskwatch.testing import Timeline
from riskwatch.testing.post import Post

COUNTY = [
    Area("COUNTY", "County", None, "county", 300_000),
    *(Area(f"T{n}", f"Town {n}", "COUNTY", "town", 30_000) for n in range(8)),
    Area("SMALL", "Smalltown", "COUNTY", "town", 6_000, vulnerability=0.6),
]
SIGNATURES = {"gastro": ["vomiting", "diarrhoea"], "storm": ["wires_down", "tree_down"]}
FEEDS = {"vomiting": "clinics", "diarrhoea": "clinics", "wires_down": "fire", "tree_down": "fire"}

Begin = Callable[[], Timeline]


@pytest.fixture(scope="session")
def thirty_quiet_days(tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """Up to 2025-02-05 00:00: half a call a day of each indicator in each town."""
    line = Timeline(tmp_path_factory.mktemp("county") / "line", COUNTY, SIGNATURES, feeds=FEEDS)
    return line.quiet(days=30, per_day=0.5)


@pytest.fixture
def line(thirty_quiet_days: Timeline, tmp_path: Path) -> Timeline:
    """A copy of the county to go on from."""
    return thirty_quiet_days.fork(tmp_path / "line")


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """A store whose sends a worker delivers to a desk that notes them."""
    made = Post(tmp_path / "store")
    yield made
    made.worker.close()
    made.database.dispose()
