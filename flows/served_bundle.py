"""What MLflow runs to serve a registered bundle: its numbers from JSON, its members from the workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import joined_log_odds
from riskwatch.workspace import resolve


class ServedBundle(PythonModel):  # type: ignore[misc] # mlflow has no types
    """Log-odds of the outcome for rows of [surprise of each window, size]."""

    def load_context(self, context: Any) -> None:
        """Build the members of the bundle's frozen numbers."""
        document = json.loads(Path(context.artifacts["bundle"]).read_text(encoding="utf-8"))
        self._members = Bundle.model_validate(document).build(resolve)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        """[n] log-odds."""
        return joined_log_odds(self._members, model_input.to_numpy(dtype=float))


set_model(ServedBundle())
