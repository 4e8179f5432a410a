"""The routing tree: depth first, child overrides parent; and the ladder of who is told when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from riskwatch.core.alerts import Alert, AlertKind, Level
from riskwatch.core.clock import DAY_US, MINUTE_US
from riskwatch.core.scores import World
from riskwatch.deliver.hours import Hours
from riskwatch.deliver.routes import Match, Route, Routes

REPEAT_MIN = 60.0
"""After how long the last step of a chain is told again, where no route says otherwise."""

GRAVE = Level.ORANGE
"""Orange and red page; the rest waits for the handover sheet."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a route can match: the area's code up to the root's, domain, signature, kind and level."""

    line: tuple[str, ...]
    domain: str
    signature: str
    kind: str
    level: Level

    def graded(self, level: Level) -> Facts:
        """The same at another level."""
        return replace(self, level=level)


NOTICES = {AlertKind.DATA_HEALTH: "feed", AlertKind.SCHEMA: "form"}
"""What is about the data has a signature of its own and no domain."""


def subject(world: World, area: str, signature: str, kind: str) -> Facts:
    """What an alert is about, at blue; without a signature it is of no domain."""
    tree, registry = world.tree, world.registry
    line = tree.line(area) if area in tree.index else (area,)
    about = signature or NOTICES.get(AlertKind(kind), "")
    domain = registry.signature(about).domain if about in registry.signature_index else ""
    return Facts(line, domain, about, kind, Level.BLUE)


def facts_of(alert: Alert, world: World) -> Facts:
    """The facts of an alert; a notice about the data has no domain."""
    return subject(world, alert.area, alert.signature, alert.kind).graded(alert.level)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route says with what it has of its parents; `path` are the names from the root on.

    `steps` are (microseconds since the chain began, receivers), those told at once first.
    """

    path: tuple[str, ...]
    steps: tuple[tuple[int, tuple[str, ...]], ...] = ((0, ()),)
    repeat_s: float = REPEAT_MIN * 60
    page: bool = True
    updates: bool = False

    @property
    def receivers(self) -> tuple[str, ...]:
        """Those told at once."""
        return self.steps[0][1]


@dataclass(frozen=True, slots=True)
class _Node:
    match: Match
    rule: Rule
    goes_on: bool
    below: tuple[_Node, ...]


class RouteTree:
    """The routes of one desk, in its zone: `Routes.timezone`, or that of the world."""

    def __init__(self, routes: Routes, timezone: str) -> None:
        self.routes = routes
        self.hours = Hours({**routes.windows, **routes.calendars}, ZoneInfo(routes.timezone or timezone))
        self._root = _node(routes.route, Rule(()))

    def match(self, facts: Facts, at_us: int) -> tuple[Rule, ...]:
        """The rules that speak of an alert at an instant, in the order of the file."""
        return self.match_while(facts, self.hours.holding(at_us))

    def match_while(self, facts: Facts, holding: frozenset[str]) -> tuple[Rule, ...]:
        """As `match`, while these windows and calendars hold."""
        return tuple(_spoken(self._root, facts, holding))

    def ever(self, facts: Facts) -> tuple[Rule, ...]:
        """Every rule on the way that may speak at some time, windows and calendars left aside."""
        return tuple(_possible(self._root, facts))


def _node(route: Route, parent: Rule) -> _Node:
    at_once = parent.receivers if route.receivers is None else route.receivers
    later = (
        parent.steps[1:]
        if route.steps is None
        else tuple((round(s.after_min * MINUTE_US), s.receivers) for s in route.steps)
    )
    rule = Rule(
        path=(*parent.path, route.name),
        steps=((0, at_once), *later),
        repeat_s=parent.repeat_s if route.repeat_min is None else route.repeat_min * 60,
        page=parent.page if route.page is None else route.page,
        updates=parent.updates if route.updates is None else route.updates,
    )
    return _Node(route.match, rule, route.goes_on, tuple(_node(r, rule) for r in route.routes))


def holds(match: Match, facts: Facts) -> bool:
    """Whether a route takes an alert, windows and calendars left aside."""
    return (
        (not match.areas or any(code in match.areas for code in facts.line))
        and (not match.domains or facts.domain in match.domains)
        and (not match.signatures or facts.signature in match.signatures)
        and (not match.kinds or facts.kind in match.kinds)
        and (match.level is None or facts.level <= Level[match.level.upper()])
    )


def in_time(match: Match, holding: frozenset[str]) -> bool:
    """Whether a route's windows and calendars hold."""
    return (not match.during or not holding.isdisjoint(match.during)) and (
        not match.calendars or not holding.isdisjoint(match.calendars)
    )


