"""Appends batches until the disk takes no more, then goes on with more room; each limit in its own way."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 400  # batches
Room = Callable[[], None]


def file_size(folder: Path) -> Room:
    """No file may grow over 800 KB (RLIMIT_FSIZE), until it may."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def tmpfs(folder: Path, size: str = "800k") -> Room:
    """A file system of 800 KB, until it is larger; this process sees the mount alone."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "riskwatch", folder], check=True)
    return lambda: subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True) and None


def max_page_count(folder: Path) -> Room:
    """The database may have 120 pages, until it may have more."""
    from riskwatch.store import database

    prepare, pages = database._prepare_sqlite, [120]

    def prepared(connection, record) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count={pages[0]}")

    database._prepare_sqlite = prepared
    return lambda: pages.__setitem__(0, 1_000_000)


def main(limit: str, home: str) -> None:
    import numpy as np

    from riskwatch.core.errors import StoreError
    from riskwatch.store.database import open_database
    from riskwatch.store.inbox import Inbox, StreamPlace
    from riskwatch.store.snapshots import Snapshots
    from riskwatch.testing.made import MONDAY_US, made_batch

    folder, draw = Path(home), np.random.default_rng(1)
    folder.mkdir(exist_ok=True)
    database = None
    if limit != "file_size":
        make_room = globals()[limit](folder)
        database = open_database(None, folder)
    else:
        database = open_database(None, folder)
        make_room = file_size(folder)
    inbox = Inbox(database)

    def append(n: int) -> int:
        ids = draw.integers(0, 2**62, 300).astype(str)
        batch = made_batch([(i, "town", "A0", "s0_0", MONDAY_US, MONDAY_US, 1.0) for i in ids])
        body = {"source": "town", "rows": 300, "duplicate": 0, "quarantined": 0, "new_codes": []}
        return inbox.append_batch(body, batch, StreamPlace("town", "calls", {"n": n}), [])

    def sound() -> dict[str, object]:
        with database.connect() as tx:
            checked = tx.exec_driver_sql("PRAGMA integrity_check").scalar()
        place = inbox.stream("town", "calls")
        return {"integrity": checked, "entries": len(list(inbox.after(0))), "n": place and place["n"]}

    errors, stored = [], 0
    for n in range(MOST):
        try:
            stored = append(n)
        except StoreError as error:
            errors.append(str(error))
            if len(errors) == 3:
                break
    snapshot = ""
    if limit == "tmpfs":
        try:
            Snapshots(database, folder).save(1, {"a": draw.random(100_000)})
        except StoreError as error:
            snapshot = str(error)
    full = {"stored": stored, "errors": errors, "snapshot": snapshot, **sound()}
    make_room()
    database.dispose()  # max_page_count is given to new connections
    for n in range(stored, stored + 100):
        append(n)
    if limit == "tmpfs":
        Snapshots(database, folder).save(1, {"a": draw.random(100_000)})
    print(json.dumps({"full": full, "then": sound()}))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # a checkout that is not installed
    main(*sys.argv[1:])
