"""Settings: every config of a workspace that a store needs, validated at the door, all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from riskwatch.alert.desk_faults import desk_faults
from riskwatch.alert.desk_rules import DeskRules
from riskwatch.alert.kinds import kind_faults
from riskwatch.alert.maintenance import MaintenanceFile
from riskwatch.alert.release_rules import ReleaseRules
from riskwatch.alert.rules import AlertRules
from riskwatch.core.area_file import load_areas
from riskwatch.core.areas import AreaTree
from riskwatch.core.calendar import together
from riskwatch.core.calendar_file import load_calendar
from riskwatch.core.clock import HOUR_US, MINUTE_US
from riskwatch.core.config_folder import ConfigFolder
from riskwatch.core.documents import Document, read_document, read_optional
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.core.indicator_file import load_indicators
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.panels import TickGrid
from riskwatch.core.retention import RetentionRules
from riskwatch.core.scores import World
from riskwatch.core.sends import Planner
from riskwatch.deliver.planner import RoutePlanner
from riskwatch.deliver.publisher import Publisher
from riskwatch.deliver.receivers import FILE as RECEIVERS
from riskwatch.deliver.receivers import ReceiversFile, load_receivers
from riskwatch.deliver.route_faults import unreachable_receivers
from riskwatch.deliver.routes import load_routes
from riskwatch.ingest.mapping import SourceMapping, load_mapping, mapping_faults
from riskwatch.ingest.rules import IngestRules
from riskwatch.score.bundle import Bundle

TICK_MIN = 15

T = TypeVar("T")
OPERATING = (RECEIVERS, "ingest.yaml", "retention.yaml")
"""Files that change no alert, and so are no part of the hash that alerts carry."""


class FeatureSpec(Document):
    """One extractor: its class and the arguments it is made with."""

    uses: str = Field(pattern=r"^[a-z_][\w.]*:[A-Z]\w*$")
    given: Mapping[str, Any] = {}


class FeaturesFile(Document):
    """`configs/features.yaml`: the extractors by name, and whether what they say is logged."""

    log: bool = True
    features: dict[str, FeatureSpec] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one store runs on; `config_hash` names exactly these files."""

    root: Path
    world: World
    mappings: Mapping[str, SourceMapping]
    features: Mapping[str, FeatureSpec]
    bundle: Bundle
    rules: AlertRules
    config_hash: str
    desk: DeskRules = field(default_factory=DeskRules)
    maintenance: MaintenanceFile = field(default_factory=MaintenanceFile)
    release: ReleaseRules = field(default_factory=ReleaseRules)
    receivers: ReceiversFile = field(default_factory=ReceiversFile)
    feature_log: bool = True
    ingest: IngestRules = field(default_factory=IngestRules)
    retention: RetentionRules = field(default_factory=RetentionRules)


