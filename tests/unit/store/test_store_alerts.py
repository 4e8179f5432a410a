"""Alerts in the store: all or nothing, once, in a chain, and back as they were."""

from __future__ import annotations

import json
import threading
from dataclasses import fields, replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from made_store import alert, change, commit, database, table

from riskwatch.core.alerts import (
    Alert,
    AlertKind,
    Chart,
    Contribution,
    Level,
    LevelChange,
    Reason,
    State,
    Verdict,
)
from riskwatch.store import record, schema
from riskwatch.store.alerts import AlertStore, Standing
from riskwatch.store.codec import canonical, dump_alert, load_alert

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INTS = st.integers(-(2**62), 2**62)
TEXT = st.text(max_size=20)
ALERTS = st.builds(
    Alert,
    id=TEXT,
    kind=st.sampled_from(AlertKind),
    area=TEXT,
    signature=TEXT,
    level=st.sampled_from(Level),
    peak_level=st.sampled_from(Level),
    levels=st.lists(st.builds(LevelChange, INTS, st.sampled_from(Level)), max_size=3).map(tuple),
    shown=st.booleans(),
    state=st.sampled_from(State),
    opened_at_us=INTS,
    updated_at_us=INTS,
    closed_at_us=st.none() | INTS,
    evidence_at_us=st.none() | INTS,
    likelihood=st.none() | FLOATS,
    impact=st.none() | FLOATS,
    contributions=st.lists(
        st.builds(
            Contribution,
            indicator=TEXT,
            window_h=FLOATS,
            observed=INTS,
            expected=FLOATS,
            p=FLOATS,
            share=FLOATS,
            log_odds=FLOATS,
            since_us=st.none() | INTS,
            usual_per_day=FLOATS,
        ),
        max_size=2,
    ).map(tuple),
    inhibited_by=st.none() | TEXT,
    chart=st.none()
    | st.builds(
        Chart, INTS, INTS, st.lists(INTS, max_size=3).map(tuple), st.lists(FLOATS, max_size=3).map(tuple)
    ),
    feeds_missing=st.lists(TEXT, max_size=2).map(tuple),
    detail=TEXT,
    since_us=st.none() | INTS,
    rising=st.booleans(),
    verdict=st.none() | st.sampled_from(Verdict),
    actor=st.none() | TEXT,
    note=TEXT,
    model_versions=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    config_hash=TEXT,
    judged=st.tuples(INTS, INTS),
    revision=st.integers(0, 1000),
    around=st.lists(TEXT, max_size=2).map(tuple),
)


def plainly(made):
    """All fields at once; what was planned, and who is around, is left out where nothing is."""
    names = [f.name for f in fields(made)]
    left_out = {n for n in ("around", "planned") if not getattr(made, n)}
    return canonical({n: getattr(made, n) for n in names if n not in left_out})


@settings(deadline=None, max_examples=80)
@given(ALERTS)
def test_an_alert_comes_back_as_it_was(made):
    """Every field with its type, and the same bytes when it is written again."""
    text = dump_alert(made)
    assert text == plainly(made)
    assert dump_alert(replace(made, revision=made.revision + 1)) == plainly(
        replace(made, revision=made.revision + 1)
    )
    again = load_alert(text)
    assert again == made
    assert dump_alert(again) == text
    for f in fields(Alert):
        assert type(getattr(again, f.name)) is type(getattr(made, f.name)), f.name


