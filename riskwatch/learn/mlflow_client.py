"""MLflow, imported when it is first needed: offline, telemetry off, its chatter kept from the screen."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

from riskwatch.core.errors import MissingExtra

TELEMETRY = "MLFLOW_DISABLE_TELEMETRY"


def mlflow_module() -> Any:
    """The `mlflow` package; raises MissingExtra with the command that installs it."""
    os.environ[TELEMETRY] = "true"  # the literal: MLflow heeds no other word
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports, which nobody here can mend
        try:
            import mlflow
            import mlflow.pyfunc
            import mlflow.tracking
        except ModuleNotFoundError:
            raise MissingExtra("the model registry", "analyst") from None
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def client(uri: str) -> Any:
    """A client of one tracking store, which is its registry too."""
    mlflow = mlflow_module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its migrations
        return mlflow.tracking.MlflowClient(tracking_uri=uri, registry_uri=uri)
