"""What an alert goes beyond: the planned events that its evidence allows for, by name."""

from __future__ import annotations

from dataclasses import replace

from riskwatch.core.alerts import AlertChange
from riskwatch.core.clock import HOUR_US
from riskwatch.core.panels import Panel
from riskwatch.core.revised import revised
from riskwatch.core.scores import World


def plans_named(world: World, change: AlertChange, panel: Panel) -> AlertChange:
    """The change with the events named that shift what its contributions expect, if taken at this tick.

    A change whose evidence is of an earlier tick keeps the names of then.
    """
    alert, tree = change.alert, world.tree
    if alert.evidence_at_us != panel.decided_at_us:
        return change
    since_us = {
        world.registry.index[c.indicator]: panel.end_us - round(c.window_h * HOUR_US)
        for c in alert.contributions
    }
    mine = tree.index[alert.area]

    def near(area: int) -> bool:
        return mine in tree.paths[area] or area in tree.paths[mine]

    names = world.calendar.names(near, since_us, panel.end_us, panel.decided_at_us)
    return change if names == alert.planned else replace(change, alert=revised(alert, planned=names))