def test_canonical_json_refuses_what_is_no_json():
    """NaN would be written as something no other reader takes."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})
    assert canonical({"b": "县", "a": 1}) == '{"a":1,"b":"县"}'


def test_a_commit_writes_alert_change_account_and_standing(tmp_path):
    """All that an entry changes outside."""
    store = AlertStore(database(tmp_path))
    assert store.standing() is None
    commit(store, change(alert()), accounts={"town": {"rows_read": 3, "accepted": 2, "late": 1}})
    commit(store, position=2, accounts={"town": {"rows_read": 1, "quarantined": 1}})
    assert store.get("rw-a") == alert()
    assert store.changes("rw-a") == [change(alert())]
    assert store.accounts() == {
        "town": {"rows_read": 4, "accepted": 2, "duplicate": 0, "late": 1, "quarantined": 1}
    }
    assert store.standing() == Standing(2, 20, None, 0, {"sources": []})


def test_a_failing_commit_leaves_nothing(tmp_path, monkeypatch):
    """Neither alerts nor accounts nor the record nor the position, if its last step fails."""
    engine = database(tmp_path)
    store = AlertStore(engine)
    commit(store, change(alert()), accounts={"town": {"rows_read": 1}})
    before = {name: table(engine, name) for name in ("alerts", "changes", "accounts", "record", "engine")}
    raised = replace(alert(), level=Level.RED, revision=2)
    bad = Standing(2, 20, None, 0, {"x": float("nan")})
    from riskwatch.store.alerts import Commit

    with pytest.raises(ValueError, match="not JSON compliant"):
        store.commit(Commit([change(raised)], {"town": {"rows_read": 5}}, bad))
    assert {name: table(engine, name) for name in before} == before
    commit(store, change(raised), position=2)
    assert store.get("rw-a").level is Level.RED


def test_a_change_is_written_once(tmp_path):
    """The position keeps a replay from writing again; should it try, the whole commit is refused."""
    engine = database(tmp_path)
    store = AlertStore(engine)
    commit(store, change(alert()))
    with pytest.raises(sa.exc.IntegrityError):
        commit(store, change(replace(alert(), note="from another life")), position=2)
    assert store.standing().position != 2
    assert [c.alert.note for c in store.changes("rw-a")] == [""]
    assert len(table(engine, "record")) == 1
    assert store.get("rw-a").note == ""


def test_the_record_is_a_chain(tmp_path):
    """Each hash is that of the one before and of the entry; any change of the past breaks it."""
    engine = database(tmp_path)
    store = AlertStore(engine)
    made = alert()
    for n in range(4):
        made = replace(made, revision=n + 1)
        commit(store, change(made, Reason.EVIDENCE_GREW), position=n)
    rows = table(engine, "record")
    before = record.FIRST
    for row in rows:
        assert row.hash == record.chained(before, row.kind, row.body)
        assert row.body == canonical(json.loads(row.body))
        before = row.hash
    assert json.loads(rows[0].body) == {
        "alert": "rw-a",
        "revision": 1,
        "at_us": 5,
        "reason": "evidence_grew",
        "actor": "engine",
        "state": "open",
        "level": 4,
        "came_from": None,
        "why": "",
    }
    forged = rows[1].body.replace("engine", "nobody")
    assert record.chained(rows[0].hash, rows[1].kind, forged) != rows[1].hash


def test_an_id_may_be_shortened_if_it_is_clear(tmp_path):
    """Two that fit are none, and signs of a pattern stand for themselves."""
    store = AlertStore(database(tmp_path))
    commit(store, change(alert("rw-abc1")), change(alert("rw-abd2")))
    assert store.get("rw-abc").id == "rw-abc1"
    assert store.get("rw-ab") is None
    assert store.get("rw-%") is None
    assert store.get("rw-abc_") is None
    assert store.get("rw-x") is None


def filled(tmp_path) -> AlertStore:
    store = AlertStore(database(tmp_path))
    given_ = [
        ("a", Level.BLUE, State.OPEN, True, "X", AlertKind.RISK),
        ("b", Level.RED, State.ACKNOWLEDGED, True, "Y", AlertKind.RISK),
        ("c", Level.YELLOW, State.CLOSED, True, "X", AlertKind.RISK),
        ("d", Level.RED, State.OPEN, False, "Y", AlertKind.RISK),
        ("e", Level.YELLOW, State.OPEN, True, "X", AlertKind.DATA_HEALTH),
    ]
    commit(
        store,
        *(
            change(
                alert(
                    n, level=lv, state=s, shown=sh, area=ar, kind=k, opened_at_us=i, updated_at_us=100 + i
                )
            )
            for i, (n, lv, s, sh, ar, k) in enumerate(given_)
        ),
    )
    return store


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, "dbea"),
        ({"everything": True}, "abcde"),
        ({"shown_only": True}, "bea"),
        ({"areas": ["X"]}, "ea"),
        ({"areas": []}, ""),
        ({"level": 1}, "db"),
        ({"level": 3}, "dbe"),
        ({"kind": "data_health"}, "e"),
        ({"limit": 2}, "db"),
        ({"everything": True, "kind": AlertKind.RISK, "shown_only": True}, "abc"),
    ],
)
def test_alerts_are_found_gravest_and_newest_first(tmp_path, asked, ids):
    """Open ones; with `everything`, all of them as they were opened."""
    assert "".join(a.id for a in filled(tmp_path).find(**asked)) == ids


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, "edcba"),
        ({"states": ["closed"]}, "c"),
        ({"areas": ["Y"], "level": 2}, "db"),
        ({"kind": "risk", "limit": 2}, "dc"),
        ({"since_us": 103}, "ed"),
    ],
)
def test_newest_lists_the_latest_changes_first(tmp_path, asked, ids):
    """Of any state."""
    assert "".join(a.id for a in filled(tmp_path).newest(**asked)) == ids


def test_quarantined_rows_come_newest_first(tmp_path):
    """With what was mapped of the raw row."""
    engine = database(tmp_path)
    with engine.begin() as tx:
        for n in range(3):
            row = {"source": "t", "stream": "s", "row": n, "reason": "bad_time", "mapped": '{"a":"b"}'}
            tx.execute(sa.insert(schema.quarantine).values(**row))
    found = AlertStore(engine).quarantined(limit=2)
    assert [(r["row"], r["mapped"]) for r in found] == [(2, {"a": "b"}), (1, {"a": "b"})]


def test_who_waits_is_told_when_the_engine_has_committed_so_far(tmp_path):
    """At once in the same process; one who waits for more is told that it has not come."""
    store = AlertStore(database(tmp_path))
    assert not store.reached(1, 0)
    told: list[bool] = []
    waiting = threading.Thread(target=lambda: told.append(store.reached(2, 120)))
    waiting.start()
    commit(store, change(alert()), position=1)
    assert (store.reached(1, 0), store.reached(2, 0)) == (True, False)
    commit(store, change(alert("rw-b")), position=2)
    waiting.join(120)
    assert told == [True]


def test_the_newest_are_the_same_with_and_without_a_limit(tmp_path):
    """Of ten that changed at one instant the first three by id."""
    store = AlertStore(database(tmp_path))
    commit(store, *(change(alert(f"rw-{n}", area=f"A{n % 2}")) for n in range(10)))
    commit(store, change(alert("rw-late", updated_at_us=9)), position=2)
    whole = [a.id for a in store.newest()]
    assert whole == ["rw-late", *(f"rw-{n}" for n in range(10))]
    assert [a.id for a in store.newest(limit=4)] == whole[:4]
    assert [a.id for a in store.newest(areas=["A1"], limit=2)] == ["rw-1", "rw-3"]
