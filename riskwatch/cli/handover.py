"""`riskwatch handover`: the sheet for the next shift."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskwatch.cli.shell import Shell

if TYPE_CHECKING:
    from riskwatch.deliver.handover import Handover, Happening
    from riskwatch.desk import Desk
    from riskwatch.messages.sentence import Words


def handover(
    ctx: typer.Context,
    *,
    area: Annotated[str | None, typer.Option("--area", metavar="CODE", help="list_area")] = None,
    hours: Annotated[float | None, typer.Option("--hours", min=0, help="handover_hours")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="store")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json_one")] = False,
) -> None:
    """Tell what is new, rising, open, overdue and shelved, which feeds are blind, what is planned."""
    shell: Shell = ctx.obj
    from riskwatch.cli.alert_lookup import area_code
    from riskwatch.deliver.handover import handover_document

    desk = shell.desk(store)
    made = desk.handover(area=area and area_code(shell, desk, area), hours=hours)
    words = shell.words(desk.settings)
    if as_json:
        shell.emit(handover_document(made, words))
        return
    _tell(shell, desk, made, words)


def _tell(shell: Shell, desk: Desk, made: Handover, words: Words) -> None:
    zone = desk.settings.world.timezone
    since, until = words.local.stamp(made.since_us), words.local.stamp(made.until_us)
    shell.tell("handover.title", since=since, until=until, timezone=zone)
    if made.drill:
        shell.tell("handover.drill", name=made.drill)
    for name, happenings in made.sections.items():
        shell.out.print(
            f"\n{words.text(f'handover.{name}')}: {made.totals[name]}", markup=False, soft_wrap=True
        )
        for happening in happenings:
            shell.out.print(f"  {_line(happening, words)}", markup=False, soft_wrap=True)
        if made.more(name):
            shell.out.print(f"  {words.catalogue.count('page.more', made.more(name))}")
    blind = [f"{words.feed(f)} ({words.local.stamp(us)})" for f, us in made.blind.items()]
    shell.out.print(f"\n{words.text('handover.blind')}: {words.catalogue.joined(blind) or '–'}")
    shell.out.print(f"{words.text('handover.planned')}: {len(made.planned)}")
    for w in made.planned:
        told = shell.say(
            "handover.window",
            window=w["name"],
            area=words.area(w["area"]),
            since=words.local.stamp(w["starts_us"]),
            until=words.local.stamp(w["ends_us"]),
            reason=w["reason"],
        )
        shell.out.print(f"  {told}", markup=False, soft_wrap=True)


def _line(happening: Happening, words: Words) -> str:
    """The gravest alert's sentence, and the other places of its incident."""
    first, *others = happening.alerts
    step = f" [{words.text(f'step.{first.duty.step}')}]" if first.duty else ""
    told = f"{first.id}{step} {words.sentence(first)}"
    if not others:
        return told
    places = words.catalogue.joined(list(dict.fromkeys(words.area(a.area) for a in others)))
    return f"{told} {words.catalogue.count('handover.more', happening.size - 1, places=places)}"
