"""The delivery worker: takes what is due, sends it, writes its end; no receiver waits for another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from riskwatch.core.alerts import Alert
from riskwatch.core.channels import Channel, ChannelError, Failure, Message
from riskwatch.core.clock import HOUR_US, MINUTE_US, SECOND_US, Clock, to_us
from riskwatch.core.errors import RiskwatchError
from riskwatch.deliver.notification import notification
from riskwatch.deliver.retry import RetryPolicy
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import AlertStore
from riskwatch.store.inbox import EntryKind, Inbox
from riskwatch.store.leases import Ending, Leases, Outcome
from riskwatch.store.lines import Take
from riskwatch.store.outbox import OutboxRow
from riskwatch.store.receivers import ReceiverState, ReceiverStates

_GONE = "the receiver said that it is gone; enable it with: riskwatch outbox enable NAME"
_AHEAD = 4
"""So many sends a thread are taken at once: the others wait for it within their lease."""

_FORGET_EVERY_US = 10 * MINUTE_US
_UNKNOWN = "no receiver of that name is in receivers.yaml"


@dataclass(frozen=True, slots=True)
class Line:
    """A receiver as the worker knows it."""

    channel: Channel
    words: Words
    fallback: str | None = None
    fallback_after_us: int = 10 * MINUTE_US
    parallel: int = 2


@dataclass(frozen=True)
class Stores:
    """What the worker reads and writes."""

    leases: Leases
    states: ReceiverStates
    alerts: AlertStore
    inbox: Inbox


@dataclass
class Worker:
    """Drives one store's outbox; any number of them may run on it.

    `step` never waits for a receiver. `owner` names this worker in its leases. A lease outlasts what
    the channel may need for it and those before it by `margin_s`; then any worker takes the send again.
    """

    stores: Stores
    lines: Mapping[str, Line]
    clock: Clock
    retry: RetryPolicy
    owner: str
    margin_s: float = 30.0
    tell: Callable[[str], None] = lambda _: None
    _pools: dict[str, ThreadPoolExecutor] = field(init=False, default_factory=dict)
    _going: dict[str, set[Future[Outcome]]] = field(init=False, default_factory=dict)
    _forgot_us: int = field(init=False, default=-HOUR_US)
    _sound: set[str] = field(init=False, default_factory=set)  # receivers whose failures are made up for
    _hurried: set[str] = field(init=False, default_factory=set)  # sends that went before their time
    _woken: threading.Event = field(init=False, default_factory=threading.Event)

    # --- driving it --------------------------------------------------------------------------

    def run(
        self,
        stop: threading.Event,
        *,
        poll_s: float = 0.5,
        rest_s: float = 0.1,
        longest_pause_s: float = 30.0,
    ) -> None:
        """Step until stopped; a fault of the store is told and waited out, it never ends the worker.

        Between two steps lies at least `rest_s`: what ends meanwhile is written in one transaction,
        and the engine, which writes to the same store, gets its turn.
        """
        pause_s = poll_s
        while not stop.is_set():
            try:
                self._woken.clear()
                self.step()
                pause_s = poll_s
                self.stores.leases.rest()
                self._woken.wait(poll_s)
                stop.wait(rest_s)
            except Exception as error:  # whatever it is, alerts must go on being sent
                known = isinstance(error, RiskwatchError)
                self.tell(str(error) if known else f"{type(error).__name__}: {error}")
                pause_s = min(2 * pause_s, longest_pause_s)
                stop.wait(pause_s)
        self.close()

    def drain(self) -> int:
        """Send until nothing is due any more, and wait for each; how many attempts were made."""
        attempts = 0
        while True:
            begun = self.step()
            attempts += begun
            going = [future for futures in self._going.values() for future in futures]
            if not begun and not going:
                return attempts
            wait(going)

    def close(self) -> None:
        """Wait for what is on its way, write what became of it, and end the threads."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._settle()
        self._pools.clear()

    def step(self) -> int:
        """Write what ended, pass on what waits too long, begin what is due; how many sends were begun."""
        self._settle()
        self._tell_of_receivers()
        now_us = self._now_us()
        states = self.stores.states.all()
        self._forget(now_us)
        self._divert(now_us)
        begun = 0
        for receiver in self.stores.leases.waiting(now_us):
            line = self.lines.get(receiver)
            if line is None:
                self.stores.leases.bury(receiver, now_us=now_us, why=_UNKNOWN)
            elif states.get(receiver) is ReceiverState.DISABLED:
                self.stores.leases.bury(receiver, now_us=now_us, why=_GONE, fallback=line.fallback)
            else:
                begun += self._begin(receiver, line, now_us)
        return begun

    # --- the parts of a step -----------------------------------------------------------------

    def _begin(self, receiver: str, line: Line, now_us: int) -> int:
        going = self._going.setdefault(receiver, set())
        free = _AHEAD * line.parallel - len(going)
        if free <= 0:
            return 0
        lease_us = round((_AHEAD * line.channel.timeout_s + self.margin_s) * SECOND_US)
        ask = Take(receiver, self.owner, now_us, now_us + lease_us, free)
        rows = self.stores.leases.take(ask)
        if rows and receiver not in self._pools:
            self._pools[receiver] = ThreadPoolExecutor(line.parallel, thread_name_prefix=f"send-{receiver}")
        for row in rows:
            future = self._pools[receiver].submit(self._attempt, row, line)
            going.add(future)
            future.add_done_callback(lambda _: self._woken.set())
        return len(rows)

    def _attempt(self, row: OutboxRow, line: Line) -> Outcome:
        """One try, on a thread of the receiver's own; whatever happens has an outcome."""
        try:
            if not self.stores.leases.still(row):
                return self._outcome(row, Ending.RETRY)  # cancelled, or taken by another: nothing goes out
            line.channel.send(Message(row.send.id, self._document(row, line.words)))
            return self._outcome(row, Ending.DELIVERED)
        except ChannelError as error:
            failed = error
        except Exception as error:  # a channel that breaks its contract must not stop the others
            failed = ChannelError(f"{line.channel.name}: {type(error).__name__} in the channel")
        now_us = self._now_us()
        ending, next_us = self.retry.after(
            failed, attempts=row.attempts, due_us=row.send.due_us, now_us=now_us
        )
        asked_s = failed.retry_after_s
        asked_us = None if asked_s is None else now_us + round(asked_s * SECOND_US)
        return replace(self._outcome(row, ending, str(failed)), next_us=next_us, asked_us=asked_us)

    def _outcome(self, row: OutboxRow, ending: Ending, error: str = "") -> Outcome:
        line = self.lines[row.send.receiver]
        return Outcome(
            id=row.send.id,
            lease=row.lease or "",
            receiver=row.send.receiver,
            ending=ending,
            at_us=self._now_us(),
            error=error,
            fallback=line.fallback,
        )

    def _document(self, row: OutboxRow, words: Words) -> Mapping[str, Any]:
        if row.body is not None:
            return row.body
        alert = self._told(row)
        if alert is None:
            told = f"alert {row.send.alert} has no revision {row.told}"
            raise ChannelError(told, Failure.STOP)
        return notification(row, alert, words)

    def _told(self, row: OutboxRow) -> Alert | None:
        return self.stores.alerts.revision(row.send.alert, row.told or row.send.revision)

    def _settle(self) -> None:
        ended: list[Outcome] = []
        for futures in self._going.values():
            done = [future for future in futures if future.done()]
            ended += [future.result() for future in done]
            futures.difference_update(done)
        if ended:
            self.stores.leases.settle(ended)
            self._hurry(ended)

    def _hurry(self, ended: Sequence[Outcome]) -> None:
        """A receiver that answers again hears of the gravest first, of what waits for another try too.

        Each success lets go as many as are taken at once, until nothing waits or one fails again; a send
        is let go so once, so that one which always fails keeps to its own times.
        """
        failed = {o.receiver for o in ended if o.ending is not Ending.DELIVERED and o.error}
        self._sound -= failed
        self._hurried -= {o.id for o in ended if o.ending is not Ending.RETRY}
        answered = {o.receiver for o in ended if o.ending is Ending.DELIVERED}
        for receiver in answered - failed - self._sound:
            now_us, most = self._now_us(), _AHEAD * self.lines[receiver].parallel
            room = Take(receiver, self.owner, now_us, now_us, most)
            let_go = self.stores.leases.hurry(room, self._hurried)
            self._hurried.update(let_go)
            if not let_go:
                self._sound.add(receiver)

    def _forget(self, now_us: int) -> None:
        """Once in a while, and before anything else, cancel what a replay of history has planned."""
        if now_us - self._forgot_us >= _FORGET_EVERY_US:
            self.stores.leases.forget(now_us - round(self.retry.max_age_h * HOUR_US), now_us)
            self._forgot_us = now_us

    def _divert(self, now_us: int) -> None:
        for receiver, line in self.lines.items():
            if line.fallback:
                before_us = now_us - line.fallback_after_us
                self.stores.leases.divert(receiver, line.fallback, before_us=before_us, now_us=now_us)

    def _tell_of_receivers(self) -> None:
        """An entry of the inbox for each receiver whose state is news; the pipeline makes a notice."""
        for news in self.stores.states.untold():
            body = {
                "receiver": news.name,
                "state": str(news.state),
                "at_us": news.since_us,
                "why": news.why,
            }
            self.stores.inbox.append(EntryKind.DELIVERY, body)
            self.stores.states.told(news)
            self.tell(f"{news.name}: {news.state} {news.why}".rstrip())

    def _now_us(self) -> int:
        return to_us(self.clock.now())
