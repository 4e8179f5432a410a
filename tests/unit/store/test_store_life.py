"""The life of an alert in the store: who, from, to and why, as of any entry; stores of the first days."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from made_store import alert, change, commit, database, table

from riskwatch.core.alerts import Alert, AlertChange, Reason, State
from riskwatch.core.side_states import (
    Duty,
    Flapping,
    Mode,
    Release,
    ReleaseState,
    Shelf,
    Step,
    Suppressed,
)
from riskwatch.store.alerts import AlertStore
from riskwatch.store.codec import dump_alert, load_alert

BUSY = alert(
    handed_to="COUNTY",
    handler="Li",
    reported_at_us=6,
    incident="ri-1",
    by_hand=True,
    mode=Mode.EXERCISE,
    drill="spring",
    duty=Duty(Step.HANDLE, 1, 2, 3),
    shelved=Shelf(9, "noise", "Li", 4),
    suppressed=Suppressed("works", 8, "pipes"),
    flapping=Flapping(1, 2, 3),
    expired_at_us=7,
    release=Release(ReleaseState.DRAFTED, 2, "COUNTY", "Li", 5, 6),
    planned=((("en", "fair"), ("zh", "集市")), (("en", "march of time"),)),
)


def test_everything_beside_the_state_comes_back_with_its_type():
    """Shelf, window, hold, duty, release, mode and what was planned."""
    again = load_alert(dump_alert(BUSY))
    assert again == BUSY
    assert (type(again.mode), type(again.duty.step)) == (Mode, Step)
    assert type(again.release.state) is ReleaseState


def test_an_alert_of_an_older_store_takes_the_defaults():
    """It is actual, held by its own area, and nothing stands beside its state."""
    mine = {f for f in Alert.__dataclass_fields__ if f not in json.loads(_old(alert()))}
    assert len(mine) == 15
    again = load_alert(_old(BUSY))
    assert (again.holder, again.mode, again.quiet, again.duty) == ("TOWN", Mode.ACTUAL, None, None)


def test_an_alert_over_nothing_planned_is_written_as_it_always_was():
    """The key is there only where an event is named, so that older records read the same."""
    assert "planned" not in json.loads(dump_alert(alert()))
    assert json.loads(dump_alert(BUSY))["planned"][1] == [["en", "march of time"]]


def _old(made: Alert) -> str:
    new = ("handed_to", "handler", "reported_at_us", "incident", "by_hand", "mode", "drill", "duty")
    new += ("shelved", "suppressed", "flapping", "expired_at_us", "release", "planned")
    new += ("around",)
    return json.dumps({k: v for k, v in json.loads(dump_alert(made)).items() if k not in new})


def test_a_change_says_who_when_from_to_and_why(tmp_path):
    """As it was made, in the table and in the record."""
    store = AlertStore(engine := database(tmp_path))
    commit(store, change(alert()))
    acked = replace(alert(), state=State.ACKNOWLEDGED, revision=2)
    row = AlertChange(acked, Reason.ACKNOWLEDGED, 9, "Li (unverified)", State.OPEN, "on it")
    commit(store, row, position=2)
    assert store.changes("rw-a")[1] == row
    told = json.loads(table(engine, "record")[1].body)
    assert (told["came_from"], told["state"], told["why"]) == ("open", "acknowledged", "on it")


def test_an_alert_is_told_as_of_any_entry(tmp_path):
    """What the entries before a position left: a replay acts on the past, not on the present."""
    store = AlertStore(database(tmp_path))
    for position, state in ((3, State.OPEN), (5, State.ACKNOWLEDGED), (9, State.CLOSED)):
        made = replace(alert(), state=state, revision=1 + (3, 5, 9).index(position))
        commit(store, change(made), position=position)
    found = [a and a.state for a in (store.as_of("rw-a", n) for n in (3, 4, 5, 6, 9, 10))]
    assert found == [None, State.OPEN, State.OPEN, *[State.ACKNOWLEDGED] * 2, State.CLOSED]
    assert store.as_of("rw-b", 99) is None


def test_a_store_of_the_first_days_is_given_the_new_columns(tmp_path):
    """It opens, its changes are read, and new ones are written beside them."""
    engine = database(tmp_path)
    commit(AlertStore(engine), change(alert()))
    with engine.begin() as tx:
        for column in ("came_from", "why", "position"):
            tx.execute(sa.text(f"ALTER TABLE changes DROP COLUMN {column}"))
        for index in ("alerts_listed", "alerts_newest", "alerts_in_state"):
            tx.execute(sa.text(f"DROP INDEX {index}"))
        for column in ("updated_at_us", "state"):
            tx.execute(sa.text(f"CREATE INDEX ix_alerts_{column} ON alerts ({column})"))
        listed = ("peak_level", "incident", "quiet", "withheld", "expired", "fresh_us")
        for column in (*listed, "overdue", "drafted", "closed_at_us"):
            tx.execute(sa.text(f"ALTER TABLE alerts DROP COLUMN {column}"))
        tx.execute(sa.text("UPDATE meta SET value = '2' WHERE key = 'schema'"))
    engine.dispose()
    store = AlertStore(database(tmp_path))
    (old,) = store.changes("rw-a")
    assert (old.came_from, old.why) == (None, "")
    assert store.as_of("rw-a", 1) == alert()
    commit(store, change(replace(alert(), revision=2)), position=2)
    assert len(store.changes("rw-a")) == 2


@pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED, State.HANDLING])
def test_what_stands_is_found_as_open(tmp_path, state):
    """Also what is being handled."""
    store = AlertStore(database(tmp_path))
    commit(store, change(alert(state=state)))
    assert [a.state for a in store.find()] == [state]
