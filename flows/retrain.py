"""Retrain: training set, cross-validation in time, candidates and baselines, both gates, registration.

`riskwatch train` calls `retrain.fn`, the plain function; Prefect runs the same as a flow, each step
a task. A failure anywhere leaves the champion on duty: nothing here promotes.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from prefect import flow

from flows.forecasters import Forecaster, Frozen, Recipe, competitors
from flows.steps import step
from riskwatch import __version__
from riskwatch.audit.reports import Reports
from riskwatch.audit.truth_given import TruthGiven
from riskwatch.core.clock import SystemClock, from_us
from riskwatch.core.errors import StoreError
from riskwatch.core.scores import FloatArray, GateVerdict
from riskwatch.desk import Desk, Place
from riskwatch.learn.candidate import Candidate, Measured, Provenance
from riskwatch.learn.gate_words import without_truth
from riskwatch.learn.labels import LabelsFile, load_labels
from riskwatch.learn.performance import Forecast, PerformanceGate, differences
from riskwatch.learn.plots import plot_all
from riskwatch.learn.skill import Judgement, skill_of
from riskwatch.learn.skops_members import dump_member
from riskwatch.learn.training_set import TrainingSet, build_training_set
from riskwatch.learn.verdict_labels import judged_alerts
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import duty_log_odds, joined_log_odds
from riskwatch.store.codec import canonical
from riskwatch.store.ledger import Kept
from riskwatch.store.snapshots import Snapshots
from riskwatch.succession import Succession
from riskwatch.trial import Asked, asked, fairness
from riskwatch.workspace import find_workspace, resolve

FOLDS = 4
CHAMPION = "champion"
_EXAMPLE_ROWS = 8

Tell = Callable[..., None]
_log = logging.getLogger("riskwatch.train")


@dataclass(frozen=True, slots=True)
class Held:
    """What every competitor said of the rows that it was not trained on, fold by fold, put together."""

    rows: TrainingSet
    said: Mapping[str, FloatArray]

    @property
    def outcome(self) -> Judgement:
        """The rows as outcomes to be forecast."""
        return Judgement(
            self.rows.column("outcome").astype(bool),
            self.rows.column("weight").astype(np.float64),
            self.rows.column("decided_at_us"),
        )

    @property
    def started(self) -> Any:
        """[n] whether nothing was in progress: there, an outcome is an onset."""
        return ~self.rows.column("in_progress").astype(bool)


@flow(name="retrain", log_prints=False, persist_result=False, validate_parameters=False)
def retrain(
    store: str,
    workspace: str | None = None,
    url: str | None = None,
    tell: Any = None,
    truth: Mapping[str, Any] | None = None,
) -> Any:
    """Train, compare, judge and register a candidate over one store; returns it as it is kept.

    `truth` is a `TruthGiven` as plain values (kind, path, partition, complete): what really happened, for
    the fairness gate. Without it that gate has not enough evidence.
    """
    desk = opened(store, workspace, url)
    question = step(asked, desk, TruthGiven.model_validate(dict(truth))) if truth else None
    return train_on(step(training_set, desk), desk, tell or _logged, question)


def train_on(rows: TrainingSet, desk: Desk, say: Tell, question: Asked | None = None) -> Kept:
    """Everything behind the training set."""
    succession = Succession(desk)
    say("rows", n=rows.table.num_rows, outcomes=int(rows.column("outcome").sum()))
    champion = succession.champion()
    world = desk.settings.world
    places = len(world.tree) * len(world.registry.signatures)
    held = step(cross_validate, rows, champion.document, places, say)
    metrics = step(measure, held)
    winner = step(best, held)
    say("winner", name=winner, skill=str(metrics[winner]["brier_skill"]))
    fitted = {name: step(fit, name, rows) for name in competitors() if name == winner or _kept(name)}
    document = bundle_document(fitted[winner], winner, champion.document, rows)
    verdicts = {"skill": step(judge, held, winner, document["version"], champion.version)}
    if question:
        say("rehearsal", version=document["version"])
    verdicts["fairness"] = step(judge_fairness, desk, document, champion.document, question)
    for gate, verdict in verdicts.items():
        say("verdict", gate=gate, decision=str(verdict.decision), why=verdict.why)
    with tempfile.TemporaryDirectory() as made:
        files = step(artifacts, held, winner, fitted, desk, Path(made))
        candidate = described(document, rows, desk, metrics, verdicts, files)
        kept: Kept = step(register, succession, candidate)
    say("registered", version=kept.version)
    return kept


def opened(store: str, workspace: str | None, url: str | None) -> Desk:
    """The desk of a store that is there already."""
    root = find_workspace({"RISKWATCH_WORKSPACE": workspace} if workspace else {}, Path.cwd())
    return Desk.open(Place(root, Path(store).resolve(), url), SystemClock())


def training_set(desk: Desk) -> TrainingSet:
    """The rows that a bundle is asked about: those with surprise in any window."""
    spec: LabelsFile = load_labels(desk.place.root)
    rows = build_training_set(
        desk.feature_log(), spec.labels, spec.sample, judged=judged_alerts(desk.alerts)
    )
    asked = np.flatnonzero((rows.features[:, :-1] > 0).any(axis=1))
    found = rows.take(asked)
    if not found.column("outcome").any():
        raise StoreError(
            f"{desk.place.home}: none of {len(asked)} rows has the outcome; let the store see more days"
        )
    return found


def cross_validate(rows: TrainingSet, champion: Mapping[str, Any], places: int, tell: Tell) -> Held:
    """Every competitor and the champion on each fold in turn, fitted on what was known before it.

    The champion answers as it does on duty, on a desk of so many areas times signatures.
    """
    bundle = Bundle.model_validate(champion)
    members = bundle.build(resolve)
    line: dict[str, Forecaster] = {
        CHAMPION: Frozen(partial(duty_log_odds, members, bundle.prior, places)),
        **competitors(),
    }
    tests, said = [], {name: [] for name in line}
    for n, split in enumerate(rows.splits(FOLDS), 1):
        train, test = rows.take(split.train), rows.take(split.test)
        if len(np.unique(train.column("outcome"))) < 2:
            continue
        tell("fold", n=n, of=FOLDS, train=len(split.train), test=len(split.test))
        for name, forecaster in line.items():
            said[name].append(forecaster.fit(train).likelihood(test))
        tests.append(split.test)
    if not tests:
        raise StoreError("no fold has both outcomes to learn from; let the store see more days")
    return Held(rows.take(np.concatenate(tests)), {n: np.concatenate(v) for n, v in said.items()})


def measure(held: Held) -> dict[str, dict[str, Measured]]:
    """Skill of each for outcomes, and for onsets alone."""
    outcome, started = held.outcome, held.started
    found = {}
    for name, likelihood in held.said.items():
        onset = skill_of(likelihood[started], outcome.where(started))
        found[name] = skill_of(likelihood, outcome) | {f"onset_{k}": v for k, v in onset.items()}
    return found


def best(held: Held) -> str:
    """The plainest recipe that can be on duty, unless a less plain one surely has more Brier skill."""
    able = [n for n, c in competitors().items() if isinstance(c, Recipe) and c.promotable]
    rows, chosen = held.outcome, able[0]
    for name in able[1:]:
        mine, other = (Forecast(n, held.said[n], rows) for n in (name, chosen))
        gain = differences(mine, other)["brier_skill"]
        if gain.low is not None and gain.low > 0:
            chosen = name
    return chosen


def fit(name: str, rows: TrainingSet) -> Forecaster:
    """One competitor on all rows."""
    fitted: Forecaster = competitors()[name].fit(rows)
    return fitted


def judge(held: Held, winner: str, version: str, champion: str) -> GateVerdict:
    """The performance gate on the rows that were held out."""
    rows = held.outcome
    return PerformanceGate().decide(
        Forecast(version, held.said[winner], rows), Forecast(champion, held.said[CHAMPION], rows)
    )


def judge_fairness(
    desk: Desk, candidate: Mapping[str, Any], champion: Mapping[str, Any], question: Asked | None
) -> GateVerdict:
    """The fairness gate on the store's own records, replayed with the candidate; its report is kept."""
    mine, theirs = (Bundle.model_validate(document) for document in (candidate, champion))
    if question is None:
        return without_truth()
    tried = fairness(desk, mine, theirs, question)
    Reports(desk.place.home).keep(tried.document)
    return tried.verdict


