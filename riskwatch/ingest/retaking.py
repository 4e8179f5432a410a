"""The retaking: a quarantine is gone through in pieces, and what passes leaves it; called by the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from riskwatch.core.clock import Clock, to_us
from riskwatch.core.errors import StoreError, StoreUnavailable
from riskwatch.core.events import OUTCOMES
from riskwatch.core.panels import TickGrid
from riskwatch.core.scores import World
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.retake import Looked, look
from riskwatch.store.inbox import Inbox
from riskwatch.store.quarantine import Kept, QuarantineRows, RetakenBatch
from riskwatch.store.receipts import Receipt, Receipts

_AT_ONCE = 50_000  # rows that are looked at, and leave, in one transaction
_TRIES = 20  # how often others may change the quarantine meanwhile


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One batch that left quarantine: its receipt (None: nothing was written), and what became of it.

    `outcomes` counts its rows by words of `core.events.OUTCOMES`; empty while the engine has not decided.
    """

    source: str
    rows: int
    receipt: int | None
    outcomes: Mapping[str, int]


@dataclass(slots=True)
class Retake:
    """What a retake came to: rows looked at, batches that left, and why the others stay.

    `still` counts rows by the reason for which they fail now, `kept_back` by obstacle; `details` has
    the first of each reason. `waits`: a running engine has not decided about the batches yet.
    """

    rows: int = 0
    batches: list[TakenBack] = field(default_factory=list)
    still: Counter[str] = field(default_factory=Counter)
    kept_back: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)
    waits: bool = False

    def stay(self, looked: Looked) -> None:
        """Count the rows of a look, those that stay by why."""
        self.rows += looked.rows
        self.still.update(q.reason for q in looked.still.values())
        self.kept_back.update(str(found) for found in looked.kept_back.values())
        for q in looked.still.values():
            self.details.setdefault(q.reason, q.detail)

    def taken(self) -> int:
        """How many rows left, or would."""
        return sum(batch.rows for batch in self.batches)

    def outcomes(self) -> dict[str, int]:
        """The rows that left by what became of them."""
        return {o: sum(batch.outcomes.get(o, 0) for batch in self.batches) for o in OUTCOMES}


class Retaking:
    """Goes through the quarantine of one store with the mappings as they are now."""

    def __init__(
        self,
        world: World,
        mappings: Mapping[str, SourceMapping],
        inbox: Inbox,
        database: sa.Engine,
        clock: Clock,
    ) -> None:
        self._world, self._mappings, self._inbox, self._clock = world, mappings, inbox, clock
        self._rows, self._receipts = QuarantineRows(database), Receipts(database)

    def run(
        self, source: str | None, reason: str | None, *, clock_us: int, apply: Callable[[int], None] | None
    ) -> Retake:
        """Take what passes, and let the engine, which stands at `clock_us`, `apply` it.

        Each piece is one transaction. What it takes has left quarantine in it, so a retake that is
        broken off, or done twice, ends the same. Without `apply` nothing is written. Raises
        StoreUnavailable.
        """
        made, last, tries = Retake(), 0, 0
        seqs: list[int] = []
        while kept := self._rows.behind(last, source, reason, _AT_ONCE):
            looked = look(
                kept,
                self._mappings,
                self._inbox,
                world=self._world,
                clock=self._clock,
                known_us=clock_us,
            )
            if apply is None:
                made.batches += [foreseen(b, self._world.grid, clock_us) for b in looked.batches]
            elif (found := self._take(kept, looked)) is not None:
                seqs += found
            elif tries < _TRIES:
                tries += 1
                continue  # a row of these has left or expired since they were read
            else:
                raise StoreUnavailable("others change this quarantine all the time; try again")
            made.stay(looked)
            last = kept[-1].id
        if apply is not None and (newest := self._inbox.last()):  # a broken one left its entry behind
            made.waits = not _applied(apply, newest)
            made.batches = [_taken_back(self._receipts.get(seq)) for seq in seqs]
        return made

    def _take(self, kept: list[Kept], looked: Looked) -> list[int] | None:
        was = {row.id: row.reason for row in kept}
        changed = {i: q.reason for i, q in looked.still.items() if q.reason != was[i]}
        return self._rows.retake(looked.batches, changed, to_us(self._clock.now()))


def foreseen(batch: RetakenBatch, grid: TickGrid, clock_us: int) -> TakenBack:
    """What the engine would make of a batch where it stands, but for duplicates, which it alone knows."""
    occurred, received = (
        batch.events.column(name).cast(pa.int64()).to_numpy() for name in ("occurred_at", "received_at")
    )
    clock = np.maximum.accumulate(np.maximum(received, clock_us))
    late = int(((occurred // grid.tick_us + 1) * grid.tick_us + grid.lateness_us <= clock).sum())
    counts = {"accepted": len(occurred) - late, "late": late}
    return TakenBack(str(batch.body["source"]), len(occurred), None, counts)


def _applied(apply: Callable[[int], None], seq: int) -> bool:
    """False where a running engine is still busy with what came before; the entry is durable."""
    try:
        apply(seq)
    except StoreUnavailable:
        raise
    except StoreError:
        return False
    return True


def _taken_back(receipt: Receipt | None) -> TakenBack:
    """A batch by its receipt, which was written with it."""
    assert receipt is not None  # noqa: S101 - receipts live for days
    counted = Counter(OUTCOMES[o] for o in receipt.outcomes or b"")
    return TakenBack(receipt.source, receipt.rows, receipt.seq, counted)
