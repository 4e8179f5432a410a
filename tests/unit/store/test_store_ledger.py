"""The promotion ledger: appended with its inbox entry or not at all, and chained by hash."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from made_store import database, table

from riskwatch.core.errors import StoreError
from riskwatch.store import schema
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.ledger import Kept, Ledger, Promotion, sha256_of

ONE = Promotion(
    at_us=5,
    actor="Li",
    before="a",
    after="b",
    decision="pass",
    why="better",
    reason="first",
    override=None,
    before_sha256=sha256_of({"version": "a"}),
    after_sha256=sha256_of({"version": "b"}),
    artifacts={"bundle.json": "00"},
)


def test_ledger_appends_a_promotion_and_its_inbox_entry_together(tmp_path):
    """The entry carries the document, and the place and hash of the ledger's."""
    db = database(tmp_path)
    ledger = Ledger(db)
    seq = ledger.append(ONE, {"version": "b"})
    (entry,) = Inbox(db).after(0)
    assert (entry.seq, entry.kind) == (seq, EntryKind.MODEL)
    assert entry.body["bundle"] == {"version": "b"}
    assert entry.body["ledger"] == {"seq": 1, "hash": table(db, "promotions")[0].hash}
    assert ledger.history() == [ONE]


def test_ledger_refuses_to_replace_who_is_no_longer_champion(tmp_path):
    """Then nothing is written: neither an entry of the ledger nor one of the inbox."""
    db = database(tmp_path)
    ledger = Ledger(db)
    ledger.append(ONE, {})
    with pytest.raises(StoreError, match="the champion is b by now, not a"):
        ledger.append(replace(ONE, after="c"), {})
    assert len(ledger.history()) == Inbox(db).last() == 1


@pytest.mark.parametrize("change", ["body", "order", "gap"])
def test_ledger_notices_that_it_was_changed(tmp_path, change):
    """An altered body, two entries swapped or one taken out break the chain, which is said."""
    db = database(tmp_path)
    ledger = Ledger(db)
    for before, after in ("ab", "bc", "cd"):
        ledger.append(replace(ONE, before=before, after=after), {})
    rows = schema.promotions
    with db.begin() as tx:
        if change == "body":
            text = tx.execute(sa.select(rows.c.body).where(rows.c.seq == 2)).scalar_one()
            tx.execute(rows.update().where(rows.c.seq == 2).values(body=text.replace("Li", "Wu")))
        elif change == "gap":
            tx.execute(rows.delete().where(rows.c.seq == 2))
        else:
            for old, new in ((1, 9), (2, 1), (9, 2)):
                tx.execute(rows.update().where(rows.c.seq == old).values(seq=new))
    with pytest.raises(StoreError, match="the promotion ledger is broken at entry"):
        ledger.history()
    with pytest.raises(StoreError, match="the promotion ledger is broken at entry"):
        ledger.append(replace(ONE, before="d", after="e"), {})


def test_a_version_never_changes_its_numbers(tmp_path):
    """Kept again, the same is nothing new, and other numbers are refused."""
    ledger = Ledger(database(tmp_path))
    kept = Kept("b", {"version": "b", "n": 1}, {"f": 1}, 7)
    ledger.keep(kept)
    ledger.keep(kept)
    assert ledger.bundles() == [kept]
    assert ledger.bundle("c") is None
    with pytest.raises(StoreError, match="bundle b is known with other numbers"):
        ledger.keep(replace(kept, document={"version": "b", "n": 2}))


def test_a_gate_that_is_asked_again_is_quoted_anew(tmp_path):
    """Each gate's newest verdict stands beside the others'; an unknown bundle cannot be judged."""
    ledger = Ledger(database(tmp_path))
    ledger.keep(Kept("b", {"version": "b"}, {"f": 1}, 7))
    for gate, decision in (("skill", "fail"), ("fairness", "pass"), ("skill", "pass")):
        ledger.judged("b", gate, {"decision": decision, "why": ""})
    kept = ledger.bundle("b")
    assert kept is not None
    assert {gate: v["decision"] for gate, v in kept.facts["verdicts"].items()} == {
        "skill": "pass",
        "fairness": "pass",
    }
    with pytest.raises(StoreError, match="bundle c is not known"):
        ledger.judged("c", "skill", {})
