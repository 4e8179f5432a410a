"""A process that ends anywhere, and goes on from a snapshot, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bounds import examples
from engine import BASE_END_US, END_US, Engine, base_rows, cut, last_day
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.clock import DAY_US, HOUR_US, MINUTE_US
from riskwatch.store.inbox import EntryKind
from riskwatch.testing.made import Row

Ready = Callable[[], Engine]
N = len(last_day())


@given(
    at=st.lists(st.integers(0, N), min_size=1, max_size=6),
    saved=st.lists(st.booleans(), min_size=8, max_size=8),
)
@examples(8)
def test_restart_between_any_two_batches_changes_nothing(
    ready: Ready, at: list[int], saved: list[bool]
) -> None:
    """With a snapshot just taken or an older one, the state, the features and the alerts are the same."""
    steady, restarted = ready(), ready()
    for batch, save in zip(cut(last_day(), at), saved, strict=False):
        steady.send(batch)
        restarted.send(batch)
        if save:
            restarted.pipeline.snapshot()
        restarted.restart()
        assert restarted.state() == steady.state()
    for engine in (steady, restarted):
        engine.tick_to(END_US)
    assert restarted.seen == steady.seen
    assert restarted.life() == steady.life()
    assert restarted.alerts.accounts() == steady.alerts.accounts()


@given(hours=st.lists(st.integers(1, 23), min_size=1, max_size=3, unique=True))
@examples(5)
def test_restart_at_any_tick_changes_nothing(ready: Ready, hours: list[int]) -> None:
    """Snapshots taken while the clock stands at an hour of the day are as good as any."""
    steady, restarted = ready(), ready()
    steps: list[tuple[int, Sequence[Row]]] = []
    start = BASE_END_US
    for hour in [*sorted(hours), 48]:
        end = BASE_END_US + hour * HOUR_US
        steps.append((end, [r for r in last_day() if start <= r[5] < end]))
        start = end
    for end, rows in steps:
        for engine in (steady, restarted):
            engine.send(rows)
            engine.tick_to(end)
        restarted.pipeline.snapshot()
        restarted.restart()
        assert restarted.state() == steady.state()
    assert restarted.life() == steady.life()


@given(applied=st.integers(0, 3))
@examples(4)
def test_entries_that_were_not_applied_are_applied_after_a_crash(ready: Ready, applied: int) -> None:
    """What was appended to the inbox, and not applied before the process died, is applied by the next."""
    steady, crashed = ready(), ready()
    batches = cut(last_day(), [N // 4, N // 2, 3 * N // 4])
    for n, batch in enumerate(batches):
        steady.send(batch)
        crashed.append(batch)
        if n < applied:
            crashed.pipeline.catch_up()
    crashed.restart()
    for engine in (steady, crashed):
        engine.tick_to(END_US)
    assert crashed.life() == steady.life()
    assert crashed.alerts.accounts() == steady.alerts.accounts()


def test_inbox_alone_makes_the_same_alerts_again(fresh: Ready) -> None:
    """Without any snapshot, a new life applies the whole inbox and commits nothing twice."""
    engine = fresh()
    engine.send(base_rows())
    engine.send(last_day())
    engine.tick_to(END_US)
    life, state, accounts = engine.life(), engine.state(), engine.alerts.accounts()
    engine.restart()
    assert (engine.life(), engine.state(), engine.alerts.accounts()) == (life, state, accounts)


def test_operator_actions_are_replayed_at_their_place(ready: Ready) -> None:
    """An acknowledged and a closed alert are the same in a life that replays the inbox."""
    engine = ready()
    midday = BASE_END_US + 13 * HOUR_US + 15 * MINUTE_US
    engine.send([r for r in last_day() if r[5] < midday])
    shown = engine.alerts.find(everything=True, kind="risk", shown_only=True)
    closed = next(a for a in shown if a.signature == "s0")
    acked = next(a for a in shown if a.signature == "s1" and a.state == "open")
    for kind, alert, verdict in (("ack", acked, None), ("close", closed, "true")):
        at_us = engine.pipeline.last_tick_us
        body = {
            "kind": kind,
            "alert": alert.id,
            "actor": "x",
            "at_us": at_us,
            "verdict": verdict,
            "note": "",
        }
        engine.inbox.append(EntryKind.ACTION, body)
        engine.pipeline.catch_up()
    engine.send([r for r in last_day() if r[5] >= midday])
    engine.tick_to(END_US)
    life, state = engine.life(), engine.state()
    told = [c.reason for a in (acked, closed) for c in engine.alerts.changes(a.id)]
    assert {"acknowledged", "closed"} <= set(told)
    engine.restart()  # the snapshot is from before the actions
    assert (engine.life(), engine.state()) == (life, state)


def test_restart_before_the_first_tick_is_decided(fresh: Ready) -> None:
    """A store that holds only undecided rows can be saved and opened again."""
    engine = fresh()
    engine.send(base_rows()[:1])
    before = engine.state()
    engine.pipeline.snapshot()
    engine.restart()
    assert engine.state() == before
    engine.tick_to(base_rows()[0][5] + DAY_US)
    assert engine.alerts.accounts()["made"]["accepted"] == 1