def load_settings(
    root: Path, sources: Sequence[str], *, today: date, overlay: Path | None = None
) -> Settings:
    """Load what these sources need; raises ConfigError with every fault of every file."""
    configs = ConfigFolder(root, overlay)
    faults: list[Fault] = []

    def read(load: Callable[[Path, str], T], file: str) -> T | None:
        try:
            return load(configs.where(file) if file in OPERATING else configs.path(file), file)
        except ConfigError as error:
            faults.extend(error.faults)
            return None

    found = {s: read(lambda p, f: _mapping(configs, p, f), f"sources/{s}.yaml") for s in sources}
    mappings = {s: m for s, m in found.items() if m}
    features = read(lambda p, f: read_document(p, FeaturesFile, f), "features.yaml")
    bundle = read(lambda p, f: read_document(p, Bundle, f), "bundle.yaml")
    rules = read(lambda p, f: read_document(p, AlertRules, f), "alerts.yaml")
    desk = read(lambda p, f: read_optional(p, DeskRules, f), "desk.yaml")
    maintenance = read(lambda p, f: read_optional(p, MaintenanceFile, f), "maintenance.yaml")
    release = read(lambda p, f: read_optional(p, ReleaseRules, f), "release.yaml")
    receivers = read(lambda p, _: load_receivers(p), RECEIVERS) or ReceiversFile()
    trees: dict[str, AreaTree | None] = {}
    registries: dict[str, IndicatorRegistry | None] = {}
    for m in mappings.values():
        if m.areas not in trees:
            trees[m.areas] = read(load_areas, m.areas)
        if m.indicators not in registries:
            registries[m.indicators] = read(lambda p, f: load_indicators(p, f, today), m.indicators)
    ingest = read(lambda p, f: read_optional(p, IngestRules, f), "ingest.yaml")
    retention = read(lambda p, f: read_optional(p, RetentionRules, f), "retention.yaml")
    faults += _differing(mappings)
    if features and bundle and bundle.reads not in features.features:
        fix = f"use one of {', '.join(features.features)}"
        faults.append(Fault("bundle.yaml", "reads", f"'{bundle.reads}' is not a feature", fix))
    faults += _unknown_names(mappings, trees, registries)
    if faults or not (features and bundle and rules and mappings and desk and maintenance and release):
        raise ConfigError(faults)
    first = next(iter(mappings.values()))
    tree, registry = trees[first.areas], registries[first.indicators]
    if tree is None or registry is None:  # then a fault was raised above
        raise ConfigError(faults)
    faults += kind_faults(tree, registry, rules)
    faults += desk_faults(tree, registry, desk, maintenance, release)
    named = sorted({m.calendar for m in mappings.values() if m.calendar})
    calendars = [read(partial(load_calendar, tree=tree, registry=registry), name) for name in named]
    if faults:
        raise ConfigError(faults)
    lateness = max(m.lateness_min for m in mappings.values())
    world = World(
        tree=tree,
        registry=registry,
        grid=TickGrid(tick_us=TICK_MIN * MINUTE_US, lateness_us=lateness * MINUTE_US),
        timezone=first.season_timezone,
        calendar=together(c for c in calendars if c),
        reports_every_us=_reports_every_us(mappings),
    )
    return Settings(
        root,
        world,
        mappings,
        features.features,
        bundle,
        rules,
        configs.digest(),
        desk,
        maintenance,
        release,
        receivers,
        features.log,
        ingest or IngestRules(),
        retention or RetentionRules(),
    )


def load_planner(root: Path, overlay: Path | None, settings: Settings) -> Planner:
    """Who is told of what, apart from what the engine runs on: routes.yaml changes no alert."""
    routes = load_routes(ConfigFolder(root, overlay).path("routes.yaml"), "routes.yaml")
    faults = unreachable_receivers(routes, settings.receivers.receivers)
    if faults:
        raise ConfigError(faults)
    return RoutePlanner(routes, settings.world)


def load_publisher(root: Path, overlay: Path | None = None) -> Publisher:
    """Who publishes, apart from what the engine runs on: a change of it changes no alert."""
    return read_document(ConfigFolder(root, overlay).path("publisher.yaml"), Publisher, "publisher.yaml")


def _mapping(configs: ConfigFolder, path: Path, file: str) -> SourceMapping:
    if not path.is_file():
        known = ", ".join(Path(n).stem for n in configs.names("sources")) or "none yet"
        raise ConfigError([Fault(file, "", "does not exist", f"known sources are: {known}")])
    return load_mapping(path, file)


def _reports_every_us(mappings: Mapping[str, SourceMapping]) -> dict[str, int]:
    """By source how often it speaks at least; the longest that any mapping says of it."""
    found: dict[str, int] = {}
    for mapping in mappings.values():
        if mapping.reports_every_h is not None:
            every_us = round(mapping.reports_every_h * HOUR_US)
            for source in mapping.brings or ():
                found[source] = max(every_us, found.get(source, 0))
    return found


def _unknown_names(
    mappings: Mapping[str, SourceMapping],
    trees: Mapping[str, AreaTree | None],
    registries: Mapping[str, IndicatorRegistry | None],
) -> list[Fault]:
    """Areas and indicators that a mapping names and nobody listed."""
    faults = []
    for name, mapping in mappings.items():
        tree, registry = trees[mapping.areas], registries[mapping.indicators]
        if tree and registry:
            file = f"sources/{name}.yaml"
            index, gauges = registry.index, registry.gauges
            faults += mapping_faults(mapping, areas=tree.index, indicators=index, gauges=gauges, file=file)
    return faults


def _differing(mappings: Mapping[str, SourceMapping]) -> list[Fault]:
    """Sources of one store share areas, indicators and the zone of their seasons."""
    faults = []
    kept = next(iter(mappings.values()), None)
    for name, mapping in mappings.items():
        for key in ("areas", "indicators", "season_timezone"):
            mine, first = getattr(mapping, key), getattr(kept, key)
            if mine != first:
                faults.append(
                    Fault(
                        f"sources/{name}.yaml",
                        key,
                        f"'{mine}' is not the '{first}' of the store's other sources",
                        "give them the same, or a store of its own with --store DIR",
                    )
                )
    return faults
