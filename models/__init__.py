"""Recipes: one file each, named in `configs/bundle.yaml`."""

ON_DUTY = {"models.surprise_odds:SurpriseOdds": "models.surprise_terms:SurpriseTerms"}
"""Estimators whose frozen numbers a lighter class answers by, so that scoring imports no scikit-learn."""
