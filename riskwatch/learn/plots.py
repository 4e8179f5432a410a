"""Plots of a candidate: reliability, and precision against recall, as small PNG files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from riskwatch.core.errors import MissingExtra
from riskwatch.core.scores import FloatArray
from riskwatch.learn.skill import Judgement

_SIZE_IN, _DPI = (4.0, 3.2), 90
_BINS = np.array([0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])


def plot_all(said: Mapping[str, FloatArray], rows: Judgement, folder: Path) -> dict[str, Path]:
    """`plots/reliability.png` and `plots/precision_recall.png` of likelihoods [n] by name."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, draw in (("reliability", _reliability), ("precision_recall", _precision_recall)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fonts and backends of the machine
            figure, axes = _figure()
            for model, likelihood in said.items():
                draw(axes, model, likelihood, rows)
            axes.legend(fontsize=7, frameon=False)
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=_DPI, metadata={"Software": None}, bbox_inches="tight")
        found[f"plots/{name}.png"] = path
    return found


def _figure() -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtra("the plots of a candidate", "analyst") from None
    figure = Figure(figsize=_SIZE_IN)
    return figure, figure.add_subplot()


def _reliability(axes: Any, name: str, likelihood: FloatArray, rows: Judgement) -> None:
    cell = np.clip(np.searchsorted(_BINS, likelihood, side="right") - 1, 0, len(_BINS) - 2)
    n = len(_BINS) - 1
    weight = np.bincount(cell, rows.weight, n)
    kept = weight > 0
    stated = np.bincount(cell, rows.weight * likelihood, n)[kept] / weight[kept]
    true = np.bincount(cell, rows.weight * rows.outcome, n)[kept] / weight[kept]
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=0.8)
    axes.plot(stated, true, marker="o", markersize=3, linewidth=1, label=name)
    axes.set(xlabel="stated likelihood", ylabel="came true")


def _precision_recall(axes: Any, name: str, likelihood: FloatArray, rows: Judgement) -> None:
    order = np.argsort(-likelihood, kind="stable")
    right = np.cumsum((rows.weight * rows.outcome)[order])
    seen = np.cumsum(rows.weight[order])
    at = np.unique(np.geomspace(1, len(order), 400).astype(np.int64)) - 1
    axes.plot(right[at] / right[-1], right[at] / seen[at], linewidth=1, label=name)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
