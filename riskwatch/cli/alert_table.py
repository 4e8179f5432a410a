"""Alerts as a table: level by number, word and shape, never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from riskwatch.core.alerts import Alert, Level, State

if TYPE_CHECKING:
    from riskwatch.cli.shell import Shell
    from riskwatch.messages.sentence import Words

SHAPES = {Level.RED: "◆", Level.ORANGE: "▲", Level.YELLOW: "■", Level.BLUE: "●"}
STYLES = {Level.RED: "bold red", Level.ORANGE: "bold yellow", Level.YELLOW: "yellow", Level.BLUE: "blue"}
SPARK_STEPS = 24


def alert_table(shell: Shell, alerts: Sequence[Alert], words: Words, *, peak: bool = False) -> Table:
    """One line an alert; `peak` shows the gravest level it had, in place of its present level and state."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for key in ("level", "opened", "area"):
        table.add_column(words.text(f"table.{key}"), no_wrap=True)
    table.add_column(shell.say("table.what"), ratio=1)
    table.add_column(shell.say("table.spark"), no_wrap=True)
    if not peak:
        table.add_column(words.text("table.state"), max_width=16)
    table.add_column(words.text("table.id"), no_wrap=True)
    for alert in alerts:
        cells: list[Text | str] = [
            level_text(alert.peak_level if peak else alert.level, words),
            words.local.stamp(alert.opened_at_us),
            Text(words.area(alert.area)),
            Text(words.what(alert)),
            Text(spark(alert)),
        ]
        if not peak:
            ended = alert.state is State.RETURNED  # told in two words here, in full by `alerts show`
            cells.append(Text(state_text(shell, alert, words, State.RESOLVED if ended else alert.state)))
        table.add_row(*cells, alert.id)
    return table


def level_text(level: Level, words: Words) -> Text:
    """Shape, number and word of a level, in its colour."""
    return Text(f"{SHAPES[level]} {words.level_number(level)} {words.level(level)}", style=STYLES[level])


def state_text(shell: Shell, alert: Alert, words: Words, state: State) -> str:
    """A state, and whether the alert was held back."""
    told = words.text(f"state.{state}")
    return told if alert.shown else f"{told}, {shell.say('table.hidden')}"


def spark(alert: Alert) -> str:
    """The counts of its chart as one line of bars, at most 24 wide."""
    from riskwatch.deliver.spark import sparkline

    if alert.chart is None:
        return ""
    counts = alert.chart.observed
    width = max(1, -(-len(counts) // SPARK_STEPS))
    return sparkline([sum(counts[i : i + width]) for i in range(0, len(counts), width)])
