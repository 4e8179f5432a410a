"""Alerts as a table: level by number, word and shape, never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from riskwatch.core.alerts import Alert, Level, State
from riskwatch.core.readings import ReadingChart
from riskwatch.core.side_states import Mode

if TYPE_CHECKING:
    from riskwatch.cli.shell import Shell
    from riskwatch.messages.sentence import Words

SHAPES = {Level.RED: "■", Level.ORANGE: "◆", Level.YELLOW: "▲", Level.BLUE: "●"}
STYLES = {Level.RED: "bold red", Level.ORANGE: "bold yellow", Level.YELLOW: "yellow", Level.BLUE: "blue"}
SPARK_STEPS = 24
WIDE = 120  # columns of a terminal from which an alert takes a line of its own


def alert_table(shell: Shell, alerts: Sequence[Alert], words: Words, *, peak: bool = False) -> Table:
    """One alert after the other; `peak` shows the gravest level it had, in place of its present state."""
    if shell.out.width < WIDE:
        return _narrow(shell, alerts, words, peak=peak)
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for key in ("level", "opened", "area"):
        table.add_column(words.text(f"table.{key}"), no_wrap=True)
    table.add_column(shell.say("table.what"), ratio=1)
    table.add_column(shell.say("table.spark"), no_wrap=True)
    if not peak:
        table.add_column(words.text("table.state"), max_width=16)
    table.add_column(words.text("table.id"), no_wrap=True)
    for alert in alerts:
        cells = [
            level_text(alert.peak_level if peak else alert.level, words),
            Text(words.local.stamp(alert.opened_at_us)),
            Text(words.place(alert)),
            Text(marked(alert, words)),
            Text(spark(alert)),
        ]
        if not peak:
            cells.append(Text(_state(shell, alert, words)))
        table.add_row(*cells, Text(alert.id))
    return table


def _narrow(shell: Shell, alerts: Sequence[Alert], words: Words, *, peak: bool) -> Table:
    """For a terminal of 80 columns: area, bars, state and id under each other, beside the level."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    table.add_column(words.text("table.level"), no_wrap=True)
    table.add_column(words.text("table.opened"), no_wrap=True)
    table.add_column(shell.say("table.what"), ratio=1)
    for alert in alerts:
        marks = (spark(alert), alert.id, "" if peak else _state(shell, alert, words))
        reason = f"{words.place(alert)}: {marked(alert, words)}\n{'  '.join(filter(None, marks))}"
        level = level_text(alert.peak_level if peak else alert.level, words)
        table.add_row(level, words.local.stamp(alert.opened_at_us), Text(reason))
    return table


def level_text(level: Level, words: Words) -> Text:
    """Shape, number and word of a level, in its colour."""
    return Text(f"{SHAPES[level]} {words.level_number(level)} {words.level(level)}", style=STYLES[level])


def marked(alert: Alert, words: Words) -> str:
    """What happened, on the day that stands beside it; an exercise or a test says so first."""
    what = words.what(alert, alert.opened_at_us)
    return what if alert.mode is Mode.ACTUAL else f"{words.text(f'mode.{alert.mode}')} {what}"


def _state(shell: Shell, alert: Alert, words: Words) -> str:
    """The state in two words; `alerts show` tells it in full."""
    ended = alert.state is State.RETURNED
    return state_text(shell, alert, words, State.RESOLVED if ended else alert.state)


def state_text(shell: Shell, alert: Alert, words: Words, state: State) -> str:
    """A state and what stands beside it: held back, quiet, overdue, held by another area."""
    told = [words.text(f"state.{state}")]
    if not alert.shown:
        told.append(shell.say("table.hidden"))
    if alert.quiet:
        told.append(words.text(f"quiet.{alert.quiet}"))
    if alert.overdue:
        told.append(words.text("page.overdue"))
    if alert.holder != alert.area:
        told.append(words.text("page.holder", area=words.area(alert.holder)))
    return words.catalogue.template("list.comma").join(told)


def spark(alert: Alert) -> str:
    """The counts of its chart as one line of bars, at most 24 wide."""
    from riskwatch.deliver.reading_chart import whole_trend
    from riskwatch.deliver.spark import sparkline

    if alert.chart is None:
        return ""
    if isinstance(alert.chart, ReadingChart):
        return whole_trend(alert.chart)
    counts = alert.chart.observed
    width = max(1, -(-len(counts) // SPARK_STEPS))
    return sparkline([sum(counts[i : i + width]) for i in range(0, len(counts), width)])
