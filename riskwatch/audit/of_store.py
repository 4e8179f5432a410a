"""What an audit takes from a store: its shown risk alerts, the span it has decided, its versions."""

from __future__ import annotations

from riskwatch import __version__
from riskwatch.audit.fairness import Audited, Provenance
from riskwatch.core.alerts import AlertKind
from riskwatch.core.errors import StoreError
from riskwatch.core.scores import World
from riskwatch.store.alerts import AlertStore


def audited(store: AlertStore, world: World) -> Audited:
    """The shown risk alerts of a store, open or ended, with its places and indicators."""
    alerts = store.find(everything=True, kind=AlertKind.RISK, shown_only=True)
    return Audited(alerts, world.tree, world.registry)


def provenance_of(found: Audited, config_hash: str) -> Provenance:
    """The configuration, every bundle that raised one of the alerts, and this code."""
    bundles = {"; ".join(f"{name} {version}" for name, version in a.model_versions) for a in found.alerts}
    return Provenance(config_hash, " | ".join(sorted(bundles)), __version__)


def decided_span(store: AlertStore, tick_us: int) -> tuple[int, int]:
    """From the start of the first decided tick to the end of the last; raises StoreError before any."""
    standing = store.standing()
    if standing is None or standing.last_tick_us is None:
        raise StoreError("the store has decided nothing yet; replay records into it first")
    return standing.last_tick_us - standing.ticks * tick_us, standing.last_tick_us
