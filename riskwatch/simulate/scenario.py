"""The scenario: every parameter of a simulation, from a file and options; read by the CLI and drills."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, field_validator

from riskwatch.core.documents import Document, parse_document, read_yaml
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.simulate.catalogue import Catalogue, listed_entries, unknown_entries
from riskwatch.simulate.happenings import Incidents, NewCodes, Outages, Planned
from riskwatch.simulate.parameters import (
    Departments,
    Duplicates,
    FromZero,
    Late,
    Repeats,
    Seasons,
    Share,
    Tree,
    Variation,
)

REPORTING: dict[str, float] = {"rural": 0.9, "elderly": 0.75}


class Scenario(Document):
    """A county of one's own making; the defaults are the demo county."""

    about: dict[str, str] = Field(default_factory=dict, description="what it is for, by language")
    areas: Annotated[int, Field(ge=4, le=1_000_000)] = Field(
        default=120, description="nodes of the tree, all levels"
    )
    indicators: Annotated[int, Field(ge=1, le=2000)] = Field(
        default=24, description="codes in the indicator file"
    )
    days: Annotated[int, Field(ge=1, le=36_500)] = Field(
        default=75, description="length of the run, in spans of 24 h"
    )
    events: Annotated[int, Field(ge=1)] = Field(
        default=200_000, description="expected rows, before incidents add and outages take theirs"
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=7, description="of all randomness")
    start: date = Field(
        default=date(2025, 1, 6), description="first local day; the run starts at its midnight"
    )
    timezone: str = Field(default="America/New_York", description="IANA zone whose hours people live by")
    warm_up_days: FromZero | None = Field(
        default=None,
        description="nothing is drawn to happen before; the lesser of 30 and 0.4 of the run if not given",
    )
    lateness_minutes: Annotated[int, Field(ge=0, le=1440)] = Field(
        default=15, description="allowed lateness that the mapping declares"
    )
    vague_township_share: Share = Field(
        default=0.04, description="share of reports placed at the township, not a village"
    )
    reporting: dict[str, Share] = Field(
        default_factory=lambda: dict(REPORTING),
        description="group label: share of incidents ever reported; labels multiply, others report all",
    )
    tree: Tree = Tree()
    seasons: Seasons = Seasons()
    variation: Variation = Variation()
    departments: Departments = Departments()
    repeats: Repeats = Repeats()
    late: Late = Late()
    duplicates: Duplicates = Duplicates()
    incidents: Incidents = Incidents()
    outages: Outages = Outages()
    new_codes: NewCodes = NewCodes()
    planned: Planned = Planned()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f"'{name}' is not a time zone; use an IANA name such as America/New_York"
            ) from None
        return name

    @property
    def hours(self) -> int:
        """Length of the run in hours."""
        return self.days * 24

    @property
    def warm_up_hours(self) -> int:
        """Hours in which nothing is drawn to happen."""
        days = min(30.0, 0.4 * self.days) if self.warm_up_days is None else self.warm_up_days
        return min(round(days * 24), self.hours - 1)

    @property
    def chunk_hours(self) -> int:
        """Hours generated at once: a day, or the divisor of 24 that keeps a chunk near 400,000 rows."""
        per_hour = self.events / self.hours
        return next((h for h in (24, 12, 8, 6, 4, 3, 2) if per_hour * h <= 400_000), 1)

    def catalogue(self) -> Catalogue:
        """The indicators it sends, listed and unknown."""
        known = min(self.new_codes.known, max(0, self.indicators - 3))
        entries = listed_entries(self.indicators)
        unknown = unknown_entries(self.new_codes.unknown, self.new_codes.unknown_per_100k_day)
        days = self.new_codes.start_days[: known + len(unknown)]
        starts = days + (0.6 * self.days,) * (known + len(unknown) - len(days))
        return Catalogue(entries + unknown, len(entries), (0.0,) * (len(entries) - known) + starts)


