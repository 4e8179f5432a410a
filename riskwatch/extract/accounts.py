"""What a batch adds to the account of each source: every row read is in one of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskwatch.extract.arrivals import Tally


def accounted(body: Mapping[str, Any], tallies: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    """Columns of the accounts by source; quarantined rows count for the mapping's source.

    `body` is the batch's entry: its `source`, and how many rows were `quarantined` or known as
    `duplicate` before there was an event; `tallies` is what became of the events. Rows that were
    `retaken` from quarantine were counted there: they leave it.

    >>> added = accounted({"source": "town", "quarantined": 1, "duplicate": 0}, {"town": Tally(4, 0, 0)})
    >>> added["town"]["rows_read"], added["town"]["accepted"], added["town"]["quarantined"]
    (5, 4, 1)
    >>> taken = {"source": "town", "quarantined": 0, "duplicate": 0, "retaken": 3}
    >>> moved = accounted(taken, {"town": Tally(1, 0, 2)})["town"]
    >>> moved["rows_read"], moved["accepted"], moved["late"], moved["quarantined"]
    (0, 1, 2, -3)
    """
    counts = {
        name: {
            "rows_read": t.accepted + t.duplicate + t.late,
            "accepted": t.accepted,
            "duplicate": t.duplicate,
            "late": t.late,
            "corrected": t.corrected,
            "uncorrected": t.uncorrected,
        }
        for name, t in tallies.items()
    }
    own = counts.setdefault(body["source"], {})
    aside = body["quarantined"] - body.get("retaken", 0)
    for name, extra in (("quarantined", aside), ("duplicate", body["duplicate"])):
        own[name] = own.get(name, 0) + extra
        own["rows_read"] = own.get("rows_read", 0) + extra
    return counts
