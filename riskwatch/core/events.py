"""The event and the columnar batch that events travel in, from the mapping to the panel builder."""

from __future__ import annotations

import pyarrow as pa

_INSTANT = pa.timestamp("us", tz="UTC")
_CODE = pa.dictionary(pa.int32(), pa.string())

EVENT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),  # null where the source has none: the row's place is its identity
        pa.field("source", _CODE, nullable=False),
        pa.field("area", _CODE, nullable=False),
        pa.field("indicator", _CODE, nullable=False),
        pa.field("occurred_at", _INSTANT, nullable=False),
        pa.field("received_at", _INSTANT, nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("incident_ref", pa.string()),
        pa.field("row", pa.int64(), nullable=False),  # place in the stream, from 0
    ]
)
"""Columns of a batch of accepted-at-the-door events; instants in microseconds UTC.

`received_at` never falls within a stream: it says since when a row was known.
Codes are dictionary-encoded strings, so that a stored batch outlives any index of areas.
"""


OUTCOMES = ("accepted", "duplicate", "late", "corrected", "uncorrected")
"""What the engine makes of an event; a row that is quarantined never becomes one.

Accounts count the last two as duplicates: they repeat an id, and add no event.
"""


def empty_batch() -> pa.Table:
    """A batch of no events, of the right schema."""
    return EVENT_SCHEMA.empty_table()
