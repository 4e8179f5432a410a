"""`riskwatch check`: holds the whole workspace against its rules and tells every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from riskwatch.cli.shell import Shell
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.workspace import enter_workspace, find_workspace, resolve

if TYPE_CHECKING:
    from riskwatch.alert.rules import AlertRules
    from riskwatch.core.scores import World
    from riskwatch.ingest.mapping import SourceMapping
    from riskwatch.score.bundle import Bundle
    from riskwatch.settings import FeaturesFile

T = TypeVar("T")


def check(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="check_json")] = False,
) -> None:
    """Validate every source, area, indicator, feature, bundle, rule, scenario, partition; 1 if faulty."""
    shell: Shell = ctx.obj
    root = find_workspace(shell.environ, shell.here)
    enter_workspace(root)
    inspection = Inspection(root, shell.clock.now().date())
    inspection.everything()
    faults = list(dict.fromkeys(inspection.faults))  # one that several sources share is told once
    for fault in faults:
        if as_json:
            shell.emit({"file": fault.file, "where": fault.where, "what": fault.what, "fix": fault.fix})
        else:
            shell.err.print(str(fault), markup=False, soft_wrap=True)
    if faults:
        shell.note(f"check_faults.{'one' if len(faults) == 1 else 'other'}", n=len(faults))
        raise typer.Exit(1)
    if not as_json:
        shell.tell("check.good", root=root, sources=", ".join(inspection.sources))


class Inspection:
    """Goes through one workspace and collects its faults; a broken file does not hide the others."""

    def __init__(self, root: Path, today: date) -> None:
        self._root, self._configs, self._today = root, root / "configs", today
        self.worlds: list[World] = []
        self._mappings: list[SourceMapping] = []
        self.sources = sorted(p.stem for p in (self._configs / "sources").glob("*.yaml"))
        self.faults: list[Fault] = []

    def everything(self) -> None:
        """Every file, then what the files say of each other, then what they name in Python."""
        from riskwatch.alert.rules import AlertRules
        from riskwatch.core.documents import read_document
        from riskwatch.deliver.publisher import Publisher
        from riskwatch.score.bundle import Bundle
        from riskwatch.settings import FeaturesFile

        features = self._read("features.yaml", lambda p, f: read_document(p, FeaturesFile, f))
        bundle = self._read("bundle.yaml", lambda p, f: read_document(p, Bundle, f))
        rules = self._read("alerts.yaml", lambda p, f: read_document(p, AlertRules, f))
        for file in self._files("publisher.yaml"):
            self._read(file, lambda p, f: read_document(p, Publisher, f))
        world = self._world()
        self._calendars()
        self._routes()
        self._unused()
        self._partitions()
        if rules:
            self._tests(rules)
        if features:
            self._features(features, world)
        if bundle:
            self._members(bundle, features)

    def _collect(self, load: Callable[[], T]) -> T | None:
        try:
            return load()
        except ConfigError as error:
            self.faults += error.faults
            return None

    def _read(self, file: str, load: Callable[[Path, str], T]) -> T | None:
        return self._collect(lambda: load(self._configs / file, file))

    def _world(self) -> World | None:
        """Each source on its own, since a store may have one; the world of the last that is in order."""
        from riskwatch.settings import load_settings

        world = None
        for source in self.sources:
            settings = self._collect(partial(load_settings, self._root, [source], today=self._today))
            if settings:
                world = settings.world
                self.worlds.append(world)
                self._mappings += settings.mappings.values()
        if not self.sources:
            fix = "add one; docs/sources.md says how"
            self.faults.append(Fault("configs/sources", "", "holds no source", fix))
        return world

    def _calendars(self) -> None:
        """A calendar that waits to be named, and maintenance held against the sources of all mappings."""
        from riskwatch.core.calendar_file import CalendarFile, source_faults
        from riskwatch.core.documents import read_document

        for file in self._files("calendar.yaml"):
            self._read(file, lambda p, f: read_document(p, CalendarFile, f))
        brought = [m.brings for m in self._mappings]
        if None in brought or len(brought) < len(self.sources):
            return  # a column may name any source, or one is not known
        known = frozenset[str]().union(*(b for b in brought if b))
        for file in sorted({m.calendar for m in self._mappings if m.calendar}):
            self.faults += self._read(file, lambda p, f: source_faults(p, f, known)) or []

    def _unused(self) -> None:
        """Files that no source names, and the scenarios."""
        from riskwatch.core.area_file import load_areas
        from riskwatch.core.indicator_file import load_indicators
        from riskwatch.simulate.scenario import load_scenario

        for file in self._files("areas/*.csv"):
            self._read(file, load_areas)
        for file in self._files("indicators/*.yaml"):
            self._read(file, lambda p, f: load_indicators(p, f, self._today))
        for file in self._files("scenarios/*.yaml"):
            self._read(file, lambda p, f: load_scenario(p, {}))

    def _partitions(self) -> None:
        """The chain of partitions.yaml, and whether each splits some area, real or made."""
        from riskwatch.audit.partitions import FILE, load_partitions, unlabelled
        from riskwatch.core.area_file import load_areas
        from riskwatch.simulate.scenario import load_scenario

        if not self._files(FILE):
            return
        entries = self._read(FILE, load_partitions)
        known = set(load_scenario(None, {}).tree.groups)
        try:
            for file in self._files("areas/*.csv"):
                tree = load_areas(self._configs / file, file)
                known |= {key for area in tree.areas for key in area.groups}
            for file in self._files("scenarios/*.yaml"):
                known |= set(load_scenario(self._configs / file, {}).tree.groups)
        except ConfigError:  # told above; what a broken file knows of groups is not known
            return
        self.faults += unlabelled(entries or (), known)

    def _files(self, pattern: str) -> list[str]:
        return sorted(p.relative_to(self._configs).as_posix() for p in self._configs.glob(pattern))

    def _tests(self, rules: AlertRules) -> None:
        """The worked examples of alerts.yaml."""
        for told in rules.failed_tests():
            where, _, what = told.partition(": ")
            self.faults.append(Fault("alerts.yaml", where, what, "correct the matrix, or the test"))

    def _routes(self) -> None:
        """Who is told of what, held against the areas of all sources and the receivers there are."""
        from riskwatch.deliver.receivers import FILE, load_receivers
        from riskwatch.deliver.route_faults import unreachable_receivers, world_faults
        from riskwatch.deliver.routes import load_routes

        receivers = self._read(FILE, load_receivers)
        for told in receivers.failed_tests() if receivers else ():
            where, _, what = told.partition(": ")
            self.faults.append(Fault(FILE, where, what, "correct allow, or the test"))
        routes = self._read("routes.yaml", load_routes)
        if routes is None:
            return
        self.faults += world_faults(routes, self.worlds)
        if receivers:
            self.faults += unreachable_receivers(routes, receivers.receivers)

    def _features(self, features: FeaturesFile, world: World | None) -> None:
        """Every class that features.yaml names, made with its arguments if there is a world."""
        for name, spec in features.features.items():
            where = f"features.{name}"
            made = self._made("features.yaml", where, partial(resolve, spec.uses, "features.yaml"))
            if made is not None and world is not None:
                self._made("features.yaml", where, partial(made, world, **spec.given))

    def _members(self, bundle: Bundle, features: FeaturesFile | None) -> None:
        """Every class that bundle.yaml names, members made of their frozen numbers."""
        for name, member in bundle.members.items():
            where = f"members.{name}"
            made = self._made("bundle.yaml", where, partial(resolve, member.uses, "bundle.yaml"))
            if made is not None:
                self._made("bundle.yaml", where, partial(_frozen, made, member.frozen))
        for where, uses in (("verdicts", bundle.verdicts), ("gauges", bundle.gauges)):
            if uses is not None:
                learner = self._made("bundle.yaml", where, partial(resolve, uses, "bundle.yaml"))
                if learner is not None:
                    self._made("bundle.yaml", where, learner)
        if features and bundle.reads not in features.features:
            fix = f"use one of {', '.join(features.features)}"
            self.faults.append(Fault("bundle.yaml", "reads", f"'{bundle.reads}' is not a feature", fix))

    def _made(self, file: str, where: str, make: Callable[[], Any]) -> Any:
        try:
            return self._collect(make)
        except Exception as error:  # content is anyone's code: whatever it raises is a fault of it
            what = f"cannot be made ({type(error).__name__}: {error})"
            self.faults.append(Fault(file, where, what, "correct its arguments or the class"))
            return None


def _frozen(member: Any, numbers: Mapping[str, Any]) -> Any:
    return member.frozen(**numbers)
