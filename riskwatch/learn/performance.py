"""The performance gate: a candidate is worse, no worse, or the record cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskwatch.core.scores import FloatArray, GateDecision, GateVerdict
from riskwatch.learn.candidate import Measured
from riskwatch.learn.skill import Judgement, Tables, draws, interval

MARGIN = {"brier_skill": 0.01, "average_precision": 0.02}
"""How much worse still is no worse: a hundredth of the base rate's error, two hundredths of precision."""

_FEW_WEEKS = 8
_FEW_OUTCOMES = 50


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one bundle said of rows that it was not trained on: [n] likelihoods."""

    version: str
    likelihood: FloatArray
    rows: Judgement


class PerformanceGate:
    """Pass if the candidate is no worse by either measure, fail if it surely is, else not enough evidence.

    Differences are paired and drawn by whole weeks. "No worse" is judged against `MARGIN`: the
    95% interval of the difference lies above minus the margin. "Surely worse": it lies below 0.
    """

    def decide(self, candidate: Forecast, champion: Forecast) -> GateVerdict:
        """Compare two forecasts of the same rows."""
        rows = candidate.rows
        weeks, outcomes = int(rows.block.max(initial=-1)) + 1, int(rows.outcome.sum())
        if weeks < _FEW_WEEKS or outcomes < _FEW_OUTCOMES:
            return GateVerdict(
                GateDecision.NOT_ENOUGH_EVIDENCE,
                f"{outcomes} outcomes in {weeks} weeks; it takes {_FEW_OUTCOMES} in {_FEW_WEEKS}",
            )
        found = differences(candidate, champion)
        told = ", ".join(f"{name.replace('_', ' ')} {m}" for name, m in found.items())
        why = f"{candidate.version} against {champion.version} over {weeks} weeks: {told}"
        worse = [n for n, m in found.items() if m.high is not None and m.high < 0]
        sure = [n for n, m in found.items() if m.low is not None and m.low >= -MARGIN[n]]
        if worse:
            return GateVerdict(GateDecision.FAIL, f"{why}; worse by {', '.join(worse)}".replace("_", " "))
        if len(sure) == len(found):
            return GateVerdict(GateDecision.PASS, f"{why}; no worse")
        return GateVerdict(GateDecision.NOT_ENOUGH_EVIDENCE, f"{why}; it may be worse")


def differences(candidate: Forecast, champion: Forecast) -> dict[str, Measured]:
    """Candidate minus champion, by measure, with intervals of the paired difference."""
    mine = Tables.of(candidate.likelihood, candidate.rows)
    theirs = Tables.of(champion.likelihood, champion.rows)
    times = draws(len(mine.loss))
    return {
        "brier_skill": interval(mine.brier_skill(times) - theirs.brier_skill(times)),
        "average_precision": interval(
            np.asarray(mine.average_precision(times) - theirs.average_precision(times))
        ),
    }
