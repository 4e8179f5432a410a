"""Signals: one file each, named in `configs/features.yaml`."""
