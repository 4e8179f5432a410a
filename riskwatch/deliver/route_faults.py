"""What is wrong with routes once the areas are known: who is never told, and what is never reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from riskwatch.core.alerts import AlertKind, Level
from riskwatch.core.clock import MINUTE_US
from riskwatch.core.errors import Fault
from riskwatch.core.indicators import DOMAINS
from riskwatch.core.scores import World
from riskwatch.deliver.routes import FILE, Match, Routes, RouteTest
from riskwatch.deliver.routing import (
    GRAVE,
    NOTICES,
    Facts,
    RouteTree,
    Rule,
    announced,
    holds,
    in_time,
    subject,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of alert at one kind of hour; `at_us` is an example of it."""

    facts: Facts
    holding: frozenset[str]
    at_us: int


def world_faults(routes: Routes, worlds: Sequence[World], file: str = FILE) -> list[Fault]:
    """Every fault that shows against the areas and indicators of the workspace's sources."""
    faults = [*_unknown(routes, worlds, file), *_steps_that_page_nobody(routes, file)]
    seen: list[tuple[RouteTree, list[Case]]] = []
    for world in worlds:
        tree = RouteTree(routes, world.timezone)
        cases = list(_cases(routes, tree, world))
        faults += _untold(tree, cases, file)
        seen.append((tree, cases))
    if not any("is unknown" in f.what for f in faults):
        faults += _unreached(routes, seen, file)
    if worlds:
        faults += _failed_tests(routes, worlds, file)
    return list(dict.fromkeys(faults))


def unreachable_receivers(routes: Routes, reached: Collection[str], file: str = FILE) -> list[Fault]:
    """Receivers that no channel reaches: their names are not in `receivers.yaml`."""
    fix = f"add it to receivers.yaml, or use one of {', '.join(sorted(reached)) or 'those you add there'}"
    return [
        Fault(file, f"receivers.{name}", "no channel of receivers.yaml reaches it", fix)
        for name in routes.receivers
        if name not in reached
    ]


def _unknown(routes: Routes, worlds: Sequence[World], file: str) -> Iterator[Fault]:
    """Areas, domains and signatures that no source of the workspace has."""
    codes = {c for w in worlds for c in w.tree.codes}
    signatures = {s.id for w in worlds for s in w.registry.signatures} | set(NOTICES.values())
    domains = {s.domain for w in worlds for s in w.registry.signatures} | set(DOMAINS)
    named = [(f"{where}.match", r.match) for where, r in routes.nodes()] if worlds else []
    for where, match in named:
        for noun, given, known in (
            ("area", match.areas, codes),
            ("domain", match.domains, domains),
            ("signature", match.signatures, signatures),
        ):
            for name in given:
                if name not in known:
                    listed = ", ".join(sorted(known)[:8]) + (", …" if len(known) > 8 else "")
                    yield Fault(
                        file, f"{where}.{noun}s", f"{noun} '{name}' is unknown", f"use one of {listed}"
                    )


def _steps_that_page_nobody(routes: Routes, file: str) -> Iterator[Fault]:
    for where, route in routes.nodes():
        for n, step in enumerate(route.steps or ()):
            if not any(routes.receivers[name].pages for name in step.receivers):
                names = ", ".join(step.receivers)
                what = f"after {step.after_min:g} minutes {names} is told, which pages nobody"
                yield Fault(file, f"{where}.steps.{n}", what, "add a receiver with pages: true")


# --- every case there is -----------------------------------------------------------------------


def _cases(routes: Routes, tree: RouteTree, world: World) -> Iterator[Case]:
    """One alert of each kind that the routes can tell apart, at one instant of each kind of hour."""
    moments = [(tree.hours.holding(at_us), at_us) for at_us in tree.hours.moments()]
    for line in _lines(routes, world):
        for kind, signature, domain in _subjects(routes, world):
            for level in Level:
                facts = Facts(line, domain, signature, kind, level)
                for holding, at_us in moments:
                    yield Case(facts, holding, at_us)


def _lines(routes: Routes, world: World) -> list[tuple[str, ...]]:
    named = frozenset(code for _, r in routes.nodes() for code in r.match.areas)
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for code in world.tree.codes:
        line = world.tree.line(code)
        found.setdefault(named.intersection(line), line)
    return list(found.values())


def _subjects(routes: Routes, world: World) -> list[tuple[str, str, str]]:
    """(kind, signature, domain): a signature that no route names stands for all such of its domain."""
    named = {s for _, r in routes.nodes() for s in r.match.signatures}
    found = {
        (s.id if s.id in named else "", s.domain): (str(AlertKind.RISK), s.id, s.domain)
        for s in world.registry.signatures
    }
    return [*found.values(), *((str(kind), signature, "") for kind, signature in NOTICES.items())]


# --- who is told -------------------------------------------------------------------------------


