"""The registry: candidates as MLflow model versions, each file's hash handed to the store's ledger.

MLflow keeps runs, metrics, plots and files; it verifies none of them and keeps no history of who
was champion. So the hashes and the promotions are the ledger's (`store/ledger.py`), and what
MLflow gives back is believed only after it was compared with them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riskwatch.learn.artifacts import hashes_of, verify
from riskwatch.learn.candidate import Candidate, verdict_document
from riskwatch.learn.mlflow_client import client, mlflow_module
from riskwatch.learn.skops_members import check_types

NAME = "riskwatch-bundle"
_EXPERIMENT = "riskwatch"
_FOLDER = "bundle"
_TAG_CHARS = 5000  # MLflow takes no longer tag of a model version


@dataclass(frozen=True, slots=True)
class Registered:
    """Where MLflow keeps a candidate, and the SHA-256 of each of its files."""

    run_id: str
    number: str
    artifacts: Mapping[str, str]


class Registry:
    """One MLflow store: by default SQLite and a folder of artifacts under the store's `models/`."""

    def __init__(self, folder: Path, uri: str | None = None) -> None:
        self._folder, self._local = folder, uri is None
        self.uri = uri or f"sqlite:///{folder / 'mlflow.db'}"

    def register(self, candidate: Candidate, served: Path) -> Registered:
        """Log a run with all that belongs to the candidate and make it a model version.

        `served` is the file that MLflow runs to serve it (models from code, nothing pickled).
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        mlflow, store = mlflow_module(), client(self.uri)
        tags = {"version": candidate.version, **_texts(candidate.provenance.document())}
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made) / _FOLDER
            _write(candidate, folder)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas and hints inside MLflow
                _save_model(mlflow, candidate, folder, served)
                run = store.create_run(
                    self._experiment(store), run_name=candidate.version, tags=tags
                ).info.run_id
                for model, metrics in candidate.metrics.items():
                    for name, measured in metrics.items():
                        for part, value in asdict(measured).items():
                            if value is not None:
                                store.log_metric(run, f"{model}.{name}.{part}", value)
                hashes = hashes_of(folder)
                store.log_artifacts(run, str(folder), _FOLDER)
                number = self._version(store, run, tags | _verdict_tags(candidate))
                store.set_terminated(run)
        return Registered(run, number, hashes)

    def judged(self, number: str, gate: str, verdict: Mapping[str, Any]) -> None:
        """Tag a model version with what a gate says of it by now."""
        mlflow_module()
        store = client(self.uri)
        for key, value in _tags_of(gate, verdict).items():
            store.set_model_version_tag(NAME, number, key, value)

    def verdicts(self, number: str) -> dict[str, str]:
        """What MLflow has as tags of a model version's verdicts."""
        mlflow_module()
        tags = client(self.uri).get_model_version(NAME, number).tags
        return {key: value for key, value in tags.items() if key.startswith("verdict.")}

    def fetch(self, registered: Registered) -> Path:
        """The folder of a candidate's files, every hash and every type in it verified.

        Raises ArtifactRefused on a file that was changed, is missing, foreign, or holds an unknown
        type; nothing was loaded by then.
        """
        if self._local:  # found by its place, so that a store may be moved, and without MLflow
            folder = self._folder / "artifacts" / registered.run_id / "artifacts" / _FOLDER
        else:
            folder = Path(client(self.uri).download_artifacts(registered.run_id, _FOLDER))
        verify(folder, registered.artifacts)
        for path in sorted(folder.rglob("*.skops")):
            check_types(path)
        return folder

    def _experiment(self, store: Any) -> str:
        found = store.get_experiment_by_name(_EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        place = (self._folder / "artifacts").as_uri() if self._local else None
        return str(store.create_experiment(_EXPERIMENT, artifact_location=place))

    @staticmethod
    def _version(store: Any, run: str, tags: Mapping[str, str]) -> str:
        from mlflow.exceptions import MlflowException

        try:
            store.create_registered_model(NAME)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = store.create_model_version(
            NAME, source=f"runs:/{run}/{_FOLDER}/model", run_id=run, tags=dict(tags)
        )
        return str(made.version)


def _write(candidate: Candidate, folder: Path) -> None:
    """Everything but MLflow's own model folder."""
    folder.mkdir(parents=True)
    _json(folder / "bundle.json", dict(candidate.document))
    example = {
        "columns": list(candidate.columns),
        "rows": candidate.example.tolist(),
        "log_odds": candidate.log_odds.tolist(),
    }
    _json(folder / "example.json", example)
    _json(folder / "provenance.json", candidate.provenance.document())
    _json(
        folder / "metrics.json",
        {m: {n: asdict(v) for n, v in found.items()} for m, found in candidate.metrics.items()},
    )
    _json(folder / "verdicts.json", {n: verdict_document(v) for n, v in candidate.verdicts.items()})
    for name, path in candidate.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    for path in sorted(folder.rglob("*.skops")):
        check_types(path)


def _save_model(mlflow: Any, candidate: Candidate, folder: Path, served: Path) -> None:
    import pandas as pd

    example = pd.DataFrame(candidate.example, columns=list(candidate.columns))
    mlflow.pyfunc.save_model(
        str(folder / "model"),
        python_model=str(served),
        artifacts={"bundle": str(folder / "bundle.json")},
        signature=mlflow.models.infer_signature(example, candidate.log_odds),
        input_example=example,
        pip_requirements=["riskwatch"],  # without it MLflow spends seconds guessing
    )


def _verdict_tags(candidate: Candidate) -> dict[str, str]:
    found = (_tags_of(name, verdict_document(v)) for name, v in candidate.verdicts.items())
    return {key: value for tags in found for key, value in tags.items()}


def _tags_of(gate: str, verdict: Mapping[str, Any]) -> dict[str, str]:
    told = {"": verdict["decision"], ".why": verdict["why"], ".evidence": verdict.get("evidence", "")}
    return {f"verdict.{gate}{part}": str(value)[:_TAG_CHARS] for part, value in told.items() if value}


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