def load_scenario(path: Path | None, overrides: Mapping[str, object]) -> Scenario:
    """A scenario from a YAML file (or the defaults) and dotted overrides, such as `reporting.elderly`.

    A string value is read as YAML; None means not given. Raises ConfigError with every fault.

    >>> load_scenario(None, {"days": 10, "incidents.storm.count": "2"}).incidents.storm.count
    2
    """
    file = path.name if path else "scenario"
    raw = read_yaml(path, file) if path else {}
    given = {key: value for key, value in overrides.items() if value is not None}
    defaults = Scenario().model_dump()
    for key, value in given.items():
        _put(raw, defaults, key, value)
    try:
        scenario = parse_document(raw, Scenario, file)
        faults = list(_faults(scenario, file))
        if faults:
            raise ConfigError(faults)
    except ConfigError as error:
        raise ConfigError(
            Fault("options" if _under(f.where, given) else f.file, f.where, f.what, f.fix)
            for f in error.faults
        ) from None
    return scenario


def _under(where: str, given: Mapping[str, object]) -> bool:
    return any(f"{where}.".startswith(f"{key}.") or key.startswith(f"{where}.") for key in given)


def _put(raw: dict[str, Any], defaults: dict[str, Any], key: str, value: object) -> None:
    *parents, last = key.split(".")
    node, default = raw, defaults
    for part in parents:
        below = default.get(part)
        if not isinstance(node.get(part), dict):
            node[part] = copy.deepcopy(below) if isinstance(below, dict) else {}
        node, default = node[part], below if isinstance(below, dict) else {}
    node[last] = _read(value)


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def _faults(scenario: Scenario, file: str) -> list[Fault]:
    """What a single field cannot know: labels, codes and days that must exist elsewhere."""
    faults = []
    labels = [label for partition in scenario.tree.groups.values() for label in partition]
    for label in sorted({x for x in labels if labels.count(x) > 1}):
        faults.append(Fault(file, "tree.groups", f"label '{label}' is used twice", "rename one of them"))
    for label, rate in scenario.reporting.items():
        if label not in labels and REPORTING.get(label) != rate:
            fix = f"use {', '.join(labels)}"
            faults.append(Fault(file, f"reporting.{label}", f"group '{label}' is unknown", fix))
    if scenario.tree.districts and scenario.areas < 1 + 3 * scenario.tree.districts:
        need = 1 + 3 * scenario.tree.districts
        faults.append(
            Fault(file, "tree.districts", f"needs at least {need} areas", "raise areas or lower it")
        )
    return faults + _happening_faults(scenario, file)


def _happening_faults(scenario: Scenario, file: str) -> list[Fault]:
    faults = []
    catalogue = scenario.catalogue()
    codes = set(catalogue.codes[: catalogue.listed])
    signatures = {e.signature for e in listed_entries(max(24, scenario.indicators))}
    own, more = scenario.incidents.shapes(), scenario.incidents.more
    for name in sorted(set(more) & set(Incidents.model_fields)):
        faults.append(
            Fault(file, f"incidents.more.{name}", "is a shape of the house", "give it another name")
        )
    parts: dict[str, Any] = {f"incidents.{n}": s for n, s in own.items() if n not in more}
    parts |= {f"incidents.more.{n}": s for n, s in more.items()}
    parts |= {f"outages.{name}": getattr(scenario.outages, name) for name in Outages.model_fields}
    parts |= {"planned": scenario.planned, "new_codes": scenario.new_codes}
    for where, part in parts.items():
        for day in part.start_days:
            if day >= scenario.days:
                what = f"day {day:g} is not within the run of {scenario.days} days"
                faults.append(Fault(file, f"{where}.start_days", what, "lower it or raise days"))
        for code in getattr(part, "indicators", ()):
            if code not in codes:
                what = f"indicator '{code}' is not one of the {scenario.indicators}"
                faults.append(
                    Fault(file, f"{where}.indicators", what, "raise indicators or fix its spelling")
                )
        signature = getattr(part, "signature", None)
        if signature is not None and signature not in signatures:
            what = f"signature '{signature}' is unknown"
            faults.append(Fault(file, f"{where}.signature", what, f"use {', '.join(sorted(signatures))}"))
    return faults
