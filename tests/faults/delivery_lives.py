"""Lives of a process that opens alerts and delivers them, each ended by SIGKILL; the last one by itself."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

TIMEOUT_S, MARGIN_S = 0.3, 0.1
AREAS, STAGES = 6, 3


def produce(post, stop: threading.Event) -> None:
    """Open, raise and clear alerts, one change an entry, where the life before left off."""
    from riskwatch.core.alerts import Level
    from riskwatch.store.outbox import UNSENT

    while not stop.is_set():
        if len(post.rows(statuses=UNSENT)) > 2 * AREAS:
            stop.wait(0.01)
            continue
        standing = post.alerts.standing()
        alert, stage = divmod(standing.position if standing else 0, STAGES)
        name = f"rw-{alert:06d}"
        if stage == 0:
            post.change(post.fresh(name, area=f"A{alert % AREAS}", level=Level.YELLOW), OPENED)
        elif stage == 1:
            post.raised(post.alerts.get(name), Level.RED)
        else:
            post.cleared(replace(post.alerts.get(name)))


def live(home: Path, url: str, kill: tuple[str, int], ready: int, last: bool) -> None:
    """One life; it ends by itself only if it is the last."""
    from riskwatch.core import fail_points
    from riskwatch.core.clock import SystemClock
    from riskwatch.deliver.channels.webhook import WebhookChannel
    from riskwatch.deliver.egress import Egress
    from riskwatch.deliver.http import Endpoint
    from riskwatch.deliver.retry import RetryPolicy
    from riskwatch.testing.post import Post, served_by

    clock, stop = SystemClock(), threading.Event()
    channel = WebhookChannel(Endpoint(url, Egress.of(["127.0.0.1"]), TIMEOUT_S), clock)
    post = Post(home, clock=clock)
    worker = post.another(str(os.getpid()), margin_s=MARGIN_S, desk=served_by(channel, parallel=4))
    worker.retry = RetryPolicy(lambda: 0.0, longest_wait_s=0.02, most_attempts=10_000)
    fail_points._armed, fail_points._last = kill
    os.write(ready, b".")
    if last:
        while worker.drain() or worker.stores.leases.next_us() is not None:
            time.sleep(0.02)
        worker.close()
        return
    threading.Thread(target=produce, args=(post, stop), daemon=True).start()
    worker.run(stop, poll_s=0.02, rest_s=0.0)


def main(home: str, url: str, seed: str, kills: str) -> None:
    import riskwatch.testing.post
    from riskwatch.core.fail_points import DELIVERY_FAIL_POINTS as POINTS

    assert riskwatch.testing.post.START
    draw, killed = random.Random(int(seed)), []
    for number in range(int(kills) + 1):
        last = number == int(kills)
        named = POINTS[number // 2 % len(POINTS)] if number % 2 and not last else ""
        passing, after_s = draw.randint(1, 12), draw.uniform(0.0, 0.6)
        wait_for, ready = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                live(Path(home), url, (named, passing), ready, last)
                os._exit(0)
            except BaseException as error:
                print(f"life {number}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
        os.close(ready)
        os.read(wait_for, 1)  # instants are counted from where its work begins
        os.close(wait_for)
        if not named and not last:
            time.sleep(after_s)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            killed.append(f"{named}:{passing}" if named else f"{after_s:.3f} s")
        elif status != 0:
            raise SystemExit(f"life {number} failed")
    print(json.dumps(killed))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))  # a checkout that is not installed
    from riskwatch.core.alerts import Reason

    OPENED = Reason.OPENED
    main(*sys.argv[1:])
