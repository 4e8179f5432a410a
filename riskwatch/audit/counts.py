"""From matched rows to the count table that the gate and the intervals read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from riskwatch.audit.happenings import Outside
from riskwatch.audit.matching import Call, Hit, Matched, Places, match
from riskwatch.core.alerts import Alert
from riskwatch.core.areas import AreaTree
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.learn.group_counts import GroupCell, GroupCounts

By = Callable[[Hit | Call], str]


def week_of(row: Hit | Call) -> str:
    """The week block of a row: `w007`."""
    return f"w{row.week:03d}"


def cluster_of(row: Hit | Call) -> str:
    """The area block of a row."""
    return row.cluster


def count_table(matched: Matched, block: By = week_of) -> GroupCounts:
    """Groups x blocks of matched rows; alerts that nobody can judge are counted as alerts, not as false."""
    cells = [GroupCell(h.group, block(h), incidents=1, detected=int(h.detected)) for h in matched.hits] + [
        GroupCell(c.group, block(c), alerts=1, false_alerts=int(c.right is False)) for c in matched.calls
    ]
    weeks = [f"w{w:03d}" for w in range(matched.weeks)] if block is week_of else []
    blocks = sorted({c.block for c in cells} | set(weeks)) or ["w000"]
    for group, exposure in matched.exposure.items():
        months = exposure.months / len(blocks)
        cells += [
            GroupCell(
                group, b, area_months=months * exposure.areas, person_months=months * (exposure.people or 0)
            )
            for b in blocks
        ]
    return GroupCounts.from_cells(cells, groups=list(matched.exposure))


def gate_evidence(
    alerts: Sequence[Alert],
    outside: Outside,
    tree: AreaTree,
    registry: IndicatorRegistry,
    *,
    group_key: str,
) -> GroupCounts:
    """The gate's evidence: the alerts of a bundle against outside truth, by the groups of a partition."""
    return count_table(match(alerts, outside, Places(tree, group_key), registry))
