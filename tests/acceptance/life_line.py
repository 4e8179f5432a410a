"""One burst in the small town, which most timelines of the life cycle begin with."""

from __future__ import annotations

from riskwatch.core.alerts import Alert
from riskwatch.testing import Timeline

START = "2025-02-05 00:00"
SEEN = "2025-02-06 03:00"
MILD: dict[str, object] = {
    "likelihood": [0.05, 0.10, 0.40],
    "impact": [3.0, 5.0, 7.0],
    "matrix": [["blue"] * 4, ["yellow"] * 4, ["yellow"] * 4],
    "min_calls": 3,
    "tests": [{"likelihood": 0.5, "impact": 8, "expect": "yellow"}],
}
"""Rules under which nothing is graver than yellow."""


def gastro(line: Timeline, *, n: int = 6, at: str = "2025-02-06 02:00", by: str = SEEN) -> Alert:
    """A burst of one illness in the small town, and the alert it opens."""
    line.at(at).calls("vomiting", "SMALL", n=n, over_min=20)
    return line.expect(area="SMALL", by=by, since=at)
