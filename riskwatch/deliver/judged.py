"""How often alerts of a signature were right, from the verdicts of the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from riskwatch.core.alerts import Alert, AlertKind, Verdict

RIGHT = (Verdict.TRUE, Verdict.ALREADY_KNOWN, Verdict.AVERTED)
WRONG = (Verdict.FALSE, Verdict.PLANNED)
"""A duplicate or one that cannot be told says nothing about whether such alerts are right."""


def records(closed: Iterable[Alert]) -> Mapping[str, tuple[int, int]]:
    """By signature: how many risk alerts were right, of how many judged."""
    counted: dict[str, tuple[int, int]] = {}
    for alert in closed:
        if alert.kind is not AlertKind.RISK or alert.verdict not in (*RIGHT, *WRONG):
            continue
        right, judged = counted.get(alert.signature, (0, 0))
        counted[alert.signature] = (right + (alert.verdict in RIGHT), judged + 1)
    return counted
