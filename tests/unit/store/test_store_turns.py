"""Turns of writing: one at a time, the patient later but not for ever, one turn for all who open a file."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_store import database, table

from riskwatch.store import schema
from riskwatch.store.turns import Turn, turn_of, writing

LONG_S = 120


def came(turn: Turn, *waiting: tuple[str, float]) -> list[str]:
    """The order in which those that wait for a held turn get it."""
    order: list[str] = []

    def go(name: str, patience_s: float) -> None:
        with turn.held(patience_s):
            order.append(name)

    threads = []
    with turn.held():
        for n, (name, patience_s) in enumerate(waiting, start=1):
            threads.append(threading.Thread(target=go, args=(name, patience_s)))
            threads[-1].start()
            with turn._changed:
                assert turn._changed.wait_for(lambda n=n: len(turn._waiting) == n, LONG_S)
    for thread in threads:
        thread.join(LONG_S)
    return order


def test_who_comes_later_goes_before_who_is_patient():
    """A worker that waits already lets two people go first, in the order in which they came."""
    assert came(Turn(), ("worker", 60.0), ("Li", 0.0), ("Wu", 0.0)) == ["Li", "Wu", "worker"]


def test_patience_ends():
    """Who came so long before that its patience is over by then goes first."""
    assert came(Turn(), ("worker", -60.0), ("Li", 0.0)) == ["worker", "Li"]


def test_a_fault_gives_the_turn_back():
    """What is raised within it does not hold up the next."""
    turn = Turn()
    with pytest.raises(ValueError, match="x"), turn.held():
        raise ValueError("x")
    assert came(turn, ("Li", 0.0)) == ["Li"]


def test_a_file_has_one_turn_however_often_it_is_opened(tmp_path: Path):
    """Two engines of one file share it; another file has its own, what is in memory none."""
    one, same, other = database(tmp_path), database(tmp_path), database(tmp_path / "other")
    assert turn_of(one) is turn_of(same) is not None
    assert turn_of(one) is not turn_of(other)
    assert turn_of(sa.create_engine("sqlite://")) is None


def test_what_is_written_in_a_turn_is_all_or_nothing(tmp_path: Path):
    """A fault takes all of it back, and the next transaction is as any other."""
    engine = database(tmp_path)
    row = {"key": "k", "value": "v"}
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as tx:
        tx.execute(schema.meta.insert(), [row, row])
    with writing(engine) as tx:
        tx.execute(schema.meta.insert(), row | {"key": "l"})
    assert {r.key for r in table(engine, "meta")} >= {"l"}
    assert "k" not in {r.key for r in table(engine, "meta")}


def test_what_is_in_memory_alone_is_written_without_a_turn():
    """A database without a file has one connection anyway."""
    engine = sa.create_engine("sqlite://")
    schema.metadata.create_all(engine)
    with writing(engine) as tx:
        tx.execute(schema.meta.insert(), {"key": "k", "value": "v"})
    assert [r.key for r in table(engine, "meta")] == ["k"]
