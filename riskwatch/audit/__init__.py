"""Audit: fairness, verification of the record, backtest and reports build on the store from here."""
