"""Shares by group as `fairlearn.metrics.MetricFrame` computes them, from matched rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from riskwatch.audit.matching import Call, Hit
from riskwatch.core.errors import MissingExtra


def shares_by(
    hits: Sequence[Hit], calls: Sequence[Call], key: Callable[[Hit | Call], str]
) -> dict[str, dict[str, float]]:
    """By key: `detection`, and of alerts that can be judged `precision` and `calibration`.

    Detection is the recall over happenings. Precision is that of alerts. Calibration is the stated
    likelihood less the share that was right. A key without rows is absent: nothing is no zero.
    Raises MissingExtra where fairlearn is not installed.
    """
    try:
        from fairlearn.metrics import MetricFrame
        from sklearn.metrics import precision_score, recall_score
    except ImportError:
        raise MissingExtra("audit fairness", "analyst") from None

    def stated_too_much(y_true: Any, y_pred: Any) -> float:
        return float(y_pred.mean() - y_true.mean())

    found: dict[str, dict[str, float]] = {}

    def put(frame: Any) -> None:
        for name, column in frame.by_group.items():
            for group, value in column.items():
                found.setdefault(str(group), {})[str(name)] = float(value)

    if hits:
        put(
            MetricFrame(
                metrics={"detection": recall_score},
                y_true=[1] * len(hits),
                y_pred=[int(h.detected) for h in hits],
                sensitive_features=[key(h) for h in hits],
            )
        )
    judged = [c for c in calls if c.right is not None]
    if judged:
        by, right = [key(c) for c in judged], [int(bool(c.right)) for c in judged]
        ones = [1] * len(judged)
        put(
            MetricFrame(
                metrics={"precision": precision_score}, y_true=right, y_pred=ones, sensitive_features=by
            )
        )
        stated = [c.likelihood for c in judged]
        frame = {"calibration": stated_too_much}
        put(MetricFrame(metrics=frame, y_true=right, y_pred=stated, sensitive_features=by))
    return found
