"""Tables of the store, the same on SQLite and PostgreSQL; instants are microseconds UTC."""

from __future__ import annotations

import sqlalchemy as sa

VERSION = 5

metadata = sa.MetaData()
_Seq = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up only INTEGER keys

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON
    sa.Column("events", sa.LargeBinary, nullable=True),  # a batch: compressed Arrow stream
)

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("source", sa.String(128), primary_key=True),
    sa.Column("stream", sa.String(256), primary_key=True),
    sa.Column("position", sa.Text, nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("source", sa.String(128), primary_key=True),
    *(
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("rows_read", "accepted", "duplicate", "late", "quarantined")
    ),
    *(  # of the duplicates: corrections that moved their event, and those that came too late
        sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        for name in ("corrected", "uncorrected")
    ),
)

receipts = sa.Table(  # what became of each row that was sent over HTTP; new rows by their inbox entry
    "receipts",
    metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=False),
    sa.Column("source", sa.String(128), nullable=False),
    sa.Column("key", sa.String(128), nullable=True),  # the sender's Idempotency-Key
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),  # [row, reason, detail] of each quarantined row
    sa.Column("outcomes", sa.LargeBinary, nullable=True),  # one byte an event, once the engine has decided
    sa.UniqueConstraint("source", "key"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", _Seq, primary_key=True, autoincrement=True),
    sa.Column("source", sa.String(128), nullable=False, index=True),
    sa.Column("stream", sa.String(256), nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(64), nullable=False, index=True),
    sa.Column("mapped", sa.Text, nullable=False),
)

retaken = sa.Table(  # quarantined rows that a mended mapping took: as which inbox entry, and when
    "retaken",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),  # of the quarantine
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
)

corrections = sa.Table(  # that came after the tick of their event was closed
    "corrections",
    metadata,
    sa.Column("id", _Seq, primary_key=True, autoincrement=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(128), nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

marks = sa.Table(  # where the engine stood when a day of its clock began; what retention dates things by
    "marks",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("clock_us", sa.BigInteger, nullable=False),
    sa.Column("quarantine_id", sa.BigInteger, nullable=False),
)

evidence = sa.Table(  # rows behind alerts, of inbox entries that have expired
    "evidence",
    metadata,
    sa.Column("alert", sa.String(32), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("events", sa.LargeBinary, nullable=False),
)

LISTED_BY = (
    *("state", "kind", "shown", "level", "opened_at_us", "id"),
    *("updated_at_us", "fresh_us", "quiet", "withheld", "incident", "area", "peak_level", "expired"),
    *("overdue", "drafted", "closed_at_us"),
)

ENDED_BY = ("kind", "shown", "expired", "peak_level", "area", "level")

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("area", sa.String(128), nullable=False, index=True),
    sa.Column("signature", sa.String(128), nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("shown", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("opened_at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("peak_level", sa.Integer, nullable=False, server_default="4"),
    sa.Column("incident", sa.String(32), nullable=False, server_default=""),
    sa.Column("quiet", sa.String(16), nullable=True),  # why nobody is told now
    sa.Column("withheld", sa.Boolean, nullable=False, server_default=sa.false()),  # by the budget
    sa.Column("expired", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fresh_us", sa.BigInteger, nullable=False, server_default="0"),  # opened, or risen last
    sa.Column("overdue", sa.Boolean, nullable=False, server_default=sa.false()),  # the step that is owed
    sa.Column("drafted", sa.Boolean, nullable=False, server_default=sa.false()),  # waits to be approved
    sa.Column("closed_at_us", sa.BigInteger, nullable=True),
    # All that lists choose, order and group by: behind a body of some pages a column is slow to reach.
    sa.Index("alerts_listed", *LISTED_BY),
    # A storm changes thousands at one instant: without the id a list of the newest would read them all.
    sa.Index("alerts_newest", sa.desc("updated_at_us"), "id"),
    # What ended lately is little of what ended.
    sa.Index("alerts_in_state", "state", sa.desc("updated_at_us"), "id", *ENDED_BY),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("alert", sa.String(32), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("came_from", sa.String(16), nullable=True),  # the state before
    sa.Column("why", sa.Text, nullable=True),
    sa.Column("position", sa.BigInteger, nullable=True),  # the inbox entry that made it
)

record = sa.Table(
    "record",
    metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

engine = sa.Table(
    "engine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),  # inbox entries up to here are applied
    sa.Column("clock_us", sa.BigInteger, nullable=False),
    sa.Column("last_tick_us", sa.BigInteger, nullable=True),  # end of the newest decided tick
    sa.Column("ticks", sa.BigInteger, nullable=False),
    sa.Column("feeds", sa.Text, nullable=False),
)

bundles = sa.Table(  # what was registered or has been on duty; a version's document never changes
    "bundles",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),  # canonical JSON, as the inbox will carry it
    sa.Column("facts", sa.Text, nullable=False),  # canonical JSON: verdict, metrics, hashes of artifacts
    sa.Column("registered_at_us", sa.BigInteger, nullable=False),
)

promotions = sa.Table(
    "promotions",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON
    sa.Column("hash", sa.String(64), nullable=False),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("file", sa.String(128), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("seq", _Seq, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("alert", sa.String(32), nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=True),  # the revision its message tells; fixed at the first try
    sa.Column("area", sa.String(128), nullable=False),
    sa.Column("receiver", sa.String(128), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("n", sa.Integer, nullable=False),  # which repeat it is, 0 for none
    sa.Column("key", sa.String(256), nullable=False),
    sa.Column("repeat_s", sa.Float, nullable=True),
    sa.Column("until_ack", sa.Boolean, nullable=False),
    sa.Column("due_us", sa.BigInteger, nullable=False),
    sa.Column("next_us", sa.BigInteger, nullable=False),  # when it is tried next, not before due_us
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column(
        "number", sa.BigInteger, nullable=True
    ),  # sequence of the receiver's area, from its first try
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease", sa.String(128), nullable=True),
    # nobody takes it before: its lease, or while it is pending what its receiver asked for
    sa.Column("leased_until_us", sa.BigInteger, nullable=True),
    sa.Column("ended_us", sa.BigInteger, nullable=True),
    sa.Column("error", sa.Text, nullable=False),  # why it failed last, or why it was cancelled
    sa.Column("diverted", sa.Boolean, nullable=False),  # its fallback was planned
    sa.Column("body", sa.Text, nullable=True),  # a document of its own, where no alert is told
    sa.Index("outbox_due", "receiver", "status", "due_us"),
    sa.Index("outbox_line", "receiver", "area", "status", "due_us"),
)

sequences = sa.Table(
    "sequences",
    metadata,
    sa.Column("receiver", sa.String(128), primary_key=True),
    sa.Column("area", sa.String(128), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

receivers = sa.Table(
    "receivers",
    metadata,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("since_us", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("told", sa.String(16), nullable=False),  # the state that the inbox was told of
)
