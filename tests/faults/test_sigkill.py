"""A replay killed with SIGKILL anywhere and started again leaves what one undisturbed run leaves."""

from __future__ import annotations

import json
import random

import pytest
from fault_county import Undisturbed, forget, left, replayed, rows_of

from riskwatch.core.fail_points import FAIL_POINTS
from riskwatch.testing.fault import Kill

KILLS = 5
"""Deaths of one case, one after the other over the same store."""

CI, LONG = range(6), range(6, 106)  # 30 kills, 500 more


def kill_of(number: int, longest_s: float, snapshots: int, draw: random.Random) -> Kill:
    """Every other death is at a named point, in turn; the others at any instant."""
    if number % 2:
        return Kill(after_s=draw.uniform(0, longest_s))
    point = FAIL_POINTS[number // 2 % len(FAIL_POINTS)]
    return Kill(point, draw.randint(1, snapshots if point.startswith("snapshot") else 4))


@pytest.mark.parametrize(
    "seed", [*CI, *(pytest.param(s, marks=pytest.mark.long) for s in LONG)], ids="seed{}".format
)
def test_a_killed_replay_leaves_what_an_undisturbed_one_leaves(undisturbed: Undisturbed, tmp_path, seed):
    """After five deaths: alerts, changes, record, quarantine, standing and state to the byte, rows once."""
    draw, killed = random.Random(seed), 0
    home = tmp_path / "store"
    every_s, snapshots = draw.choice([(0.0, 4), (0.4, 2), (30.0, 1)])
    longest_s = 0.6 * undisturbed.work_s  # a life begins where the one before was killed
    print(f"seed {seed}, snapshots every {every_s} s")
    for attempt in range(4 * KILLS):
        kill = kill_of(seed * KILLS + killed, longest_s, snapshots, draw) if killed < KILLS else None
        ended = replayed(undisturbed.events, home, kill, every_s)
        print(f"  life {attempt}: {kill}, {'killed' if ended.killed else 'ended'} at {ended.work_s:.3f} s")
        if ended.killed:
            killed += 1
            continue
        found = left(home)
        assert found == undisturbed.left
        if killed >= KILLS:
            break
        forget(home)  # it came to its end before the death was due: on with a new store
        longest_s = min(longest_s, 0.6 * ended.work_s)  # the undisturbed life may have been a slow one
    assert killed == KILLS


def test_the_county_is_worth_killing(undisturbed: Undisturbed):
    """It has alerts that rise, rows of every fate, many batches, and all of its rows are accounted for."""
    found = undisturbed.left
    assert len(found.alerts) >= 10
    assert len(found.rows["changes"]) > 2 * len(found.alerts)
    account = {n: sum(a[n] for a in found.accounts.values()) for n in next(iter(found.accounts.values()))}
    assert account["rows_read"] == rows_of(undisturbed.events)
    assert min(account.values()) > 10
    assert len(found.rows["quarantine"]) == account["quarantined"]
    assert json.loads(found.rows["standing"][0][3])["sources"]


def test_a_fail_point_that_is_not_armed_does_nothing():
    """And one that no code passes cannot be asked for."""
    from riskwatch.core.fail_points import fail_point

    for name in FAIL_POINTS:
        fail_point(name)
    with pytest.raises(AssertionError, match="fail-point 'nowhere' is unknown"):
        Kill("nowhere")
