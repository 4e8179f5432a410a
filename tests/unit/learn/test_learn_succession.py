"""Promotion and rollback: verified before anything is loaded, written down, applied by the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from registered import candidate, desk_at, document

from riskwatch.core.errors import ConfigError, StoreError
from riskwatch.core.scores import GateDecision, GateVerdict
from riskwatch.learn.artifacts import ArtifactRefused
from riskwatch.learn.skops_members import dump_member, load_member
from riskwatch.store import schema
from riskwatch.store.ledger import Kept
from riskwatch.succession import Handover, PromotionRefused, Succession

LI = Handover("Li", "fewer false alerts")
Make = Callable[[], Succession]


def artifacts(s: Succession) -> Path:
    (folder,) = (s._desk.place.home / "models" / "artifacts").glob("*/artifacts/bundle")
    return folder


def on_duty(s: Succession) -> str:
    """The champion as the engine itself has it."""
    with s._desk.engine() as pipeline:
        return pipeline.duty.champion.version


def test_swap_puts_a_bundle_on_duty_and_the_ledger_says_so(succession: Make):
    """The engine has it, the ledger says who, from, to, the verdict and the hashes."""
    s = succession()
    first = s.champion().version
    s.promote("next", LI)
    (told,) = s.ledger.history()
    assert on_duty(s) == s.champion().version == "next"
    assert (told.actor, told.before, told.after, told.decision) == (
        "Li (unverified)",
        first,
        "next",
        "pass",
    )
    assert told.after_sha256 == s.champion().sha256
    assert set(told.artifacts) >= {
        "bundle.json",
        "members/isolation.skops",
        "model/MLmodel",
        "example.json",
    }


def test_swap_back_needs_neither_registry_nor_gate(succession: Make):
    """The configuration's bundle comes back; once more there is nothing to go back to."""
    s = succession()
    first = s.champion().version
    s.promote("next", LI)
    (artifacts(s) / "bundle.json").unlink()
    s.rollback(Handover("Wu", "it was louder"))
    assert on_duty(s) == s.champion().version == first
    assert [p.rolled_back for p in s.ledger.history()] == [False, True]
    with pytest.raises(PromotionRefused, match="has no predecessor to roll back to"):
        s.rollback(LI)


@pytest.mark.parametrize(
    "name", ["bundle.json", "members/isolation.skops", "model/MLmodel", "example.json", "metrics.json"]
)
def test_swap_refuses_a_flipped_byte_in_any_artifact(succession: Make, name: str):
    """By name, before anything is loaded; the champion stays and nothing is written."""
    s = succession()
    path = artifacts(s) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    champion, entries = s.champion().version, s._desk.inbox.last()
    with pytest.raises(ArtifactRefused, match=f"{name} is not the file that was registered"):
        s.promote("next", LI)
    assert s.champion().version == champion
    assert (s.ledger.history(), s._desk.inbox.last()) == ([], entries)


def test_swap_refuses_a_missing_and_a_foreign_file_at_once(succession: Make):
    """Both are named."""
    s = succession()
    (artifacts(s) / "metrics.json").rename(artifacts(s) / "other.json")
    with pytest.raises(ArtifactRefused, match=r"metrics.json is missing; other.json was not there"):
        s.promote("next", LI)


def swapped(s: Succession, **facts: object) -> None:
    """What the store knows of a bundle, overwritten by someone with access to it."""
    kept = s.ledger.bundle("next")
    assert kept is not None
    with s._desk.database.begin() as tx:
        table = schema.bundles
        tx.execute(
            table.update().values(facts=json.dumps(kept.facts | facts)).where(table.c.version == "next")
        )


def test_swap_refuses_an_unknown_type_even_if_its_hash_fits(succession: Make, tmp_path: Path):
    """What a skops file says of itself is held against our list, never added to it."""
    import skops.io
    from sklearn.kernel_ridge import KernelRidge

    from riskwatch.learn.artifacts import hashes_of

    model = KernelRidge().fit([[0.0], [1.0]], [0.0, 1.0])
    model.note = Make  # a type that is not ours
    s = succession()
    skops.io.dump(model, artifacts(s) / "members" / "isolation.skops")
    swapped(s, artifacts=hashes_of(artifacts(s)))
    with pytest.raises(ArtifactRefused, match=r"holds the types .*, which riskwatch does not load"):
        s.promote("next", LI)
    with pytest.raises(ArtifactRefused, match="does not load"):
        dump_member(model, tmp_path / "x.skops")


