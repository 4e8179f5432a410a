"""Named places where a process can be made to die; passed through by the store, armed by fault tests."""

from __future__ import annotations

import os
import signal
from itertools import count

FAIL_POINTS = (
    "inbox.before_commit",
    "inbox.after_commit",
    "alerts.before_commit",
    "alerts.after_commit",
    "features.before_rename",
    "snapshot.before_rename",
    "snapshot.before_row",
    "snapshot.after_row",
)
"""Every name that a replay passes, in the order in which one entry does."""

PROMOTION_POINTS = ("ledger.before_commit", "ledger.after_commit")
"""Those that a promotion passes."""

DELIVERY_FAIL_POINTS = (
    "outbox.before_lease",
    "outbox.after_lease",
    "outbox.before_settle",
    "outbox.after_settle",
)
"""Those that one send passes."""

RARE_FAIL_POINTS = (
    "migration.before_commit",
    "retention.before_commit",
    "retake.before_commit",
    "retake.after_commit",
)
"""Those that a replay does not pass."""

VARIABLE = "RISKWATCH_FAIL_POINT"
"""Names the point and which passing of it is the last, such as `alerts.after_commit:3`."""

_armed, _, _passing = os.environ.get(VARIABLE, "").partition(":")
_last = int(_passing or 1)
_passed = count(1)


def fail_point(name: str) -> None:
    """Kill this process with SIGKILL if the environment says so here; else nothing."""
    if name == _armed and next(_passed) == _last:
        os.kill(os.getpid(), signal.SIGKILL)
