"""Evidence: the rows behind an alert, copied before their inbox entry expires, and kept with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from riskwatch.core.alerts import AlertKind
from riskwatch.core.clock import DAY_US
from riskwatch.core.scores import World
from riskwatch.store import schema
from riskwatch.store.codec import load_alert
from riskwatch.store.inbox import Entry, packed, unpacked

LONGEST_WINDOW_US = 7 * DAY_US
"""The longest window that a likelihood looks back over."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One alert and the rows it may rest on: its area and all below, its signature's indicators, a span."""

    alert: str
    areas: pa.Array
    indicators: pa.Array
    since_us: int
    until_us: int

    def of(self, events: pa.Table) -> pa.Table:
        """Those of the events that are its evidence."""
        at = events.column("occurred_at").cast(pa.int64())
        span = pc.and_(pc.greater_equal(at, self.since_us), pc.less_equal(at, self.until_us))
        mine = pc.and_(_among(events, "area", self.areas), _among(events, "indicator", self.indicators))
        return events.filter(pc.and_(span, mine))


class Evidence:
    """Pins and reads the evidence of alerts that were shown or acted upon."""

    def __init__(self, database: sa.Engine, world: World) -> None:
        self._database, self._world = database, world

    def alerts(self) -> list[Pinned]:
        """Every alert whose evidence is kept."""
        table, tree, registry = schema.alerts, self._world.tree, self._world.registry
        query = sa.select(table.c.body).where(table.c.kind == str(AlertKind.RISK))
        with self._database.connect() as tx:
            found = [load_alert(row.body) for row in tx.execute(query)]
        return [
            Pinned(
                a.id,
                pa.array(tree.below(a.area)),
                pa.array(registry.signature(a.signature).indicators),
                min(
                    [
                        a.opened_at_us - LONGEST_WINDOW_US,
                        *(c.since_us for c in a.contributions if c.since_us),
                    ]
                ),
                a.updated_at_us,
            )
            for a in found
            if a.shown or a.actor
        ]

    def rows(self, alert_id: str) -> Iterator[pa.Table]:
        """What is pinned for an alert, an inbox entry each, oldest first."""
        table = schema.evidence
        query = sa.select(table.c.events).where(table.c.alert == alert_id).order_by(table.c.seq)
        with self._database.connect() as tx:
            for row in tx.execute(query):
                yield unpacked(row.events)


def pin(tx: sa.Connection, entries: Sequence[Entry], alerts: Sequence[Pinned]) -> None:
    """Copy what these entries hold of the alerts' evidence, in the transaction that removes them."""
    rows = [
        {"alert": alert.alert, "seq": entry.seq, "events": packed(mine)}
        for entry in entries
        if entry.events is not None
        for alert in alerts
        if (mine := alert.of(entry.events)).num_rows
    ]
    if rows:
        tx.execute(schema.evidence.insert(), rows)


def _among(events: pa.Table, column: str, codes: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(events.column(column).cast(pa.string()), value_set=codes.cast(pa.string()))
