"""A server killed while events come in: what it answered is there once, the rest can be sent again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from riskwatch.core.fail_points import VARIABLE
from riskwatch.store.alerts import AlertStore
from riskwatch.store.database import open_database

WORKER = Path(__file__).with_name("sent_worker.py")
BATCHES, ROWS = 12, 20
AT = "2026-03-02T11:59:00+00:00"  # the worker's clock stands at noon


@contextmanager
def served(home: Path, point: str = "") -> Iterator[httpx.Client]:
    """A server on the store, which dies at a fail-point if one is named, and is killed at the end."""
    environ = {k: v for k, v in os.environ.items() if k != VARIABLE} | ({VARIABLE: point} if point else {})
    with (
        home.with_suffix(".err").open("a") as errors,
        subprocess.Popen(
            [sys.executable, WORKER, home], env=environ, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http"), home.with_suffix(".err").read_text()
            with httpx.Client(base_url=url, timeout=30) as http:
                yield http
        finally:
            process.kill()


def send(http: httpx.Client, n: int) -> int | None:
    """The receipt of batch `n`, or None if the server died over it."""
    rows = [{"area": "NORTH", "code": "fever", "at": AT, "n": 1} for _ in range(ROWS)]  # all look the same
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": f"batch-{n}"}
    try:
        answer = http.post(
            "/v1/events?source=plain", content="\n".join(map(json.dumps, rows)), headers=headers
        )
    except httpx.TransportError:
        return None
    assert answer.status_code in (200, 202), answer.text
    return int(answer.json()["receipt"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        "inbox.after_commit:5",
        "alerts.before_commit:6",
        pytest.param("inbox.before_commit:4", marks=pytest.mark.long),
        pytest.param("alerts.after_commit:7", marks=pytest.mark.long),
    ],
)
def test_what_was_answered_is_there_once(tmp_path, point):
    """Every batch is sent until it is answered, under its key; each row then counts once, id or none."""
    home = tmp_path / "town"
    home.mkdir()
    receipts: dict[int, int] = {}
    with served(home, point) as http:
        for n in range(BATCHES):
            receipt = send(http, n)
            if receipt is None:
                break
            receipts[n] = receipt
    assert len(receipts) < BATCHES, f"{point} was not passed"
    with served(home) as http:
        for n in range(BATCHES):  # those that were answered too: nobody minds
            receipt = send(http, n)
            assert receipt is not None
            assert receipts.setdefault(n, receipt) == receipt
        for receipt in receipts.values():
            told = http.get(f"/v1/events/{receipt}").json()
            assert told["outcomes"] == ["accepted"] * ROWS
    assert len(set(receipts.values())) == BATCHES
    database = open_database(None, home / "store")
    account = AlertStore(database).accounts()["plain"]
    assert account == dict.fromkeys(account, 0) | {"rows_read": BATCHES * ROWS, "accepted": BATCHES * ROWS}
    with database.connect() as tx:
        entries = tx.execute(sa.text("SELECT count(*) FROM inbox WHERE kind = 'batch'")).scalar()
    assert entries == BATCHES
