"""The intake of what a department sends itself: one request is one batch, durable with its receipt."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from riskwatch.core.clock import Clock, to_us
from riskwatch.core.errors import RiskwatchError, SourceError, StoreUnavailable
from riskwatch.core.events import EVENT_SCHEMA
from riskwatch.core.scores import World
from riskwatch.ingest.arrow_body import TooManyRows, arrow_blocks
from riskwatch.ingest.block import RawBlock
from riskwatch.ingest.held_bytes import HeldBytes
from riskwatch.ingest.jsonl_reader import JsonParser
from riskwatch.ingest.limits import Limits
from riskwatch.ingest.mapped import MappedBlock, Mapper
from riskwatch.ingest.mapping import SourceMapping
from riskwatch.ingest.new_codes import NewCode
from riskwatch.ingest.quarantine import Quarantined
from riskwatch.ingest.rules import IngestRules
from riskwatch.ingest.text_stream import TextStream
from riskwatch.store.inbox import Inbox, Quarantine, SentBatch, SentReceipt, StreamPlace
from riskwatch.store.receipts import Receipt, Receipts

STREAM = "sent"
"""The stream of a source that holds what it sent itself, apart from its files."""


_TRIES = 20  # how often another process may be faster with the same stream


class Form(StrEnum):
    """How rows are written in a request, by its content type."""

    LINES = "application/x-ndjson"
    ARROW = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True, slots=True)
class Sent:
    """The body of one request, decompressed, and its Idempotency-Key."""

    data: bytes
    form: Form
    key: str | None = None

    def digest(self) -> str:
        """SHA-256 of form and body: what tells a repeat from another request under the same key."""
        return hashlib.sha256(self.form.encode() + b"\0" + self.data).hexdigest()


class KeyReused(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """The key came before, with another body."""


class KeyNeeded(RiskwatchError):  # noqa: N818 - reads as the sentence it prints
    """A row without an id was sent without a key: sent again, it would count twice."""


class SentIntake:
    """Takes the requests of one source, one at a time; several processes may do so over one store."""

    def __init__(
        self, world: World, mapping: SourceMapping, inbox: Inbox, receipts: Receipts, clock: Clock
    ) -> None:
        self._mapping, self._inbox, self._receipts, self._clock = mapping, inbox, receipts, clock
        self._lock = threading.Lock()
        registry = world.registry
        self._mapper = Mapper(mapping, world.tree.index, registry.index, clock, gauges=registry.gauges)
        self._fresh = self._mapper.state()

    def take(self, sent: Sent, rules: IngestRules) -> tuple[Receipt, bool]:
        """The receipt of a batch that is durable now, and whether it was already.

        Raises SourceError for a body that cannot be read, KeyReused, KeyNeeded, or StoreUnavailable;
        then nothing of it is kept.
        """
        digest = sent.digest()
        with self._lock:
            for _ in range(_TRIES):
                known = self._known(sent.key, digest)
                if known is not None:
                    return known, True
                seq = self._append(sent, digest, rules)
                made = None if seq is None else self._receipts.get(seq)
                if made is not None:
                    return made, False
        raise StoreUnavailable(
            f"other senders of '{self._mapping.source}' were faster {_TRIES} times; send again"
        )

    def _known(self, key: str | None, digest: str) -> Receipt | None:
        found = None if key is None else self._receipts.by_key(self._mapping.source, key)
        if found is not None and found.digest != digest:
            raise KeyReused(f"key '{key}' came before with another body")
        return found

    def _append(self, sent: Sent, digest: str, rules: IngestRules) -> int | None:
        before = self._inbox.stream(self._mapping.source, STREAM)
        first = int(before["rows"]) if before else 0
        self._mapper.load(before["mapper"] if before else self._begun())
        mapped = _joined(
            [self._mapper.map(b) for b in self._blocks(sent, first, rules)], self._mapper.finish()
        )
        if sent.key is None and mapped.events.column("id").null_count:
            raise KeyNeeded("a row has no id and the request no key")
        now_us = to_us(self._clock.now())
        events = _received(mapped.events, now_us)
        body = {
            "source": self._mapping.source,
            "rows": mapped.rows,
            "duplicate": 0,
            "quarantined": len(mapped.quarantined),
            "new_codes": [[new.code, new.indicator, now_us] for new in mapped.new_codes],
            "receipt": True,
        }
        if self._mapping.corrections:
            body["corrections"] = True
        refused = tuple((q.row - first, q.reason, q.detail) for q in mapped.quarantined)
        place = {"rows": first + mapped.rows, "mapper": self._mapper.state()}
        return self._inbox.append_sent(
            SentBatch(
                body,
                events,
                [Quarantine(q.row, q.reason, dict(q.raw)) for q in mapped.quarantined],
                SentReceipt(sent.key, digest, now_us, mapped.rows, refused),
            ),
            StreamPlace(self._mapping.source, STREAM, place),
            before,
        )

    def _begun(self) -> dict[str, Any]:
        """A mapper before its first request: it knows the codes that the source's files have shown."""
        files = self._inbox.stream(self._mapping.source, self._mapping.stream)
        return {**self._fresh, "seen": files["mapper"]["seen"]} if files else self._fresh

    def _blocks(self, sent: Sent, first: int, rules: IngestRules) -> Iterator[RawBlock]:
        rows = 0
        for block in self._opened(sent, rules):
            rows += block.rows
            if rows > rules.rows:
                raise TooManyRows(rules.rows)
            aside = tuple(replace(q, row=q.row + first) for q in block.quarantined)
            yield replace(block, row=block.row + first, quarantined=aside)

    def _opened(self, sent: Sent, rules: IngestRules) -> Iterator[RawBlock]:
        if sent.form is Form.ARROW:
            most_bytes = int(rules.decoded_mib * (1 << 20))
            return arrow_blocks(sent.data, self._mapping, most_rows=rules.rows, most_bytes=most_bytes)
        name = Path("the body")
        stream = TextStream(name, JsonParser(name, self._mapping.mapped), Limits(), HeldBytes(sent.data))
        stream.begin(None, STREAM)
        return iter(stream)


def _joined(blocks: list[MappedBlock], last: MappedBlock) -> MappedBlock:
    """The blocks of one request as one; the last row of it waits for nobody."""
    every = [*blocks, last]
    if not sum(block.rows for block in every):
        raise SourceError("the body holds no row; send rows")
    quarantined: list[Quarantined] = [q for block in every for q in block.quarantined]
    codes: list[NewCode] = [new for block in every for new in block.new_codes]
    events = pa.concat_tables([b.events for b in every if b.events.num_rows] or [last.events])
    return MappedBlock(
        events.num_rows + len(quarantined),
        events.unify_dictionaries(),
        tuple(sorted(quarantined, key=lambda q: q.row)),
        tuple(codes),
    )


def _received(events: pa.Table, now_us: int) -> pa.Table:
    """The same events, all received now, whatever the department's clock says."""
    field = EVENT_SCHEMA.field("received_at")
    received = pa.array(np.full(events.num_rows, now_us)).cast(field.type)
    return events.set_column(events.schema.get_field_index("received_at"), field, received)
