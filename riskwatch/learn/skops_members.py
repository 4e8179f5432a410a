"""Fitted scikit-learn estimators as skops files: loaded only if every type in them is on our own list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskwatch.core.errors import MissingExtra
from riskwatch.learn.artifacts import ArtifactRefused

ALLOWED = frozenset(
    {
        "models.surge_boosting.SurgeBoosting",
        "models.surge_linear.SurgeLinear",
        "models.isolation.IsolationScore",
        "models.surprise_odds.SurpriseOdds",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
    }
)
"""Types beyond those that skops trusts by itself. What a file says of itself is never added to it."""


def dump_member(model: Any, path: Path) -> None:
    """Write a fitted estimator; raises ArtifactRefused at once if it could not be loaded again."""
    io = _skops()
    path.parent.mkdir(parents=True, exist_ok=True)
    io.dump(model, path)
    check_types(path)


def check_types(path: Path) -> None:
    """Refuse a file with a type that is not on the list; nothing of it is built for that."""
    unknown = sorted(set(_skops().get_untrusted_types(file=path)) - ALLOWED)
    if unknown:
        raise ArtifactRefused(
            f"{path}: holds the types {', '.join(unknown)}, which riskwatch does not load; "
            "leave the bundle, or look at where its file comes from"
        )


def load_member(path: Path) -> Any:
    """The estimator of a file whose hash was verified before; ArtifactRefused on an unknown type."""
    check_types(path)
    return _skops().load(path, trusted=sorted(ALLOWED))


def _skops() -> Any:
    try:
        import skops.io
    except ModuleNotFoundError:
        raise MissingExtra("a model in a skops file", "analyst") from None
    return skops.io
