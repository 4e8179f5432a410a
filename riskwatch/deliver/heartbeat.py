"""Watching the watcher: a heartbeat to an outside URL while the engine ticks, a page when it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from riskwatch.core.channels import ChannelError
from riskwatch.core.clock import MINUTE_US, Clock, iso, to_us
from riskwatch.core.sends import Send, SendReason, send_id
from riskwatch.deliver.http import Endpoint
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import AlertStore
from riskwatch.store.outbox import Outbox

ENGINE = "engine"
"""Stands for the alert in sends that are about riskwatch itself."""


@dataclass
class Silence:
    """Tells since when the engine stands still; it has `silent_min` from this process's start too.

    The engine is told the time at each tick; that it does not move on is what is looked at.
    """

    alerts: AlertStore
    clock: Clock
    silent_min: float
    _started_us: int = field(init=False)

    def __post_init__(self) -> None:
        self._started_us = to_us(self.clock.now())

    def since_us(self) -> int | None:
        """The instant of the engine's clock where it stands still, or None while it moves."""
        at_us, now_us = self.clock_us(), to_us(self.clock.now())
        moved_us = max(at_us, self._started_us)
        if now_us - moved_us <= self.silent_min * MINUTE_US:
            return None
        return at_us if at_us >= 0 else self._started_us

    def clock_us(self) -> int:
        """The instant that the engine was told last, -1 before it was told any."""
        standing = self.alerts.standing()
        return -1 if standing is None else standing.clock_us


@dataclass(frozen=True)
class Watchman:
    """Puts a page into the outbox when the engine stands still, again each `repeat_min`, and when it moves.

    It goes around the pipeline, which is what may be standing still. Ids are derived from the instant
    of the silence and the count of the page, so that several watchmen put each page once.
    """

    silence: Silence
    outbox: Outbox
    receivers: Mapping[str, Words]
    repeat_min: float

    def step(self) -> None:
        """Look once."""
        last = self.outbox.find(alert=ENGINE, limit=1)
        paged = last[0].send.revision * MINUTE_US if last else None
        if paged is None or last[0].send.reason is SendReason.RESOLVED:
            since_us = self.silence.since_us()
            if since_us is not None:
                self._page(since_us, 0, SendReason.FIRST)
        elif self.silence.clock_us() >= paged + MINUTE_US:
            self._page(paged, 0, SendReason.RESOLVED)
        else:  # also in a process that has just begun: it stood still before
            silent_us = to_us(self.silence.clock.now()) - paged
            n = int((silent_us - self.silence.silent_min * MINUTE_US) // (self.repeat_min * MINUTE_US))
            if n > 0:
                self._page(paged, n, SendReason.REPEATED)

    def _page(self, since_us: int, n: int, reason: SendReason) -> None:
        now_us, minute = to_us(self.silence.clock.now()), since_us // MINUTE_US
        for receiver, words in self.receivers.items():
            key = send_id(alert=ENGINE, revision=minute, receiver=receiver, reason=reason, step=0, n=n)
            send = Send(key, ENGINE, minute, ENGINE, receiver, reason, now_us, until_ack=False)
            self.outbox.post(send, _document(words, reason, since_us, now_us))


def _document(words: Words, reason: SendReason, since_us: int, now_us: int) -> dict[str, Any]:
    what = "again" if reason is SendReason.RESOLVED else "silent"
    told = {
        "since": words.local.told(since_us, on_us=now_us),
        "minutes": (now_us - since_us) // MINUTE_US,
    }
    return {
        "reason": str(reason),
        "reason_text": words.text(f"send.{reason}"),
        "area": ENGINE,
        "due_at": iso(now_us),
        "title": words.text(f"send.watch_{what}", **told),
        "text": words.text(f"send.watch_{what}_text", **told),
    }


@dataclass(frozen=True)
class Heart:
    """Fetches a URL while the engine moves; when it does not, it stays away, and the other side pages."""

    endpoint: Endpoint
    silence: Silence
    every_s: float
    tell: Callable[[str], None]

    def beat(self) -> bool:
        """Fetch once if the engine moves; whether the other side answered."""
        if self.silence.since_us() is not None:
            return False
        try:
            self.endpoint.get()
        except ChannelError as error:
            self.tell(str(error))
            return False
        return True

    def run(self, stop: threading.Event) -> None:
        """Beat until stopped."""
        while not stop.is_set():
            self.beat()
            stop.wait(self.every_s)