def _spoken(node: _Node, facts: Facts, holding: frozenset[str]) -> list[Rule]:
    if not (holds(node.match, facts) and in_time(node.match, holding)):
        return []
    found: list[Rule] = []
    for child in node.below:
        theirs = _spoken(child, facts, holding)
        found += theirs
        if theirs and not child.goes_on:
            break
    return found or [node.rule]


def _possible(node: _Node, facts: Facts) -> Iterator[Rule]:
    if holds(node.match, facts):
        yield node.rule
        for child in node.below:
            yield from _possible(child, facts)


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is told at an instant, and each after how many seconds again: None where a later step follows."""

    due_us: int
    receivers: tuple[tuple[str, float | None], ...]


def ladder(tree: RouteTree, facts: Facts, from_us: int) -> tuple[Rung, ...]:
    """Who is paged and when, if nobody acknowledges: the chain that begins at an instant.

    Minutes are elapsed ones, whatever the clocks do. Windows are asked at the instant a step is due.
    Where another chain takes over in between, its steps that have passed are told at once, so that
    the night's first officer does not miss what the day left. For a day; after it the last step is
    repeated as it is.
    """
    offsets = {after for rule in tree.ever(facts) for after, _ in rule.steps}
    end_us = from_us + max(DAY_US, *offsets)
    rungs: list[Rung] = []
    told: dict[str, float | None] = {}
    for due_us in sorted({*(from_us + o for o in offsets), *tree.hours.edges(from_us, end_us)}):
        now: dict[str, float | None] = {}
        for rule in tree.match(facts, due_us):
            if rule.page:
                _climb(_paging(rule, tree.routes), due_us - from_us, told, now)
        if now:
            rungs.append(Rung(due_us, tuple(now.items())))
            told |= now
    return tuple(rungs)


def announced(tree: RouteTree, facts: Facts, at_us: int) -> tuple[Rung, ...]:
    """Of a new alert: who is told and when, pages and the rest, if nobody acknowledges."""
    rungs = ladder(tree, facts, at_us) if facts.level <= GRAVE else ()
    names = [n for r in tree.match(facts, at_us) for n in r.receivers if not tree.routes.pages(n)]
    at_once = [(name, None) for name in dict.fromkeys(names)]
    if rungs and rungs[0].due_us == at_us:
        return (Rung(at_us, (*rungs[0].receivers, *at_once)), *rungs[1:])
    return (Rung(at_us, tuple(at_once)), *rungs) if at_once else rungs


def _paging(rule: Rule, routes: Routes) -> Rule:
    """Without those of its first step that do not page: they are told of every change anyway."""
    return replace(rule, steps=((0, tuple(n for n in rule.receivers if routes.pages(n))), *rule.steps[1:]))


def _climb(rule: Rule, age_us: int, told: dict[str, float | None], now: dict[str, float | None]) -> None:
    """Add whom a rule tells at that age: the step that is due, and of those passed who was left out."""
    for n, (after_us, receivers) in enumerate(rule.steps):
        again = rule.repeat_s if n == len(rule.steps) - 1 else None
        for name in receivers if after_us <= age_us else ():
            left_out = name not in told or (again is not None and told[name] is None)
            if after_us == age_us or left_out:
                known = now.get(name)
                now[name] = again if known is None else min(known, again or known)