def _untold(tree: RouteTree, cases: Iterable[Case], file: str) -> Iterator[Fault]:
    """Levels of which nobody hears, and orange or red that wakes nobody, by the route that takes them."""
    routes, told = tree.routes, set[tuple[tuple[str, ...], bool | Level]]()
    places = _places(routes)
    for case in cases:
        rules, level = tree.match_while(case.facts, case.holding), case.facts.level
        grave = level <= GRAVE
        if grave:
            heard = any(
                routes.pages(name) for r in rules if r.page for _, names in r.steps for name in names
            )
        else:
            heard = level.word in routes.handover_only or any(
                not routes.pages(name) for r in rules for name in r.receivers
            )
        key = (rules[0].path, grave or level)
        if heard or key in told:
            continue
        told.add(key)
        when = f"{tree.hours.local(case.at_us):%a %Y-%m-%d %H:%M}"
        what = (
            f"{level.word} {case.facts.kind} in {case.facts.line[0]} at {when} "
            f"{'pages' if grave else 'is told to'} nobody"
        )
        fix = (
            "give it a receiver with pages: true"
            if grave
            else f"give it a receiver that does not page, or list {level.word} in handover_only"
        )
        yield Fault(file, f"{places[rules[0].path]} '{rules[0].path[-1]}'", what, fix)


def _places(routes: Routes) -> dict[tuple[str, ...], str]:
    """The place in the file of each path of names."""
    found: dict[tuple[str, ...], str] = {}
    paths: dict[str, tuple[str, ...]] = {"": ()}
    for where, route in routes.nodes():
        above = where.rpartition(".routes.")[0]
        paths[where] = (*paths[above], route.name)
        found[paths[where]] = where
    return found


# --- what is reached ---------------------------------------------------------------------------


def _unreached(routes: Routes, seen: Sequence[tuple[RouteTree, list[Case]]], file: str) -> Iterator[Fault]:
    """Routes into which no alert ever comes, and why."""
    reached: set[tuple[str, ...]] = set()
    for tree, cases in seen:
        for case in cases:
            for rule in tree.match_while(case.facts, case.holding):
                reached |= {rule.path[:n] for n in range(1, len(rule.path) + 1)}
    for path, where in _places(routes).items():
        if seen and path not in reached and (path[:-1] in reached or len(path) == 1):
            what, fix = _why_unreached(routes, path, seen)
            yield Fault(file, f"{where} '{path[-1]}'", what, fix)


def _why_unreached(
    routes: Routes, path: tuple[str, ...], seen: Sequence[tuple[RouteTree, list[Case]]]
) -> tuple[str, str]:
    names = {r.name: r.match for _, r in routes.nodes()}
    matches = [names[name] for name in path]
    fits = [(t, c) for t, cases in seen for c in cases if all(holds(m, c.facts) for m in matches)]
    if not fits:
        return "no alert can match it together with its parents", "correct its match, or remove it"
    timely = [(t, c) for t, c in fits if all(in_time(m, c.holding) for m in matches)]
    if not timely:
        spans = ", ".join(_spans(matches))
        return f"its hours never come: {spans} never hold together", "correct the windows or calendars"
    tree, case = timely[0]
    taker = _taker(tree.match_while(case.facts, case.holding), path)
    return (
        f"is never reached: '{taker}' takes what it would match",
        f"move it before '{taker}', or let that continue",
    )


def _spans(matches: Sequence[Match]) -> list[str]:
    return list(dict.fromkeys(n for m in matches for n in (*m.during, *m.calendars)))


def _taker(rules: Sequence[Rule], path: tuple[str, ...]) -> str:
    """The route that took what another would have matched: where their paths part, as deep as can be."""
    parted = [
        (n, rule.path[n])
        for rule in rules
        for n in range(1, min(len(rule.path), len(path)))
        if rule.path[:n] == path[:n] and rule.path[n] != path[n]
    ]
    return max(parted, key=lambda found: found[0])[1]


# --- worked examples ---------------------------------------------------------------------------


def _failed_tests(routes: Routes, worlds: Sequence[World], file: str) -> Iterator[Fault]:
    for n, test in enumerate(routes.tests):
        world = next((w for w in worlds if _knows(w, test)), None)
        if world is None:
            what = f"no source has the area '{test.area}' and the signature '{test.signature}'"
            yield Fault(file, f"tests.{n}", what, "use codes of one source of this workspace")
            continue
        tree = RouteTree(routes, world.timezone)
        at_us = tree.hours.instant(test.at)
        news = announced(tree, _facts(test, world), at_us)
        got = {(r.due_us - at_us) / MINUTE_US: tuple(n for n, _ in r.receivers) for r in news}
        wanted = {float(k): v for k, v in test.expect.items()}
        if {k: set(v) for k, v in got.items()} != {k: set(v) for k, v in wanted.items() if v}:
            what = f"{test.level} at {test.at:%Y-%m-%d %H:%M} tells {_list(got)}, not {_list(wanted)}"
            yield Fault(file, f"tests.{n}", what, "correct the routes, or the test")


def _knows(world: World, test: RouteTest) -> bool:
    notice = test.signature in NOTICES.values()
    return (test.area is None or test.area in world.tree.index) and (
        not test.signature or notice or test.signature in world.registry.signature_index
    )


def _facts(test: RouteTest, world: World) -> Facts:
    facts = subject(world, test.area or world.tree.codes[0], test.signature, test.kind)
    facts = replace(facts, domain=facts.domain or test.domain)
    return facts.graded(Level[test.level.upper()])


def _list(told: dict[float, tuple[str, ...]]) -> str:
    return "; ".join(f"{k:g}: {', '.join(v)}" for k, v in told.items()) or "nobody"
