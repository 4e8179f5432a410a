"""A filled desk and a browser on it: one shared by the tests that read, one each for those that act."""

from __future__ import annotations

from pathlib import Path

import pytest
from api_desk import county, fill, open_desk
from fastapi import FastAPI
from web_client import TestClient

from riskwatch.api.application import make_app
from riskwatch.desk import Desk


@pytest.fixture(scope="session")
def read_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A store with an alert of each kind and state, that no test changes."""
    opened = open_desk(tmp_path_factory.mktemp("api") / "store")
    fill(opened, county())
    return opened


@pytest.fixture(scope="session")
def read_app(read_desk: Desk) -> FastAPI:
    """The application over it, its templates compiled once."""
    return make_app(read_desk)


@pytest.fixture
def browser(read_app: FastAPI) -> TestClient:
    """Reads pages, with no cookie of another test, and does not follow redirects by itself."""
    return TestClient(read_app, follow_redirects=False)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The same, for one test to change."""
    opened = open_desk(tmp_path / "store")
    fill(opened, county())
    return opened


@pytest.fixture
def actor(desk: Desk) -> TestClient:
    """A browser on the desk that may be changed."""
    return TestClient(make_app(desk), follow_redirects=False)
