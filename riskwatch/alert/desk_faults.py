"""What the desk's files say of each other: areas and signatures they name, windows that are too long."""

from __future__ import annotations

from datetime import timedelta

from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.maintenance import MaintenanceFile
from riskwatch.alert.release_rules import ReleaseRules
from riskwatch.core.areas import AreaTree
from riskwatch.core.errors import Fault
from riskwatch.core.indicators import IndicatorRegistry


def desk_faults(
    tree: AreaTree,
    registry: IndicatorRegistry,
    desk: DeskRules,
    maintenance: MaintenanceFile,
    release: ReleaseRules,
) -> list[Fault]:
    """Every fault that one file alone does not show."""
    faults = []
    longest = timedelta(days=desk.maintenance.longest_days)
    for name, window in maintenance.windows.items():
        where = f"windows.{name}"
        if window.area not in tree.index:
            faults.append(_unknown_area("maintenance.yaml", f"{where}.area", window.area))
        if window.signature is not None and window.signature not in registry.signature_index:
            known = ", ".join(registry.signature_index)
            what = f"signature '{window.signature}' is unknown"
            faults.append(Fault("maintenance.yaml", f"{where}.signature", what, f"use one of {known}"))
        if window.ends - window.starts > longest:
            what = f"lasts longer than {desk.maintenance.longest_days:g} days (desk.yaml, maintenance)"
            faults.append(Fault("maintenance.yaml", where, what, "end it sooner; it can be declared again"))
    levels = {area.level for area in tree.areas}
    for level in release.levels:
        if level not in levels:
            what = f"'{level}' is the level of no area"
            fix = f"use one of {', '.join(sorted(levels))}"
            faults.append(Fault("release.yaml", f"levels.{level}", what, fix))
    for n, approvers in enumerate(release.approvers):
        if approvers.area not in tree.index:
            faults.append(_unknown_area("release.yaml", f"approvers.{n}.area", approvers.area))
    return faults


def _unknown_area(file: str, where: str, area: str) -> Fault:
    return Fault(file, where, f"area '{area}' is unknown", "use a code of the areas file")
