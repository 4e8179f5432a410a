"""A post office to test delivery with: a store, a clock that stands still, channels told to fail."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from riskwatch.core.alerts import Alert, AlertChange, AlertKind, Level, LevelChange, Reason, State
from riskwatch.core.areas import Area, AreaTree
from riskwatch.core.channels import Channel, ChannelError, Message, Receipt
from riskwatch.core.clock import MovableClock, to_us
from riskwatch.core.indicators import IndicatorRegistry
from riskwatch.core.sends import Known, Planner
from riskwatch.deliver.planning import TellEveryone
from riskwatch.deliver.retry import RetryPolicy
from riskwatch.deliver.worker import Line, Stores, Worker
from riskwatch.messages.catalogue import Catalogue
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import AlertStore, Commit, Standing
from riskwatch.store.database import open_database
from riskwatch.store.inbox import Inbox
from riskwatch.store.leases import Leases
from riskwatch.store.outbox import Outbox, OutboxRow
from riskwatch.store.receivers import ReceiverStates

START = datetime(2025, 2, 5, 12, tzinfo=UTC)


def words(lang: str = "en") -> Words:
    """Words that know one area; all else keeps its code."""
    tree = AreaTree([Area("T", "Town", None, "town")])
    return Words(tree, IndicatorRegistry([], []), Catalogue(lang), "Asia/Shanghai")


class Recorder:
    """A channel in memory: takes messages, or fails with what it was told to."""

    name = "recorder"
    timeout_s = 1.0

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.tried: list[str] = []
        self.fails: deque[ChannelError] = deque()
        self.down: ChannelError | None = None
        self.gate: threading.Event | None = None
        self.begun = threading.Event()

    def send(self, message: Message) -> Receipt:
        """Keep a message, unless it is told to wait or to fail."""
        self.tried.append(message.id)
        self.begun.set()
        if self.gate is not None:
            assert self.gate.wait(30)
        if self.fails:
            raise self.fails.popleft()
        if self.down is not None:
            raise self.down
        self.taken.append(message)
        return Receipt(message.id)

    def told(self, key: str = "reason") -> list[Any]:
        """What the messages say, in the order in which they came."""
        return [message.document[key] for message in self.taken]


class Post:
    """One store, its clock, its receivers, and the worker that serves them."""

    def __init__(
        self,
        home: Path,
        *receivers: str,
        url: str | None = None,
        repeat_s: float | None = None,
        clock: MovableClock | None = None,
    ) -> None:
        self.home, self.clock = home, clock or MovableClock(START)
        self.database: sa.Engine = open_database(url, home)
        self.alerts, self.outbox = AlertStore(self.database), Outbox(self.database)
        self.states, self.inbox = ReceiverStates(self.database), Inbox(self.database)
        self.channels = {name: Recorder() for name in receivers or ("desk",)}
        self.lines = {name: Line(channel, words()) for name, channel in self.channels.items()}
        self.planner: Planner = TellEveryone(tuple(self.channels), repeat_s)
        self.said: list[str] = []
        self.worker = self.another()

    def another(self, owner: str = "w1", *, margin_s: float = 30.0, **lines: Line) -> Worker:
        """One more worker over the same store."""
        return Worker(
            Stores(Leases(self.database), self.states, self.alerts, self.inbox),
            {**self.lines, **lines},
            self.clock,
            RetryPolicy(lambda: 0.0),
            owner,
            margin_s,
            self.said.append,
        )

    @property
    def desk(self) -> Recorder:
        """The receiver that is there unless others are named."""
        return self.channels["desk"]

    @property
    def now_us(self) -> int:
        """The clock's instant."""
        return to_us(self.clock.now())

    def change(self, alert: Alert, reason: Reason, actor: str = "engine") -> Alert:
        """Commit a change of an alert at the clock's instant, planned as the pipeline does."""
        return self.changes([(alert, reason)], actor)[0]

    def changes(self, pairs: Sequence[tuple[Alert, Reason]], actor: str = "engine") -> list[Alert]:
        """Several changes of one entry."""
        made = [replace(a, updated_at_us=self.now_us, revision=a.revision + 1) for a, _ in pairs]
        changes = [AlertChange(a, r, self.now_us, actor) for a, (_, r) in zip(made, pairs, strict=True)]
        planned = self.planner.plan_all(changes, self.alerts.unsent(a.id for a in made), Known())
        standing = self.alerts.standing()
        position = (standing.position if standing else 0) + 1
        self.alerts.commit(
            Commit(
                changes,
                {},
                Standing(position, self.now_us, None, 0, {"sources": []}),
                planned.add,
                planned.cancel,
            )
        )
        return made

    def open(self, name: str = "rw-a", area: str = "T", level: Level = Level.ORANGE) -> Alert:
        """A new alert."""
        return self.change(self.fresh(name, area, level), Reason.OPENED)

    def fresh(self, name: str = "rw-a", area: str = "T", level: Level = Level.ORANGE) -> Alert:
        """An alert that is not committed yet."""
        return Alert(
            id=name,
            kind=AlertKind.RISK,
            area=area,
            signature="gastro",
            level=level,
            peak_level=level,
            levels=(LevelChange(self.now_us, level),),
            shown=True,
            state=State.OPEN,
            opened_at_us=self.now_us,
            updated_at_us=self.now_us,
        )

    def raised(self, alert: Alert, level: Level = Level.RED) -> Alert:
        """The same at a graver level."""
        up = replace(
            alert, level=level, peak_level=level, levels=(*alert.levels, LevelChange(self.now_us, level))
        )
        return self.change(replace(up, state=State.OPEN), Reason.LEVEL_RAISED)

    def acknowledged(self, alert: Alert) -> Alert:
        """Someone has it."""
        return self.change(replace(alert, state=State.ACKNOWLEDGED), Reason.ACKNOWLEDGED, "Li")

    def cleared(self, alert: Alert) -> Alert:
        """Its evidence is gone."""
        state = State.RETURNED if alert.state is State.OPEN else State.RESOLVED
        return self.change(replace(alert, state=state, closed_at_us=self.now_us), Reason.CLEARED)

    def passes(self, seconds: float) -> Post:
        """Let time pass, without sending."""
        self.clock.move(timedelta(seconds=seconds))
        return self

    def sends(self, seconds: float = 0) -> int:
        """Let time pass at once, then send what is due; how many attempts."""
        self.passes(seconds)
        return self.worker.drain()

    def rows(self, **given: Any) -> list[OutboxRow]:
        """The outbox in the order of planning."""
        return self.outbox.find(**given)[::-1]

    def statuses(self) -> list[str]:
        """Those of the outbox, in the order of planning."""
        return [str(row.status) for row in self.rows()]


def served_by(channel: Channel, **given: Any) -> Line:
    """A receiver as the worker knows it."""
    return Line(channel, words(), **given)
