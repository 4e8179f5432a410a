"""Differentiated rules: kinds of terrain or service whose bounds differ, each with its justification."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from riskwatch.alert.attention_rules import AttentionRule
from riskwatch.alert.rules import AlertRules, Kind
from riskwatch.core.areas import AreaTree
from riskwatch.core.errors import Fault
from riskwatch.core.indicators import IndicatorRegistry


class RulesByPlace:
    """The rules of each area and signature: those of the first kind that fits, else the common ones."""

    def __init__(self, rules: AlertRules, tree: AreaTree) -> None:
        self._rules, self._tree = rules, tree
        self._kinds = [(kind, rules.of_kind(name)) for name, kind in rules.kinds.items()]
        self.of = cache(self._find)

        common = {"": rules.attention} if rules.attention else {}
        own = {name: kind.attention for name, kind in rules.kinds.items() if kind.attention}
        self.accounts: Mapping[str, AttentionRule] = common | own
        self.account = cache(self._account)

    @property
    def floor(self) -> float:
        """The least likelihood that is graded anywhere."""
        return min([self._rules.floor, *(mine.floor for _, mine in self._kinds)])

    def _account(self, area: str, signature: str) -> str:
        """The kind whose ceilings an alert counts against, '' for those of everywhere."""
        kinds = self._rules.kinds.items()
        mine = next((name for name, kind in kinds if fits(kind, self._tree, area, signature)), "")
        return mine if mine in self.accounts else ""

    def _find(self, area: str, signature: str) -> AlertRules:
        fitting = (mine for kind, mine in self._kinds if fits(kind, self._tree, area, signature))
        return next(fitting, self._rules)


def fits(kind: Kind, tree: AreaTree, area: str, signature: str) -> bool:
    """Whether an alert is of a kind: what the kind does not name does not narrow it."""
    return (
        (not kind.under or any(code in kind.under for code in tree.line(area)))
        and (not kind.levels or tree[area].level in kind.levels)
        and (not kind.signatures or signature in kind.signatures)
    )


def kind_faults(tree: AreaTree, registry: IndicatorRegistry, rules: AlertRules) -> list[Fault]:
    """Areas, administrative levels and signatures that a kind names and nobody listed."""
    faults = []
    known = {
        "under": set(tree.codes),
        "levels": {area.level for area in tree.areas},
        "signatures": set(registry.signature_index),
    }
    for name, kind in rules.kinds.items():
        for key, there in known.items():
            for value in getattr(kind, key):
                if value not in there:
                    near = ", ".join(sorted(there)[:8])
                    where, what = f"kinds.{name}.{key}", f"'{value}' is unknown"
                    faults.append(Fault("alerts.yaml", where, what, f"use one of {near}"))
    return faults