def test_a_member_is_loaded_from_what_was_dumped(tmp_path: Path):
    """The same numbers come back."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = [[float(n)] for n in range(40)]
    model = HistGradientBoostingClassifier(max_iter=3).fit(rows, [n > 19 for n in range(40)])
    dump_member(model, tmp_path / "m.skops")
    again = load_member(tmp_path / "m.skops")
    assert (again.predict_proba(rows) == model.predict_proba(rows)).all()


def test_a_bundle_that_is_not_the_registered_document_is_refused(succession: Make):
    """The store's copy and the artifact must say the same."""
    s = succession()
    with s._desk.database.begin() as tx:
        other = json.dumps(document(s._desk, "next", intercept=-1.0))
        tx.execute(schema.bundles.update().values(document=other))
    with pytest.raises(ArtifactRefused, match=r"bundle.json is not the document that the store keeps"):
        s.promote("next", LI)


def test_a_predecessor_that_was_altered_is_not_rolled_back_to(succession: Make):
    """The ledger remembers its hash."""
    s = succession()
    first = s.champion()
    s.promote("next", LI)
    with s._desk.database.begin() as tx:
        where = schema.bundles.c.version == first.version
        other = json.dumps(document(s._desk, first.version, intercept=-1.0))
        tx.execute(schema.bundles.update().where(where).values(document=other))
    with pytest.raises(ArtifactRefused, match="is not what the ledger saw on duty"):
        s.rollback(LI)
    assert s.champion().version == "next"


def test_swap_refuses_a_missing_verdict_and_no_override_helps(succession: Make):
    """There is nothing to override."""
    s = succession()
    swapped(s, verdicts={})
    for handover in (LI, replace(LI, override="Wu")):
        with pytest.raises(PromotionRefused, match="bundle next has no gate verdict"):
            s.promote("next", handover)


@pytest.mark.parametrize("gate", ["fairness", "skill"])
def test_a_bundle_that_one_gate_never_judged_is_refused(succession: Make, gate: str):
    """The other's pass does not stand for it, and nobody can answer for what nobody judged."""
    s = succession()
    (other,) = {"fairness", "skill"} - {gate}
    swapped(s, verdicts={other: {"decision": "pass", "why": "even"}})
    for handover in (LI, replace(LI, override="Wu")):
        with pytest.raises(PromotionRefused, match=f"bundle next has no verdict on {gate}, and"):
            s.promote("next", handover)


def test_an_override_without_a_name_is_none(succession: Make):
    """Blanks answer for nothing."""
    s = succession()
    s.ledger.judged("next", "fairness", {"decision": "not_enough_evidence", "why": "no truth"})
    with pytest.raises(PromotionRefused, match="the gate says not_enough_evidence: fairness: no truth"):
        s.promote("next", replace(LI, override="  "))


def test_ledger_keeps_the_name_of_an_override(succession: Make):
    """Which the ledger keeps; a pass takes none."""
    s = succession()
    with pytest.raises(PromotionRefused, match="passed its gate; promote it without --override"):
        s.promote("next", replace(LI, override="Wu"))
    s.ledger.judged("next", "fairness", {"decision": "fail", "why": "hills detected worse"})
    with pytest.raises(
        PromotionRefused, match="the gate says fail: fairness: hills detected worse; skill:"
    ):
        s.promote("next", LI)
    s.promote("next", replace(LI, override="Wu"))
    (told,) = s.ledger.history()
    assert (told.decision, told.override) == ("fail", "Wu")


def test_who_is_unknown_or_on_duty_is_refused(succession: Make):
    """Each with what to do."""
    s = succession()
    with pytest.raises(PromotionRefused, match="bundle nobody is not known; see them with"):
        s.promote("nobody", LI)
    s.promote("next", LI)
    with pytest.raises(PromotionRefused, match="bundle next is on duty already"):
        s.promote("next", LI)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("reads", "rainfall", "reads is 'rainfall', this store's is 'call_volume'"),
        ("verdicts", "models.other:Other", "verdicts is 'models.other:Other'"),
    ],
)
def test_a_bundle_of_another_store_is_refused(tmp_path: Path, key: str, value: str, match: str):
    """It would read other features or forget what verdicts taught."""
    s = Succession(desk_at(tmp_path / "store"))
    made = candidate(s._desk)
    with pytest.raises(PromotionRefused, match=match):
        s.register(replace(made, document=dict(made.document) | {key: value}))


