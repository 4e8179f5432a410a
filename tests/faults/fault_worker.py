"""`riskwatch replay` as a process of its own that can be killed: small blocks, and snapshots often."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

BLOCK_BYTES = 24 << 10


def main(snapshot_every_s: str, *command: str) -> None:
    for slow in ("features.call_volume", "models.surprise_odds", "models.verdict_memory"):
        importlib.import_module(slow)  # the work begins behind the imports, and so do the deaths
    from riskwatch import desk
    from riskwatch.cli import main as riskwatch
    from riskwatch.ingest import intake
    from riskwatch.ingest.limits import Limits
    from riskwatch.testing.fault import READY

    desk._SNAPSHOT_EVERY_S, desk._SNAPSHOT_WORTH = float(snapshot_every_s), 0.0
    intake._LIMITS = Limits(block_bytes=BLOCK_BYTES)
    print(READY, flush=True)
    riskwatch(command)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))  # a checkout that is not installed
    main(*sys.argv[1:])
