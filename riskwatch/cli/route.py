"""`riskwatch route`: draw the routing tree, and try an alert on it: who would be told when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskwatch.cli.alert_lookup import level_of
from riskwatch.cli.alerts import Kind
from riskwatch.cli.shell import DATABASE_FILE, Shell
from riskwatch.core.clock import iso

if TYPE_CHECKING:
    from rich.tree import Tree

    from riskwatch.core.scores import World
    from riskwatch.deliver.routes import Route
    from riskwatch.deliver.routing import Facts, RouteTree, Rung

Source = Annotated[str | None, typer.Option("--source", metavar="NAME", help="route_source")]
Store = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")]
AsJson = Annotated[bool, typer.Option("--json", help="json_one")]


def build() -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="route", no_args_is_help=True)
    app.command("test", help="test")(try_out)
    app.command("show", help="show")(show)
    return app


def try_out(  # noqa: PLR0913 - what a route can tell alerts apart by
    ctx: typer.Context,
    *,
    level: Annotated[str, typer.Option("--level", metavar="LEVEL", help="route_level")],
    area: Annotated[str | None, typer.Option("--area", metavar="CODE", help="route_area")] = None,
    signature: Annotated[
        str | None, typer.Option("--signature", metavar="ID", help="route_signature")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="route_kind")] = Kind.RISK,
    at: Annotated[datetime | None, typer.Option("--at", help="route_at")] = None,
    source: Source = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Print the way of a new alert through the tree, and who would be told when."""
    from riskwatch.core.alerts import Level
    from riskwatch.deliver.routing import announced

    shell: Shell = ctx.obj
    world, tree = _opened(shell, source, store)
    facts = _facts(shell, world, area, signature, str(kind))
    facts = facts.graded(Level(level_of(shell, level) or Level.BLUE))
    at_us = tree.hours.instant(at or shell.clock.now())
    rungs = announced(tree, facts, at_us)
    if as_json:
        shell.emit(_document(tree, facts, at_us, rungs))
        return
    shell.tell(
        "route.what", level=shell.say_level(facts.level.word), area=facts.line[0], at=_clock(tree, at_us)
    )
    if holding := sorted(tree.hours.holding(at_us)):
        shell.tell("route.holding", names=", ".join(holding))
    for rule in tree.match(facts, at_us):
        shell.tell("route.path", path=" > ".join(rule.path))
    for sentence in _told(shell, tree, at_us, rungs):
        shell.out.print(sentence, markup=False, soft_wrap=True)


def show(ctx: typer.Context, source: Source = None, store: Store = None, as_json: AsJson = False) -> None:
    """Draw the tree: each route with what it matches, whom it tells, and its steps."""
    shell: Shell = ctx.obj
    _, tree = _opened(shell, source, store)
    if as_json:
        shell.emit(_tree_document(tree))
        return
    from rich.tree import Tree

    drawn = Tree(_line(shell, tree.routes.route))
    _grow(shell, tree.routes.route, drawn)
    shell.out.print(drawn)
    for name, receiver in tree.routes.receivers.items():
        shell.tell(f"route.{'pages' if receiver.pages else 'waits'}", name=name)
    shell.tell("route.zone", timezone=tree.hours.zone.key)


# --- the routes and the place ------------------------------------------------------------------


def _opened(shell: Shell, source: str | None, store: Path | None) -> tuple[World, RouteTree]:
    """The world of a source, else of the store, else of the workspace's first source; and the tree."""
    from riskwatch.core.config_folder import ConfigFolder
    from riskwatch.deliver.routes import FILE, load_routes
    from riskwatch.deliver.routing import RouteTree
    from riskwatch.settings import load_settings

    place = shell.place(store)
    stored = source is None and (store or place.url or (place.home / DATABASE_FILE).is_file())
    kept = place.home / "configs"
    overlay = kept if stored and kept.is_dir() else None
    configs = ConfigFolder(place.root, overlay)
    if stored:
        world = shell.desk(store).settings.world
    else:
        names = [source] if source else [Path(n).stem for n in configs.names("sources")][:1]
        world = load_settings(place.root, names, today=shell.clock.now().date()).world
    return world, RouteTree(load_routes(configs.path(FILE)), world.timezone)


