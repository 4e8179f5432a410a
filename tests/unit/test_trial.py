"""A candidate's trial: the same records again, beside the champion, and nothing of the store moved."""

from __future__ import annotations

import shutil

import pytest
from trial_county import County, bundle, made_county

from riskwatch.audit.counts import gate_evidence
from riskwatch.audit.of_store import audited, decided_span
from riskwatch.audit.truth_given import TruthGiven, TruthKind
from riskwatch.core.errors import ConfigError, SourceError
from riskwatch.learn.gate import FairnessGate
from riskwatch.store.ledger import Ledger, Promotion
from riskwatch.trial import asked, fairness, rehearse

DEAF = {"intercept": -60.0}


@pytest.fixture(scope="module")
def county(tmp_path_factory) -> County:
    """Made once; what a test changes it copies."""
    return made_county(tmp_path_factory.mktemp("trial"))


def given(county: County, partition: str = "settlement") -> TruthGiven:
    return TruthGiven(kind=TruthKind.PLANTED, path=county.truth, partition=partition)


def standing(desk) -> tuple[object, ...]:
    """All that must not move."""
    alerts = audited(desk.alerts, desk.settings.world).alerts
    return told(alerts), desk.inbox.last(), desk.alerts.standing()


def told(alerts) -> list[tuple[object, ...]]:
    """What two runs must agree on."""
    return sorted((a.id, a.level, a.peak_level, a.opened_at_us, a.closed_at_us, a.revision) for a in alerts)


def test_a_rehearsal_of_the_champion_raises_the_stores_own_alerts(county):
    """The same ids, levels and instants over the same span: a rehearsal is the real engine."""
    desk = county.desk()
    again = rehearse(desk, desk.settings.bundle)
    mine = audited(desk.alerts, desk.settings.world).alerts
    assert told(again.alerts) == told(mine)
    assert len(mine) >= 3
    assert again.span_us == decided_span(desk.alerts, desk.settings.world.grid.tick_us)


def test_a_rehearsal_leaves_the_store_as_it_was(county):
    """No alert, no entry of the inbox and no file more; a candidate that hears nothing raises nothing."""
    desk = county.desk()
    files = sorted(p.name for p in county.home.rglob("*"))
    before = (
        told(audited(desk.alerts, desk.settings.world).alerts),
        desk.inbox.last(),
        desk.alerts.standing(),
    )
    assert rehearse(desk, bundle(desk, "deaf", **DEAF)).alerts == []
    after = (
        told(audited(desk.alerts, desk.settings.world).alerts),
        desk.inbox.last(),
        desk.alerts.standing(),
    )
    assert after == before
    assert sorted(p.name for p in county.home.rglob("*")) == files


def test_candidate_and_champion_are_judged_on_the_same_incidents(county):
    """The verdict is the gate's on the count tables of both, and the report behind it says so."""
    desk = county.desk()
    candidate, question = bundle(desk, "calm", intercept=-9.0), asked(desk, given(county))
    tried = fairness(desk, candidate, desk.settings.bundle, question)
    world = desk.settings.world
    mine, theirs = (
        gate_evidence(alerts, question.outside, world.tree, world.registry, group_key="settlement")
        for alerts in (rehearse(desk, candidate).alerts, audited(desk.alerts, world).alerts)
    )
    assert tried.verdict == FairnessGate().decide(mine, theirs)
    assert tried.verdict.evidence == mine.digest() != theirs.digest()
    assert tried.verdict.details["champion_evidence"] == theirs.digest()
    assert tried.document["hashes"]["bundle"] == "bundle calm"
    assert tried.document["verdict"]["compared_with_champion"]


def test_a_champion_that_followed_another_is_rehearsed_too(county, tmp_path):
    """The store's alerts are then of two bundles, and stand for neither."""
    desk = county.desk(shutil.copytree(county.home, tmp_path / "store"))
    first, second = desk.settings.bundle, bundle(desk, "second", **DEAF)
    names = {"before_sha256": "", "after_sha256": "", "artifacts": {}, "override": None}
    promotion = Promotion(0, "Li", first.version, "second", "pass", "even", "calmer", **names)
    Ledger(desk.database).append(promotion, second.model_dump(mode="json"))
    tried = fairness(desk, first, second, asked(desk, given(county)))
    world, outside = desk.settings.world, asked(desk, given(county)).outside
    nothing = gate_evidence([], outside, world.tree, world.registry, group_key="settlement")
    assert tried.verdict.details["champion_evidence"] == nothing.digest()


def test_what_retention_took_is_judged_by_nobody(county, tmp_path):
    """A rehearsal that begins later is held to what began later, and so is the champion."""
    import sqlalchemy as sa

    from riskwatch.store import schema

    desk = county.desk(shutil.copytree(county.home, tmp_path / "store"))
    with desk.database.begin() as tx:
        some = tx.execute(sa.select(schema.inbox.c.seq).order_by(schema.inbox.c.seq)).scalars().all()
        tx.execute(schema.inbox.delete().where(schema.inbox.c.seq <= some[0]))
    question = asked(desk, given(county))
    begun_us = rehearse(desk, desk.settings.bundle).span_us[0]
    assert begun_us > question.outside.span_us[0]
    tried = fairness(desk, bundle(desk, "next"), desk.settings.bundle, question)
    assert tried.verdict.details["champion_evidence"] == tried.verdict.evidence


def test_what_is_handed_in_is_checked_before_anything_long(county):
    """A partition that nobody registered, and a truth that is none."""
    desk = county.desk()
    with pytest.raises(ConfigError, match="partition 'postcode': is not registered"):
        asked(desk, given(county, "postcode"))
    with pytest.raises(SourceError, match="is not a truth file"):
        asked(desk, given(county).model_copy(update={"path": county.home.parent / "events.parquet"}))
