"""Prefect flows: retrain, backtest, fairness audit, drift; offline and quiet before Prefect is imported."""

import os

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
"""What a person has set already is left as it is."""

for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