def test_a_bundle_of_an_unknown_class_is_refused(tmp_path: Path):
    """Like any configuration that names one."""
    s = Succession(desk_at(tmp_path / "store"))
    made = candidate(s._desk)
    other = json.loads(
        json.dumps(made.document).replace("models.surprise_odds:SurpriseOdds", "models.no:No")
    )
    with pytest.raises(ConfigError, match=r"'models.no:No': cannot be imported"):
        s.register(replace(made, document=other))


def test_a_member_whose_code_says_other_things_by_now_is_refused(succession: Make, monkeypatch):
    """It must say of its example what it said when it was registered."""
    from models.surprise_odds import SurpriseOdds

    s = succession()
    monkeypatch.setattr(SurpriseOdds, "log_odds", lambda self, rows: rows[:, 0])
    with pytest.raises(ArtifactRefused, match="says other things of its example"):
        s.promote("next", LI)


def test_mlflow_serves_what_was_registered(registry: Path):
    """The model folder predicts the log-odds of its example, by code and JSON, with nothing pickled."""
    import mlflow.pyfunc
    import pandas as pd

    (folder,) = (registry / "models" / "artifacts").glob("*/artifacts/bundle")
    assert [p.name for p in folder.rglob("*.pkl")] == []
    example = json.loads((folder / "example.json").read_text())
    model = mlflow.pyfunc.load_model(str(folder / "model"))
    rows = pd.DataFrame(example["rows"], columns=example["columns"])
    assert model.predict(rows).tolist() == pytest.approx(example["log_odds"])
    assert [c.name for c in model.metadata.signature.inputs] == example["columns"]


def test_the_registry_keeps_where_a_bundle_comes_from(registry: Path):
    """Hashes, days, code, metrics with intervals and the verdict are on the run and the version."""
    from riskwatch.learn.mlflow_client import client
    from riskwatch.learn.registry import NAME

    store = client(f"sqlite:///{registry / 'models' / 'mlflow.db'}")
    (version,) = store.search_model_versions(f"name='{NAME}'")
    run = store.get_run(version.run_id)
    assert run.data.tags["labels_sha256"] == "l" * 64
    assert version.tags["git_sha"] == "0" * 40
    assert version.tags["verdict.skill"] == version.tags["verdict.fairness"] == "pass"
    assert version.tags["verdict.fairness.why"] == "no worse than the champion"
    assert run.data.metrics["candidate.average_precision.low"] == 0.4


def test_a_second_registration_joins_the_first(succession: Make):
    """Another version of the same name; the same version again must be the same document."""
    s = succession()
    s.register(candidate(s._desk, "third", intercept=-4.0))
    assert [k.version for k in s.bundles()][1:] == ["next", "third"]
    with pytest.raises(StoreError, match="bundle next is known with other numbers"):
        s.ledger.keep(Kept("next", {}, {}, 0))


def test_without_the_layer_the_command_that_adds_it_is_named(tmp_path: Path, monkeypatch):
    """Registering needs MLflow; the engine, promotion of what is registered and rollback do not."""
    import sys

    from riskwatch.core.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "mlflow", None)
    s = Succession(desk_at(tmp_path / "store"))
    with pytest.raises(
        MissingExtra, match=r"the model registry needs the extra 'analyst'; install it with"
    ):
        s.register(candidate(s._desk))


def test_gravest_verdict_speaks():
    """Not enough evidence of one gate is not outweighed by the pass of another."""
    from riskwatch.learn.candidate import joined

    def said(*decisions: GateDecision) -> GateVerdict | None:
        return joined({str(n): {"decision": str(d), "why": ""} for n, d in enumerate(decisions)})

    short = said(GateDecision.PASS, GateDecision.NOT_ENOUGH_EVIDENCE)
    assert short is not None
    assert short.decision is GateDecision.NOT_ENOUGH_EVIDENCE
    assert said() is None


def test_ledger_rows_are_counted(succession: Make):
    """One row a promotion, and one entry of the inbox each."""
    s = succession()
    s.promote("next", LI)
    s.rollback(LI)
    with s._desk.database.connect() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(schema.promotions)).scalar() == 2
        kinds = tx.execute(sa.select(schema.inbox.c.kind)).scalars().all()
    assert kinds == ["model", "model"]
