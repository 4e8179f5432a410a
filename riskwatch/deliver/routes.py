"""`configs/routes.yaml` as documents: who is told of which alert, when, and when again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator

from riskwatch.core.alerts import AlertKind
from riskwatch.core.documents import Document, read_document
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.deliver.hours import Calendar, Window

FILE = "routes.yaml"
LevelName = Literal["blue", "yellow", "orange", "red"]


def _listed(given: Any) -> Any:
    """One word stands for a list of one."""
    return (given,) if isinstance(given, str) else given


Name = Annotated[str, Field(pattern=r"^\w[\w .-]{0,63}$")]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
SomeNames = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60)]


class Receiver(Document):
    """Someone or something that can be told; how it is reached stands in `receivers.yaml`.

    One that pages wakes a person: it is told of new and rising orange and red only. Every other is
    told of each change that is shown.
    """

    pages: bool = False


class Match(Document):
    """What a route takes; each key that is given must hold, any one value of it is enough."""

    areas: Names = ()
    domains: Names = ()
    signatures: Names = ()
    kinds: Annotated[tuple[AlertKind, ...], BeforeValidator(_listed)] = ()
    level: LevelName | None = None
    during: Names = ()
    calendars: Names = ()


class Step(Document):
    """Who is told when nobody acknowledged for so many minutes since the chain began."""

    after_min: Minutes
    receivers: SomeNames


class Route(Document):
    """A node of the tree; what it does not say it has of its parent."""

    name: Name
    match: Match = Match()
    receivers: SomeNames | None = None
    steps: tuple[Step, ...] | None = None
    repeat_min: Minutes | None = None
    page: bool | None = None
    updates: bool | None = None
    goes_on: bool = Field(default=False, alias="continue")
    routes: tuple[Route, ...] = ()

    @field_validator("steps")
    @classmethod
    def _ascending(cls, steps: tuple[Step, ...] | None) -> tuple[Step, ...] | None:
        minutes = [s.after_min for s in steps or ()]
        if minutes != sorted(set(minutes)):
            raise ValueError(f"steps after {minutes} minutes do not ascend; list each once, earliest first")
        return steps


class RouteTest(Document):
    """A worked example that `riskwatch check` runs: of a new alert, who is told after how many minutes.

    Without an area it is that of the root, without a signature it is in the domain alone. An instant
    without an offset is one of the desk's clocks.
    """

    level: LevelName
    at: datetime
    area: str | None = None
    signature: str = ""
    domain: str = ""
    kind: AlertKind = AlertKind.RISK
    expect: Mapping[float, Names]


class Routes(Document):
    """The whole file: receivers, hours, the tree and its worked examples.

    `handover_only` are levels of which nobody needs to be told: they wait for the handover sheet.
    """

    timezone: str | None = None
    receivers: Mapping[Name, Receiver] = Field(min_length=1)
    windows: Mapping[Name, Window] = {}
    calendars: Mapping[Name, Calendar] = {}
    handover_only: tuple[Literal["blue", "yellow"], ...] = ()
    route: Route
    tests: tuple[RouteTest, ...] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (OSError, ValueError, KeyError):
                raise ValueError(
                    f"'{name}' is no time zone; use an IANA name such as Asia/Shanghai"
                ) from None
        return name

    def pages(self, receiver: str) -> bool:
        """Whether that receiver wakes a person."""
        return self.receivers[receiver].pages

    def nodes(self) -> Iterator[tuple[str, Route]]:
        """Every route with its place in the file, parents first."""
        yield from _below("route", self.route)


def _below(where: str, route: Route) -> Iterator[tuple[str, Route]]:
    yield where, route
    for n, child in enumerate(route.routes):
        yield from _below(f"{where}.routes.{n}", child)


def load_routes(path: Path, file: str = FILE) -> Routes:
    """Read and validate; raises ConfigError with every fault that shows without the area tree."""
    routes = read_document(path, Routes, file)
    faults = [*_names_given_twice(routes, file), *_unknown_names(routes, file)]
    if faults:
        raise ConfigError(faults)
    return routes


def _names_given_twice(routes: Routes, file: str) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for where, route in routes.nodes():
        if route.name in seen:
            what = f"the name '{route.name}' is that of {seen[route.name]} too"
            yield Fault(file, f"{where}.name", what, "give each route a name of its own")
        seen.setdefault(route.name, where)
    for name in routes.windows:
        if name in routes.calendars:
            yield Fault(file, f"windows.{name}", "is the name of a calendar too", "rename one of them")
    if routes.route.match != Match():
        what = "the root takes every alert and has nothing to match"
        yield Fault(file, "route.match", what, "move it to a route below")


def _unknown_names(routes: Routes, file: str) -> Iterator[Fault]:
    """Receivers, windows and calendars that the file does not have."""
    for where, route in routes.nodes():
        told = [(f"{where}.receivers", n) for n in route.receivers or ()]
        told += [(f"{where}.steps.{k}", n) for k, s in enumerate(route.steps or ()) for n in s.receivers]
        for place, name in told:
            if name not in routes.receivers:
                yield _unknown(file, place, "receiver", name, routes.receivers)
        for name in route.match.during:
            if name not in routes.windows:
                yield _unknown(file, f"{where}.match.during", "window", name, routes.windows)
        for name in route.match.calendars:
            if name not in routes.calendars:
                yield _unknown(file, f"{where}.match.calendars", "calendar", name, routes.calendars)
    for n, test in enumerate(routes.tests):
        for minutes, names in test.expect.items():
            for name in (n for n in names if n not in routes.receivers):
                yield _unknown(file, f"tests.{n}.expect.{minutes:g}", "receiver", name, routes.receivers)


def _unknown(file: str, where: str, noun: str, name: str, known: Mapping[str, object]) -> Fault:
    fix = f"use one of {', '.join(known)}" if known else f"add it to {noun}s"
    return Fault(file, where, f"{noun} '{name}' is unknown", fix)