def bundle_document(
    fitted: Forecaster, name: str, champion: Mapping[str, Any], rows: TrainingSet
) -> dict[str, Any]:
    """The bundle of a fitted recipe: its numbers, and a version that names its days and its content."""
    assert isinstance(fitted, Recipe)  # noqa: S101 - `best` chooses no other
    since, until = (from_us(at).date() for at in rows.window_us)
    content: dict[str, Any] = {
        "fitted": f"{rows.table.num_rows} rows of {since} to {until}, training set {rows.hash}",
        "reads": champion["reads"],
        "verdicts": champion["verdicts"],
        "members": {name: {"uses": fitted.uses, "weight": 1.0, "frozen": fitted.model.numbers()}},
    }
    digest = hashlib.sha256(canonical(content).encode()).hexdigest()[:8]
    version = f"{until:%Y.%m.%d}-{digest}"
    content["members"][name]["version"] = version
    document = Bundle.model_validate({"version": version, **content})
    return document.model_dump(mode="json")


def artifacts(
    held: Held, winner: str, fitted: Mapping[str, Forecaster], desk: Desk, folder: Path
) -> dict[str, Path]:
    """Plots, fitted models for comparison as skops, and what the verdict memory has learnt, as JSON."""
    shown = {f"candidate ({winner})": held.said[winner], CHAMPION: held.said[CHAMPION]}
    files = plot_all(shown, held.outcome, folder)
    for name, forecaster in fitted.items():
        if name != winner and isinstance(forecaster, Recipe):
            files[f"members/{name}.skops"] = folder / f"{name}.skops"
            dump_member(forecaster.model, folder / f"{name}.skops")
    saved = Snapshots(desk.database, desk.place.home).newest()  # the engine itself may be running
    memory = folder / "verdicts_learnt.json"
    memory.write_text(canonical(saved[1]["verdicts"] if saved else {}), encoding="utf-8")
    return files | {"verdicts_learnt.json": memory}


