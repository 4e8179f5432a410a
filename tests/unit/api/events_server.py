"""A live engine and its real server on a free port, over a town whose calls have ids or none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml

from riskwatch.api.application import make_app
from riskwatch.core.clock import MovableClock
from riskwatch.desk import Desk, Place
from riskwatch.live import Live, Told

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LINES = "application/x-ndjson"
INDICATORS = """\
signatures:
  illness: {name: {en: illness}, domain: public_health, owner: Health desk}
indicators:
  fever:
    {name: {en: fever}, domain: public_health, signature: illness, harm: {en: infection},
     response: medical, owner: Health desk, expires: 2100-01-01}
"""


def mapping(name: str, **keys: Any) -> dict[str, Any]:
    """A source of the town; its rows have `id`, `area`, `code`, `at` and `n`."""
    return {
        "source": name,
        "about": {"en": "calls of a town"},
        "areas": "areas/town.csv",
        "indicators": "indicators/town.yaml",
        "timezone": "UTC",
        "lateness_min": 15,
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
            "value": {"column": "n", "kind": "number"},
        },
    } | keys


def row(
    n: int, *, minute: float = -1, area: str = "NORTH", code: str = "fever", key: str | None = None
) -> dict:
    """A call so many minutes from now."""
    at = (NOW + timedelta(minutes=minute)).isoformat()
    return {"id": f"c{n}" if key is None else key, "area": area, "code": code, "at": at, "n": 1}


def lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as NDJSON."""
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


class Town:
    """A desk with its server; the engine runs in a thread unless it is `asleep`."""

    def __init__(self, home: Path, *, ingest: dict[str, Any], extra: dict[str, dict[str, Any]]) -> None:
        self.clock = MovableClock(NOW)
        configs = home / "given"
        files = {
            "areas/town.csv": "code,name,parent,level,population\nCOUNTY,County,,county,90000\n"
            "NORTH,North,COUNTY,town,30000\nEAST,East,COUNTY,town,30000\n",
            "indicators/town.yaml": INDICATORS,
            "ingest.yaml": yaml.safe_dump(ingest) if ingest else "wait_s: 60\n",
        }
        sources = {"town": mapping("town"), **extra}
        files |= {f"sources/{n}.yaml": yaml.safe_dump(m) for n, m in sources.items()}
        for name, text in files.items():
            (configs / name).parent.mkdir(parents=True, exist_ok=True)
            (configs / name).write_text(text, encoding="utf-8")
        place = Place(ROOT, home / "store")
        self.desk = Desk.open(place, self.clock, sources=list(sources), overlay=configs)
        self.stop, self.told = threading.Event(), list[Told]()
        self.live = Live(self.desk, {}, self.stop, self.told.append, poll_s=0.01, retry_s=0.05)
        self.http = httpx.Client()

    def send(
        self, body: bytes | Sequence[dict[str, Any]], source: str = "town", **headers: str
    ) -> httpx.Response:
        """POST a body; header names with underscores."""
        data = body if isinstance(body, bytes) else lines(body)
        given = {"Content-Type": LINES} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.http.post(f"/v1/events?source={source}", content=data, headers=given)

    @property
    def account(self) -> dict[str, int]:
        """What became of the rows of the town."""
        return self.desk.alerts.accounts()["town"]


@contextmanager
def town(
    home: Path,
    *,
    asleep: bool = False,
    live: bool = True,
    local: bool = True,
    token: str | None = None,
    ingest: dict[str, Any] | None = None,
    extra: dict[str, dict[str, Any]] | None = None,
) -> Iterator[Town]:
    """A town whose server answers until the block ends."""
    made = Town(home, ingest=ingest or {}, extra=extra or {})
    app = make_app(made.desk, live=live, hosts=("127.0.0.1",) if local else (), token=token)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
    threads = [threading.Thread(target=server.run, args=([bound],))]
    if not asleep:
        threads.append(threading.Thread(target=made.live.run))
    for thread in threads:
        thread.start()
    made.http = httpx.Client(base_url=f"http://127.0.0.1:{bound.getsockname()[1]}", timeout=90)
    try:
        yield made
    finally:
        made.stop.set()
        server.should_exit = True
        made.http.close()
        for thread in threads:
            thread.join(timeout=60)
        bound.close()
