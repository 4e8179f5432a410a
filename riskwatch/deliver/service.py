"""Delivery of one store as a whole: the worker, the watchman and the heartbeat, made of receivers.yaml."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import sqlalchemy as sa

from riskwatch.core.clock import MINUTE_US
from riskwatch.deliver.building import Surroundings, build_channels, url_of
from riskwatch.deliver.heartbeat import Heart, Silence, Watchman
from riskwatch.deliver.http import Endpoint
from riskwatch.deliver.receivers import ReceiversFile
from riskwatch.deliver.retry import RetryPolicy
from riskwatch.deliver.worker import Line, Stores, Worker
from riskwatch.messages.sentence import Words
from riskwatch.store.alerts import AlertStore
from riskwatch.store.inbox import Inbox
from riskwatch.store.leases import Leases
from riskwatch.store.outbox import Outbox
from riskwatch.store.receivers import ReceiverStates

Tell = Callable[[str], None]
_WATCH_EVERY_S = 15.0
_SILENT_MIN = 45.0


@dataclass(frozen=True)
class Delivery:
    """What runs beside the engine; the watchman and the heart are there if the file asks for them."""

    worker: Worker
    watchman: Watchman | None
    heart: Heart | None

    @contextmanager
    def running(self, stop: threading.Event) -> Iterator[None]:
        """In threads of their own until the block ends; what is on its way is waited for."""
        ended = threading.Event()
        jobs: list[Callable[[threading.Event], None]] = [self.worker.run, self._watch]
        jobs += [self.heart.run] if self.heart else []
        threads = [threading.Thread(target=job, args=(ended,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            ended.set()
            for thread in threads:
                thread.join(timeout=70)

    def _watch(self, stop: threading.Event) -> None:
        while self.watchman is not None and not stop.wait(_WATCH_EVERY_S):
            with suppress(sa.exc.DBAPIError):  # the worker tells of a store that is out of order
                self.watchman.step()


def died_here(owner: str) -> bool:
    """Whether an owner of leases was a process of this machine that is no more.

    >>> died_here("another machine/1/a"), died_here("w1")
    (False, False)
    """
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def make_delivery(
    config: ReceiversFile, around: Surroundings, database: sa.Engine, words: Mapping[str, Words], tell: Tell
) -> Delivery:
    """Put it together; `words` by language. Raises ConfigError where a secret is missing."""
    alerts = AlertStore(database)
    channels = build_channels(config, around)
    lines = {
        name: Line(
            channel=channels[name],
            words=words[receiver.language],
            fallback=receiver.fallback,
            fallback_after_us=round(receiver.fallback_after_min * MINUTE_US),
            parallel=receiver.parallel,
        )
        for name, receiver in config.receivers.items()
    }
    worker = Worker(
        Stores(Leases(database), ReceiverStates(database), alerts, Inbox(database)),
        lines,
        around.clock,
        RetryPolicy(random.Random().random),
        owner=f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}",
        tell=tell,
    )
    worker.stores.leases.free(died_here)
    watch = config.watch
    silence = Silence(alerts, around.clock, watch.silent_min if watch else _SILENT_MIN)
    watchman = heart = None
    if watch:
        told = {name: lines[name].words for name in watch.receivers}
        watchman = Watchman(silence, Outbox(database), told, watch.repeat_min)
    if config.heartbeat:
        endpoint = Endpoint(url_of(config.heartbeat.url, around), around.egress)
        heart = Heart(endpoint, silence, config.heartbeat.every_s, tell)
    return Delivery(worker, watchman, heart)
