"""Prefect flows: retrain, backtest, fairness audit, drift."""
