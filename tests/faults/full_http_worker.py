"""Sends batches to a real server until its disk takes no more, then goes on with more room."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 400  # batches


def main(limit: str, home: str) -> None:
    import events_server
    import full_worker
    import numpy as np

    folder, draw = Path(home), np.random.default_rng(1)
    folder.mkdir(exist_ok=True)
    room = None
    if limit != "file_size":
        room = (
            full_worker.tmpfs(folder, "1500k") if limit == "tmpfs" else full_worker.max_page_count(folder)
        )
    with events_server.town(
        folder, ingest={"requests_per_s": 1e6, "rows_per_s": 1e9, "wait_s": 0.2}
    ) as town:
        room = room or full_worker.file_size(folder)

        def send(n: int):
            keys = draw.integers(0, 2**62, 200).astype(str)
            rows = [events_server.row(0, key=k) for k in keys]
            return town.send(rows, Idempotency_Key=f"{n}")

        taken: dict[int, bytes] = {}
        refused = []
        for n in range(MOST):
            answer = send(n)
            if answer.status_code in (200, 202):
                taken[answer.json()["receipt"]] = answer.content
            else:
                told = answer.json()["error"]
                refused.append([answer.status_code, told, "retry-after" in answer.headers])
                if len(refused) == 3:
                    break
        before = len(taken)
        room()
        town.desk.inbox._database.dispose()  # max_page_count is given to new connections
        for n in range(1000, 1000 + 20):
            answer = send(n)
            while answer.status_code == 503:  # the engine is coming back
                answer = send(n)
            taken[answer.json()["receipt"]] = answer.content
        open_ = [seq for seq in taken if not town.http.get(f"/v1/events/{seq}").json()["decided"]]
        while open_:
            open_ = [seq for seq in open_ if not town.http.get(f"/v1/events/{seq}").json()["decided"]]
        with town.desk.inbox._database.connect() as tx:
            checked = tx.exec_driver_sql("PRAGMA integrity_check").scalar()
        told = {
            "before": before,
            "after": len(taken) - before,
            "refused": refused,
            "integrity": checked,
            "accepted": town.account["accepted"],
            "rows": 200 * len(taken),
            "said": [t.fault for t in town.told],
        }
    print(json.dumps(told))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit" / "api"), str(ROOT / "tests" / "faults")]
    main(*sys.argv[1:])