def _facts(shell: Shell, world: World, area: str | None, signature: str | None, kind: str) -> Facts:
    """What the words of the command line say of an alert; unknown ones are a mistake."""
    from riskwatch.deliver.routing import subject

    code = area or world.tree.codes[0]
    if code not in world.tree.index:
        import difflib

        near = difflib.get_close_matches(code.upper(), world.tree.codes, n=3) or world.tree.codes[:3]
        told = shell.say("alerts.unknown_area", area=code, near=", ".join(near))
        raise typer.BadParameter(told, param_hint="--area")
    known = [s.id for s in world.registry.signatures]
    if signature is not None and kind == Kind.RISK and signature not in known:
        told = shell.say("route.unknown_signature", signature=signature, known=", ".join(known))
        raise typer.BadParameter(told, param_hint="--signature")
    return subject(world, code, signature or "", kind)


# --- what is told ------------------------------------------------------------------------------


def _clock(tree: RouteTree, at_us: int) -> str:
    return f"{tree.hours.local(at_us):%Y-%m-%d %H:%M %Z}"


def _told(shell: Shell, tree: RouteTree, at_us: int, rungs: tuple[Rung, ...]) -> Iterator[str]:
    """A sentence for each step, and how the chain ends."""
    if not rungs:
        yield shell.say("route.nobody")
    for rung in rungs:
        minutes, names = (rung.due_us - at_us) / 60e6, ", ".join(name for name, _ in rung.receivers)
        key = "route.later" if minutes else "route.now"
        yield shell.say(key, minutes=f"{minutes:g}", at=_clock(tree, rung.due_us), names=names)
    repeats = {name: again for rung in rungs for name, again in rung.receivers if again is not None}
    for name, again_s in repeats.items():
        yield shell.say("route.repeats", name=name, minutes=f"{again_s / 60:g}")
    if rungs and not repeats:
        yield shell.say("route.waits_for_sheet")


def _document(tree: RouteTree, facts: Facts, at_us: int, rungs: tuple[Rung, ...]) -> dict[str, Any]:
    return {
        "at": iso(at_us),
        "timezone": tree.hours.zone.key,
        "area": facts.line[0],
        "signature": facts.signature,
        "domain": facts.domain,
        "kind": str(facts.kind),
        "level": facts.level.word,
        "holding": sorted(tree.hours.holding(at_us)),
        "paths": [list(rule.path) for rule in tree.match(facts, at_us)],
        "told": [
            {
                "after_min": (rung.due_us - at_us) / 60e6,
                "at": iso(rung.due_us),
                "receivers": [
                    {
                        "name": name,
                        "pages": tree.routes.pages(name),
                        "repeat_min": None if again_s is None else again_s / 60,
                    }
                    for name, again_s in rung.receivers
                ],
            }
            for rung in rungs
        ],
    }


# --- the tree ----------------------------------------------------------------------------------


def _tree_document(tree: RouteTree) -> dict[str, Any]:
    """The tree with the keys of `routes.yaml`; what a route does not say it has of its parent."""
    return {
        "timezone": tree.hours.zone.key,
        "receivers": {name: {"pages": r.pages} for name, r in tree.routes.receivers.items()},
        "handover_only": list(tree.routes.handover_only),
        "route": tree.routes.route.model_dump(mode="json", exclude_defaults=True, by_alias=True),
    }


def _grow(shell: Shell, route: Route, drawn: Tree) -> None:
    for child in route.routes:
        _grow(shell, child, drawn.add(_line(shell, child)))


def _line(shell: Shell, route: Route) -> Any:
    """One route: its name, what it takes, and what it says itself."""
    from rich.text import Text

    given = route.match.model_dump(mode="json", exclude_defaults=True)
    match = "; ".join(f"{k} {', '.join(v) if isinstance(v, list) else v}" for k, v in given.items())
    parts = [shell.say("route.takes", match=match) if match else shell.say("route.takes_all")]
    if route.receivers:
        parts.append(shell.say("route.tells", names=", ".join(route.receivers)))
    for step in route.steps or ():
        names = ", ".join(step.receivers)
        parts.append(shell.say("route.step", minutes=f"{step.after_min:g}", names=names))
    if route.repeat_min:
        parts.append(shell.say("route.repeat", minutes=f"{route.repeat_min:g}"))
    if route.page is False:
        parts.append(shell.say("route.no_page"))
    if route.goes_on:
        parts.append(shell.say("route.goes_on"))
    return Text(f"{route.name}: {'; '.join(parts)}")
