"""Sends prepared entries, swaps among them, through an engine in a process that can be killed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(script: str, home: str, overlay: str, snapshot_every: str) -> None:
    for slow in ("features.call_volume", "models.surprise_odds", "models.verdict_memory"):
        importlib.import_module(slow)  # the work begins behind the imports, and so do the deaths
    from riskwatch.core.clock import SystemClock
    from riskwatch.desk import Desk, Place
    from riskwatch.store.database import open_database
    from riskwatch.store.inbox import Inbox, StreamPlace
    from riskwatch.testing.fault import READY
    from riskwatch.workspace import find_workspace

    root = find_workspace({}, Path(__file__).parent)
    desk = Desk.open(Place(root, Path(home)), SystemClock(), sources=["simulated"], overlay=Path(overlay))
    prepared = Inbox(open_database(None, Path(script)))
    print(READY, flush=True)
    with desk.engine() as pipeline:
        for entry in prepared.after(desk.inbox.last()):
            if entry.events is not None:
                place = StreamPlace("simulated", "prepared", {"seq": entry.seq})
                desk.inbox.append_batch(entry.body, entry.events, place, [])
            else:
                desk.inbox.append(entry.kind, entry.body)
            pipeline.catch_up()
            if entry.seq % int(snapshot_every) == 0:
                pipeline.snapshot()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))  # a checkout that is not installed
    main(*sys.argv[1:])
