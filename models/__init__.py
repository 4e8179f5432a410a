"""Recipes: one file each, named in `configs/bundle.yaml`."""