def described(
    document: Mapping[str, Any],
    rows: TrainingSet,
    desk: Desk,
    metrics: Mapping[str, Mapping[str, Measured]],
    verdicts: Mapping[str, GateVerdict],
    files: Mapping[str, Path],
) -> Candidate:
    """The candidate with its example, where it comes from, and how good it was."""
    place = np.linspace(0, rows.table.num_rows - 1, _EXAMPLE_ROWS).astype(np.int64)
    example = rows.take(place).features
    log_odds = joined_log_odds(Bundle.model_validate(document).build(resolve), example)
    since, until = rows.window_us
    features = {n: s.model_dump(mode="json") for n, s in desk.settings.features.items()}
    provenance = Provenance(
        features_sha256=hashlib.sha256(canonical([features, rows.feature_names]).encode()).hexdigest(),
        config_sha256=desk.settings.config_hash,
        labels_sha256=rows.labels.hash,
        data_from_us=since,
        data_until_us=until,
        rows=rows.table.num_rows,
        git_sha=git_sha(desk.place.root),
        riskwatch=__version__,
    )
    return Candidate(document, rows.feature_names, example, log_odds, provenance, metrics, verdicts, files)


def register(succession: Succession, candidate: Candidate) -> Kept:
    """With MLflow and the store; it is on duty only when a person promotes it."""
    return succession.register(candidate)


def git_sha(root: Path) -> str:
    """The commit of the workspace, with a mark if files differ from it; "none" outside a checkout."""
    try:
        asked = ("git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
        done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return done.stdout.strip()


def _kept(name: str) -> bool:
    """Whether a competitor is fitted on all rows, to be kept beside the candidate."""
    return isinstance(competitors()[name], Recipe)


def _logged(key: str, **values: Any) -> None:
    _log.info("%s %s", key, values)
