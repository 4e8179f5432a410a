"""Delivery killed with SIGKILL anywhere, to a receiver that fails in every way: nothing is lost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from riskwatch.store.database import open_database
from riskwatch.store.outbox import Outbox
from riskwatch.testing import Answer, FaultServer, How

LIVES = Path(__file__).with_name("delivery_lives.py")
GOOD = Answer()
FAULTS = [
    Answer(502),
    Answer(503, {"Retry-After": "0"}),
    Answer(429),
    Answer(how=How.RESET),
    Answer(how=How.TRUNCATED),
]


def answers(draw: random.Random, n: int) -> list[Answer]:
    """Four of five are good; one in a hundred hangs until the client has given up."""
    kinds = [GOOD, draw.choice(FAULTS), Answer(how=How.HUNG)]
    return [draw.choices([GOOD, draw.choice(FAULTS), kinds[2]], [80, 19, 1])[0] for _ in range(n)]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.long)])
def test_a_killed_delivery_reaches_the_receiver_with_everything_in_order(tmp_path, kills):
    """Every send arrives, a message that comes twice is the same twice, and the order of an area holds."""
    with FaultServer() as server:
        server.then(*answers(random.Random(kills), 400 * kills))
        command = [sys.executable, LIVES, tmp_path / "store", server.url, str(kills), str(kills)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 + 5 * kills)
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)) == kills, done.stderr
        arrived = server.arrived
    rows = Outbox(open_database(None, tmp_path / "store")).find()
    assert {str(row.status) for row in rows} == {"delivered"}
    told = [(json.loads(a.body), a.answer) for a in arrived]
    known = {event["id"] for event, answer in told if answer == GOOD}
    assert known == {row.send.id for row in rows}
    assert {row.send.alert for row in rows} == {event["data"]["alert"]["id"] for event, _ in told}
    bodies = defaultdict(set)
    for event, _ in told:
        bodies[event["partitionkey"], event["sequence"]].add(json.dumps(event, sort_keys=True))
    assert {len(same) for same in bodies.values()} == {1}
    order = defaultdict(list)
    for event, answer in told:
        if answer == GOOD:
            order[event["partitionkey"]].append(int(event["sequence"]))
    for area, numbers in order.items():
        assert numbers == sorted(numbers), area
        assert set(numbers) == set(range(1, max(numbers) + 1)), area
    print(f"{kills} kills, {len(rows)} sends, {len(told)} requests")
