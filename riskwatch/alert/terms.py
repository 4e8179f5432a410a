"""What an action is held against: the desk's rules, who may publish, and the area tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.release_rules import ReleaseRules
from riskwatch.core.alerts import Alert, AlertChange, Reason
from riskwatch.core.areas import AreaTree
from riskwatch.core.revised import revised

ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of one desk over one tree."""

    tree: AreaTree
    rules: DeskRules = field(default_factory=DeskRules)
    release: ReleaseRules = field(default_factory=ReleaseRules)


def changed(
    before: Alert, after: Alert, reason: Reason, at_us: int, *, actor: str = ENGINE, why: str = ""
) -> AlertChange:
    """The appended row: who, when, from, to, why; an alert's own time never turns back."""
    after = revised(after, updated_at_us=max(at_us, before.updated_at_us), revision=before.revision + 1)
    return AlertChange(after, reason, at_us, actor, before.state, why)
