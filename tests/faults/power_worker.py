"""A replay that says after each commit what it now takes for durable; run under the journalling shim."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SNAPSHOT_EVERY = 3  # batches


def main(events: str, home: str, synchronous: str, checkpoint_pages: str) -> None:
    from fault_worker import BLOCK_BYTES

    from riskwatch.core.clock import MovableClock
    from riskwatch.desk import Desk, Place
    from riskwatch.ingest import intake
    from riskwatch.ingest.limits import Limits
    from riskwatch.store import database

    prepare = database._prepare_sqlite

    def prepared(connection: sqlite3.Connection, record: Any) -> None:
        prepare(connection, record)
        if synchronous != "as it is":
            connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")

    database._prepare_sqlite = prepared
    intake._LIMITS = Limits(block_bytes=BLOCK_BYTES)
    Path(home).mkdir(parents=True)
    said = os.open(f"{home}/said", os.O_CREAT | os.O_WRONLY, 0o600)

    def say(**what: Any) -> None:
        os.write(said, json.dumps(what).encode() + b"\n")

    path, clock = Path(events), MovableClock(datetime(2030, 1, 1, tzinfo=UTC))
    overlay = path.with_name("events.configs")
    desk = Desk.open(Place(ROOT, Path(home)), clock, sources=["simulated"], overlay=overlay)
    taker = intake.FileIntake(desk.settings.world, desk.settings.mappings["simulated"], desk.inbox, clock)
    with desk.engine() as pipeline:
        for n, taken in enumerate(taker.read(path)):
            say(inbox=taken.seq)
            pipeline.catch_up()
            say(alerts=pipeline.position)
            if n % SNAPSHOT_EVERY == 0:
                pipeline.snapshot()
                say(snapshot=pipeline.position)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed
    main(*sys.argv[1:])
