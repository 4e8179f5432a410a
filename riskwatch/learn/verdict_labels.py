"""Verdicts of the desk as labels: joined to the rows of the area, signature and time their alert was up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from riskwatch.core.alerts import AlertKind, Reason
from riskwatch.store.alerts import AlertStore


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert with a verdict: where, from when to when it was up, what was said and when."""

    area: str
    signature: str
    from_us: int
    until_us: int
    verdict: str
    at_us: int


def judged_alerts(alerts: AlertStore) -> tuple[Judged, ...]:
    """Every risk alert that the desk closed, by the instant of its verdict; drills are none of them."""
    found = []
    for alert in alerts.find(everything=True, kind=AlertKind.RISK):
        if alert.verdict is None:
            continue
        changes = alerts.changes(alert.id)
        closed = next(c.at_us for c in changes if c.alert.verdict is not None)
        cleared = [c.at_us for c in changes if c.reason is Reason.CLEARED]
        until = min([*cleared[-1:], closed])
        found.append(
            Judged(alert.area, alert.signature, alert.opened_at_us, until, str(alert.verdict), closed)
        )
    return tuple(sorted(found, key=lambda j: (j.at_us, j.area, j.signature)))


def joined(table: pa.Table, judged: tuple[Judged, ...], as_of_us: int | None) -> pa.Table:
    """The table with a column `verdict`; one that was given after `as_of_us` is not known yet."""
    said = np.full(table.num_rows, None, dtype=object)
    if judged and table.num_rows:
        decided = table.column("decided_at_us").to_numpy()
        area = table.column("area").cast(pa.string()).to_numpy(zero_copy_only=False)
        signature = table.column("signature").cast(pa.string()).to_numpy(zero_copy_only=False)
        for one in judged:
            if as_of_us is not None and one.at_us > as_of_us:
                continue
            up = (decided >= one.from_us) & (decided <= one.until_us)
            said[up & (area == one.area) & (signature == one.signature)] = one.verdict
    return table.append_column("verdict", pa.array(said, pa.string()))
