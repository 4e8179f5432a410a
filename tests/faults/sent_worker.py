"""A town that takes events over HTTP until it is killed; prints the address it listens on."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main(home: str) -> None:
    import events_server

    plain = events_server.mapping("plain")
    del plain["columns"]["id"]
    with events_server.town(Path(home), extra={"plain": plain}) as town:
        print(town.http.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "api")]
    main(*sys.argv[1:])
