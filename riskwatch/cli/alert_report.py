"""One alert in full: its facts, why it was raised, and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from riskwatch.cli.alert_table import level_text, state_text
from riskwatch.cli.bar_chart import bar_chart
from riskwatch.core.alerts import Alert, AlertChange
from riskwatch.core.readings import Reading, ReadingChart

if TYPE_CHECKING:
    from riskwatch.cli.shell import Shell
    from riskwatch.desk import Desk
    from riskwatch.messages.sentence import Words


def tell_facts(shell: Shell, alert: Alert, words: Words) -> None:
    """The facts of an alert, a line each; what it has not is left out."""
    owner = words.owner(alert)
    facts: dict[str, object] = {
        "id": alert.id,
        "kind": words.text(f"kind.{alert.kind}"),
        "area": f"{words.area(alert.area)} ({alert.area})",
        "around": words.around(alert) or None,
        "about": words.subject(alert),
        "level": level_text(alert.level, words),
        "peak": level_text(alert.peak_level, words),
        "state": state_text(shell, alert, words, alert.state),
        "holder": words.area(alert.holder),
        "handler": words.actor(alert.handler) if alert.handler else None,
        "step": _step(alert, words),
        "incident": alert.incident or None,
        "opened": words.local.stamp(alert.opened_at_us),
        "updated": words.local.stamp(alert.updated_at_us),
        "closed": words.local.stamp(alert.closed_at_us) if alert.closed_at_us is not None else None,
        "likelihood": f"{alert.likelihood:.3f}" if alert.likelihood is not None else None,
        "impact": f"{alert.impact:.1f}" if alert.impact is not None else None,
        "owner": owner,
        "verdict": words.text(f"verdict.{alert.verdict}") if alert.verdict else None,
        "note": alert.note or None,
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for key, value in facts.items():
        if value is not None:
            label = shell.say("fact.owner") if key == "owner" else words.text(f"table.{key}")
            table.add_row(label, value if isinstance(value, Text) else Text(str(value)))
    shell.out.print(table)


def tell_withheld(shell: Shell, desk: Desk, words: Words) -> None:
    """One line of what the budget withholds, if there is anything, and how to list it."""
    from riskwatch.messages.attention import withheld_line
    from riskwatch.store.listing import Listing, withheld

    line = withheld_line(Listing(desk.database).by_level(withheld()), words)
    if line:
        shell.tell("alerts.withheld", line=line)


def _step(alert: Alert, words: Words) -> str | None:
    """What is owed next, and until when."""
    if alert.duty is None:
        return None
    told = words.text(f"step.{alert.duty.step}")
    if alert.duty.due_us is None:
        return told
    due = words.text("page.due", time=words.local.stamp(alert.duty.due_us))
    return words.catalogue.template("list.comma").join([told, due])


def tell_life(shell: Shell, changes: Sequence[AlertChange], words: Words) -> None:
    """Every change of an alert: when, why, to which level, and by whom."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for change in changes:
        table.add_row(
            words.local.stamp(change.at_us),
            Text(words.text(f"reason.{change.reason}")),
            level_text(change.alert.level, words),
            Text(words.actor(change.actor)),
            Text(change.why or (change.alert.note if change.actor != "engine" else "")),
        )
    shell.out.print()
    shell.tell("fact.life")
    shell.out.print(table)


def tell_why(shell: Shell, alert: Alert, words: Words) -> None:
    """What contributed, the counts against what was usual, and the versions."""
    from riskwatch.deliver.reading_chart import reading_line

    if alert.contributions:
        shell.out.print()
        shell.out.print(_contributions(shell, alert, words))
    if alert.chart is not None:
        shell.out.print()
        title = shell.say(
            "chart.title",
            since=words.local.stamp(alert.chart.end_us - len(alert.chart.observed) * alert.chart.step_us),
            until=words.local.stamp(alert.chart.end_us),
        )
        shell.out.print(title, markup=False, soft_wrap=True)
        if isinstance(alert.chart, ReadingChart):
            shell.out.print(reading_line(alert.chart.observed), markup=False, no_wrap=True, crop=False)
        else:
            for line in bar_chart(alert.chart.observed, alert.chart.expected):
                shell.out.print(line, markup=False, no_wrap=True, crop=False)
            shell.tell("chart.legend")
    shell.out.print()
    if alert.likelihood is not None and alert.impact is not None:
        shell.tell("fact.odds", likelihood=f"{alert.likelihood:.3f}", impact=f"{alert.impact:.1f}")
    versions = ", ".join(f"{name} {version}" for name, version in alert.model_versions)
    shell.tell("fact.versions", versions=versions, config_hash=alert.config_hash)


def _contributions(shell: Shell, alert: Alert, words: Words) -> Table:
    from riskwatch.messages.readings import cells_of

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(words.text("table.indicator"))
    for key in ("window", "observed", "expected", "p", "share"):
        table.add_column(words.text(f"table.{key}"), justify="right", no_wrap=True)
    table.add_column("")
    for c in alert.contributions:
        table.add_row(
            Text(words.indicator(c.indicator)),
            f"{c.window_h:g} h",
            *((str(c.observed), f"{c.expected:.2f}") if not isinstance(c, Reading) else cells_of(c, words)),
            f"{c.p:.2g}",
            f"{c.share:.0%}",
            "█" * max(1, round(20 * c.share)),
        )
    return table
