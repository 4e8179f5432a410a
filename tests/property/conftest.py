"""The engine after its quiet days, lived through once and copied for every example."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from engine import BASE_END_US, END_US, Engine, base_rows, last_day


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose engine has seen the base load and saved a snapshot."""
    folder = tmp_path_factory.mktemp("lived") / "store"
    engine = Engine(folder)
    engine.send(base_rows())
    engine.tick_to(BASE_END_US)
    engine.pipeline.snapshot()
    return folder


@pytest.fixture(scope="session")
def undisturbed(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """What comes of the last day, sent promptly in one batch: what everything is held against."""
    folder = tmp_path_factory.mktemp("undisturbed") / "store"
    shutil.copytree(lived, folder)
    engine = Engine(folder)
    engine.send(last_day())
    engine.tick_to(END_US)
    return engine


@pytest.fixture
def ready(lived: Path, tmp_path: Path) -> Callable[[], Engine]:
    """Makes engines that stand at the end of the base load."""
    number = itertools.count()

    def make() -> Engine:
        folder = tmp_path / f"store{next(number)}"
        shutil.copytree(lived, folder)
        return Engine(folder)

    return make


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Engine]:
    """Makes engines that have seen nothing."""
    number = itertools.count()
    return lambda: Engine(tmp_path / f"fresh{next(number)}")
